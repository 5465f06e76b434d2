package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The window functions of signal processing, as ONNX HannWindow, HammingWindow and BlackmanWindow have them. Input:
/// how many values.
///
/// @param periodic whether the window is one period, without the point that ends it
public record SpectralWindow(Kind kind, boolean periodic, DType dtype) implements Op {
    /// Sums `a₀ − a₁·cos θ + a₂·cos 2θ`.
    public enum Kind {
        HANN("HannWindow", 0.5, 0.5, 0),
        HAMMING("HammingWindow", 25.0 / 46, 21.0 / 46, 0),
        BLACKMAN("BlackmanWindow", 0.42, 0.5, 0.08);

        private final String type;
        private final double a0;
        private final double a1;
        private final double a2;

        Kind(String type, double a0, double a1, double a2) {
            this.type = type;
            this.a0 = a0;
            this.a1 = a1;
            this.a2 = a2;
        }

        /// ONNX operator type.
        public String type() {
            return type;
        }

        private double at(double angle) {
            return a0 - a1 * Math.cos(angle) + a2 * Math.cos(2 * angle);
        }
    }

    public static SpectralWindow of(Kind kind, Attributes attributes) {
        return new SpectralWindow(
                kind,
                attributes.getBoolean("periodic", true),
                OnnxTypes.dtype(attributes.getInt("output_datatype", 1L)));
    }

    @Override
    public String type() {
        return kind.type();
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("periodic", periodic).put("output_datatype", OnnxTypes.code(dtype)).build();
    }

    @Override
    public int sinceVersion() {
        return 17;
    }

    @Override
    public void infer(Inference inference) {
        Long size = Operands.scalar(inference, 0, "size");
        if (size != null && size < 0) {
            throw Inference.mismatch("size", "at least 0", size);
        }
        inference.output(0, dtype, PartialShape.of(size == null ? -1 : size));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        long size = y.elementCount();
        double step = 2 * Math.PI / (periodic ? size : Math.max(1, size - 1));
        for (long i = 0; i < size; i++) {
            y.setDouble(i, kind.at(step * i));
        }
    }
}
