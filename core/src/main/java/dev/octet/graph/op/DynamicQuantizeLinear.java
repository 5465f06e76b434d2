package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantizes to UINT8 by the range found in the data, widened to contain 0. Input x; outputs y, scale, zeroPoint.
/// `scale = (max − min)/255`, or 1 if that is 0; `zeroPoint = clamp(rne(−min/scale))`; y as [QuantizeLinear] has it.
/// NaN does not count in the range.
public record DynamicQuantizeLinear() implements Op {
    public static DynamicQuantizeLinear of(Attributes attributes) {
        return new DynamicQuantizeLinear();
    }

    @Override
    public String type() {
        return "DynamicQuantizeLinear";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "x", EnumSet.of(DType.FLOAT32));
        Operands.requireOutputs(inference, 3);
        inference.output(0, DType.UINT8, inference.shape(0));
        inference.output(1, DType.FLOAT32, PartialShape.of());
        inference.output(2, DType.UINT8, PartialShape.of());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        float low = 0;
        float high = 0;
        for (long i = 0; i < x.elementCount(); i++) {
            // Comparisons leave NaN out, as ONNX Runtime does.
            float value = x.getFloat(i);
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        float scale = (high - low) / 255;
        scale = scale == 0 ? 1 : scale;
        int zeroPoint = new AffineParams(DType.UINT8, new float[] {scale}, new int[1]).quantize(-low, 0);
        AffineParams params = new AffineParams(DType.UINT8, new float[] {scale}, new int[] {zeroPoint});
        for (long i = 0; i < x.elementCount(); i++) {
            outputs.get(0).setLong(i, params.quantize(x.getFloat(i), 0));
        }
        outputs.get(1).setFloat(0, scale);
        outputs.get(2).setLong(0, zeroPoint);
    }
}
