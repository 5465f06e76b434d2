package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.quant.FixedPointMean;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The mean of 8-bit integers over all spatial axes, without any float. Input x `[N, C, D…]`, output `[N, C, 1…]`. It
/// exists between lowering and running only, and is written to no file.
///
/// @param ratio scale of the operand over that of the result
/// @param dtype of the result: INT8 or UINT8
public record IntegerMean(double ratio, int inputZeroPoint, int zeroPoint, DType dtype, RoundingSteps steps)
        implements LoweredOp {
    @Override
    public String type() {
        return "IntegerMean";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "x", AffineParams.EIGHT_BIT);
        PartialShape y = inference.shape(0);
        for (int axis = WindowGeometry.SPATIAL; y != null && axis < y.rank(); axis++) {
            y = y.with(axis, Dim.of(1));
        }
        inference.output(0, dtype, y);
    }

    /// The arithmetic for so many pixels.
    public FixedPointMean mean(int pixels) {
        return FixedPointMean.of(
                ratio, pixels, inputZeroPoint, zeroPoint, (int) dtype.minValue(), (int) dtype.maxValue(), steps);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        int pixels = Math.toIntExact(x.shape().product(WindowGeometry.SPATIAL, x.shape().rank()));
        if (pixels == 0) {
            throw Inference.mismatch("pixels of x", "at least 1", pixels);
        }
        FixedPointMean mean = mean(pixels);
        for (long plane = 0; plane < y.elementCount(); plane++) {
            int sum = 0;
            for (long i = plane * pixels; i < (plane + 1) * pixels; i++) {
                sum += x.getInt(i);
            }
            y.setLong(plane, mean.apply(sum));
        }
    }
}
