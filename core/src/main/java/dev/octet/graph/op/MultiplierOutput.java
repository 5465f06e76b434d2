package dev.octet.graph.op;

import dev.octet.formula.FloatFunction;
import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.quant.NumericsProfile;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// INT32 sums as real numbers in ncnn's arithmetic, each operation rounded to float: `activation(f32(sum)·factor[c] +
/// bias[c])`, and with an output scale these as INT8 (ncnn requantizes where the consumer takes INT8). Inputs sum,
/// factor (FLOAT32, one or one per channel), bias? (FLOAT32 `[channels]`). It exists between lowering and running only,
/// and is written to no file.
///
/// @param axis of the channels
/// @param outputScale scale of an INT8 result in `[−127, 127]`, or null for FLOAT32
public record MultiplierOutput(int axis, Epilogue activation, @Nullable Float outputScale) implements LoweredOp {
    private static final int LARGEST = 127;

    @Override
    public String type() {
        return "MultiplierOutput";
    }

    @Override
    public Attributes attributes() {
        return activation.attributes();
    }

    @Override
    public void infer(Inference inference) {
        Operands.requireSame(inference, 0, "sum", DType.INT32);
        Operands.requireSame(inference, 1, "factor", DType.FLOAT32);
        Operands.requireSame(inference, 2, "bias", DType.FLOAT32);
        PartialShape sum = inference.shape(0);
        if (sum != null) {
            Dim channels = sum.dim(Shape.normalizeAxis(axis, sum.rank()));
            Operands.requireVector(inference, 2, "bias", channels);
        }
        inference.output(0, outputScale == null ? DType.FLOAT32 : DType.INT8, sum);
    }

    /// ncnn's `float2int8` of `x·(1/scale)`.
    public static RoundedQuantize quantizer(float scale) {
        return new RoundedQuantize(NumericsProfile.Scaling.RECIPROCAL, scale, 0, DType.INT8, -LARGEST, LARGEST);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor sum = Operands.get(inputs, 0);
        float[] factors = Operands.get(inputs, 1).toFloatArray();
        Tensor bias = Operands.find(inputs, 2);
        Tensor y = outputs.get(0);
        int at = Shape.normalizeAxis(axis, sum.shape().rank());
        long channels = sum.shape().dim(at);
        long inner = sum.shape().product(at + 1, sum.shape().rank());
        FloatFunction function = activation.toFunction();
        RoundedQuantize quantizer = outputScale == null ? null : quantizer(outputScale);
        for (long i = 0; i < sum.elementCount(); i++) {
            int c = (int) (i / inner % channels);
            float value = sum.getInt(i) * factors[factors.length == 1 ? 0 : c];
            value = function.apply(bias == null ? value : value + bias.getFloat(c));
            if (quantizer == null) {
                y.setFloat(i, value);
            } else {
                y.setLong(i, quantizer.apply(value));
            }
        }
    }
}
