package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.Rounding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Floats as 8-bit integers, ties away from zero, as TFLite and ncnn round: `clamp(rha(x/scale) + zeroPoint, min,
/// max)`, or `x·(1/scale)` in place of the quotient; NaN becomes `min`. Input x. It exists between lowering and running
/// only, and is written to no file.
///
/// @param scaling how `x` becomes steps, in float
/// @param dtype INT8 or UINT8
public record RoundedQuantize(
        NumericsProfile.Scaling scaling, float scale, int zeroPoint, DType dtype, int min, int max)
        implements LoweredOp {
    @Override
    public String type() {
        return "RoundedQuantize";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public void infer(Inference inference) {
        Operands.requireSame(inference, 0, "x", DType.FLOAT32);
        inference.output(0, dtype, inference.shape(0));
    }

    /// The integer of one number.
    public int apply(float x) {
        float steps =
                switch (scaling) {
                    case DIVISION -> x / scale;
                    case RECIPROCAL -> x * (1 / scale);
                };
        if (Float.isNaN(steps)) {
            return min;
        }
        return (int) Math.clamp(Rounding.HALF_AWAY_FROM_ZERO.round(steps) + zeroPoint, min, max);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        for (long i = 0; i < x.elementCount(); i++) {
            outputs.get(0).setLong(i, apply(x.getFloat(i)));
        }
    }
}
