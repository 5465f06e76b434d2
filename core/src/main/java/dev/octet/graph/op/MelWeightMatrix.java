package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Triangular filters on the mel scale, `2595·log₁₀(1 + f/700)`: a matrix `[bins of the spectrum, bands]` with which a
/// spectrogram is multiplied. Inputs, scalars: number of bands, length of the DFT, sample rate, lowest and highest
/// frequency in hertz.
public record MelWeightMatrix(DType dtype) implements Op {
    public static MelWeightMatrix of(Attributes attributes) {
        return new MelWeightMatrix(OnnxTypes.dtype(attributes.getInt("output_datatype", 1L)));
    }

    @Override
    public String type() {
        return "MelWeightMatrix";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("output_datatype", OnnxTypes.code(dtype)).build();
    }

    @Override
    public int sinceVersion() {
        return 17;
    }

    @Override
    public void infer(Inference inference) {
        Long bands = Operands.scalar(inference, 0, "number of bands");
        Long length = Operands.scalar(inference, 1, "DFT length");
        Long rate = Operands.scalar(inference, 2, "sample rate");
        if (bands != null && bands < 0 || length != null && length < 0 || rate != null && rate < 1) {
            throw Inference.mismatch(
                    "bands, DFT length, sample rate", "positive numbers", bands + ", " + length + ", " + rate);
        }
        for (int input = 3; input < 5; input++) {
            Operands.require(inference, input, "frequency", Operands.FLOATING);
            Operands.requireScalar(inference, input, "frequency");
        }
        inference.output(0, dtype, PartialShape.of(length == null ? -1 : length / 2 + 1, bands == null ? -1 : bands));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        int bands = Extents.arrayLength(y.shape().dim(1));
        long[] edges = edges(inputs, bands);
        y.data().fill((byte) 0);
        for (int band = 0; band < bands; band++) {
            long low = edges[band];
            long centre = edges[band + 1];
            long high = edges[band + 2];
            for (long bin = low; bin <= centre; bin++) {
                set(y, bin, band, centre == low ? 1 : (double) (bin - low) / (centre - low));
            }
            for (long bin = centre; bin < high; bin++) {
                set(y, bin, band, (double) (high - bin) / (high - centre));
            }
        }
    }

    /// Bins at which the triangles begin, peak and end.
    private static long[] edges(List<@Nullable Tensor> inputs, int bands) {
        long length = Operands.get(inputs, 1).getLong(0);
        long rate = Operands.get(inputs, 2).getLong(0);
        double low = mel(Operands.get(inputs, 3).getDouble(0));
        double step = (mel(Operands.get(inputs, 4).getDouble(0)) - low) / (bands + 2);
        long[] edges = new long[bands + 2];
        for (int i = 0; i < edges.length; i++) {
            double hertz = 700 * Math.expm1((low + i * step) / 2595 * Math.log(10));
            edges[i] = (long) Math.floor((length + 1) * hertz / rate);
        }
        return edges;
    }

    private static double mel(double hertz) {
        return 2595 * Math.log1p(hertz / 700) / Math.log(10);
    }

    private static void set(Tensor y, long bin, int band, double value) {
        if (bin < 0 || bin >= y.shape().dim(0)) {
            throw Inference.mismatch("frequency", "one within the spectrum's " + y.shape().dim(0) + " bins", bin);
        }
        y.setDouble(bin * y.shape().dim(1) + band, value);
    }
}
