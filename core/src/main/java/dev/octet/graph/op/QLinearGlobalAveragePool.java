package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.quant.FloatMultiplier;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized GlobalAveragePool, channels first (com.microsoft). Inputs x, xScale, xZeroPoint, yScale, yZeroPoint. `y =
/// clamp(rne(f32(Σ (x − xZeroPoint))·(xScale/(yScale·pixels))) + yZeroPoint)`.
public record QLinearGlobalAveragePool() implements Op {
    public static QLinearGlobalAveragePool of(Attributes attributes) {
        return new QLinearGlobalAveragePool();
    }

    @Override
    public String type() {
        return "QLinearGlobalAveragePool";
    }

    @Override
    public String domain() {
        return "com.microsoft";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("channels_last", 0L).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        AffineParams.requireTensor(inference, 0, "x");
        DType y = AffineParams.outputType(inference, 3);
        if (y == DType.FLOAT32) {
            throw new IllegalArgumentException("input 3 (y_scale) is missing");
        }
        PartialShape shape = inference.shape(0);
        for (int axis = 2; shape != null && axis < shape.rank(); axis++) {
            shape = shape.with(axis, Dim.of(1));
        }
        inference.output(0, y, shape);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        AffineParams xParams = AffineParams.of(inputs, 1, x.dtype());
        AffineParams yParams = AffineParams.of(inputs, 3, y.dtype());
        long pixels = x.shape().product(2, x.shape().rank());
        FloatMultiplier multiplier = new FloatMultiplier(xParams.scale(0) / (yParams.scale(0) * pixels));
        for (long plane = 0; plane < y.elementCount(); plane++) {
            int sum = 0;
            for (long i = plane * pixels; i < (plane + 1) * pixels; i++) {
                sum += (int) x.getLong(i) - xParams.zeroPoint(0);
            }
            y.setLong(plane, yParams.requantize(multiplier, sum));
        }
    }
}
