package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.quant.FixedPointMultiplier;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// INT32 sums as 8-bit integers, without any float: `clamp(multiplier[c]·(sum + bias[c]) + zeroPoint, min, max)`, the
/// multiplier in fixed point. Inputs sum, bias? (INT32 `[channels]`), multiplier and shift (INT32, one or one per
/// channel): see [FixedPointMultiplier].
///
/// @param axis of the channels
/// @param dtype INT8 or UINT8
/// @param min smallest result; with `max` what an activation leaves
public record IntegerRequantize(int axis, DType dtype, int zeroPoint, int min, int max, RoundingSteps steps)
        implements LoweredOp {
    public IntegerRequantize {
        if (!AffineParams.EIGHT_BIT.contains(dtype)) {
            throw Inference.mismatch("type", AffineParams.EIGHT_BIT, dtype);
        }
        if (min < dtype.minValue() || max > dtype.maxValue() || min > max) {
            throw Inference.mismatch("limits", "some of " + dtype, "[" + min + ", " + max + "]");
        }
    }

    @Override
    public String type() {
        return "IntegerRequantize";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("axis", (long) axis)
                .put("dtype", dtype)
                .put("zero_point", (long) zeroPoint)
                .put("min", (long) min)
                .put("max", (long) max)
                .put("steps", steps)
                .build();
    }

    @Override
    public void infer(Inference inference) {
        Operands.requireSame(inference, 0, "sum", DType.INT32);
        for (int input = 1; input < 4; input++) {
            Operands.requireSame(inference, input, "input " + input, DType.INT32);
        }
        PartialShape sum = inference.shape(0);
        if (sum != null) {
            Dim channels = sum.dim(Shape.normalizeAxis(axis, sum.rank()));
            Operands.requireVector(inference, 1, "bias", channels);
        }
        inference.output(0, dtype, sum);
    }

    /// The multipliers that the operands hold.
    public FixedPointMultiplier[] multipliers(Tensor multiplier, Tensor shift) {
        FixedPointMultiplier[] all = new FixedPointMultiplier[Math.toIntExact(multiplier.elementCount())];
        for (int c = 0; c < all.length; c++) {
            all[c] = new FixedPointMultiplier(multiplier.getInt(c), shift.getInt(c), steps);
        }
        return all;
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor sum = Operands.get(inputs, 0);
        Tensor bias = Operands.find(inputs, 1);
        FixedPointMultiplier[] multipliers = multipliers(Operands.get(inputs, 2), Operands.get(inputs, 3));
        int at = Shape.normalizeAxis(axis, sum.shape().rank());
        long channels = sum.shape().dim(at);
        long inner = sum.shape().product(at + 1, sum.shape().rank());
        if (multipliers.length != 1 && multipliers.length != channels) {
            throw Inference.mismatch("multipliers", "1 or " + channels, multipliers.length);
        }
        Tensor y = outputs.get(0);
        for (long i = 0; i < sum.elementCount(); i++) {
            int c = (int) (i / inner % channels);
            int biased = sum.getInt(i) + (bias == null ? 0 : bias.getInt(c));
            y.setLong(i, multipliers[multipliers.length == 1 ? 0 : c].requantize(biased, zeroPoint, min, max));
        }
    }
}
