package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// ONNX LRN: `x/(bias + alpha/size·Σx²)^beta`, summed over the `size` channels around each. Input `[N, C, D…]`.
public record LocalResponseNormalization(float alpha, float beta, float bias, int size) implements Op {
    public LocalResponseNormalization {
        if (size < 0) {
            throw Inference.mismatch("attribute size", "at least 1", size);
        }
    }

    public static LocalResponseNormalization of(Attributes attributes) {
        return new LocalResponseNormalization(
                attributes.getFloat("alpha", 1e-4f),
                attributes.getFloat("beta", 0.75f),
                attributes.getFloat("bias", 1),
                attributes.getInt("size", 0));
    }

    @Override
    public String type() {
        return "LRN";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("alpha", alpha)
                .put("beta", beta)
                .put("bias", bias)
                .put("size", (long) size)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        if (size == 0) {
            throw new IllegalArgumentException("attribute size is missing");
        }
        if (x != null && x.rank() < 2) {
            throw Inference.mismatch("rank of x", "at least 2", x.rank());
        }
        inference.output(0, dtype, x);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        Shape x = Work.shape(operands, 0);
        return Math.min(size, x.dim(1)) * Work.ofElements(operands, results);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Shape shape = x.shape();
        long channels = shape.dim(1);
        long plane = shape.product(2, shape.rank());
        for (long at = 0; at < x.elementCount(); at++) {
            long channel = at / plane % channels;
            long first = Math.max(0, channel - (size - 1) / 2);
            long last = Math.min(channels - 1, channel + size / 2);
            double sum = 0;
            for (long c = first; c <= last; c++) {
                double value = x.getDouble(at + (c - channel) * plane);
                sum += value * value;
            }
            outputs.get(0).setDouble(at, x.getDouble(at) / Math.pow(bias + alpha / size * sum, beta));
        }
    }
}
