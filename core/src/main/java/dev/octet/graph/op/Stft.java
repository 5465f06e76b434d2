package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The Fourier transforms of frames of a signal. Inputs x `[batch, length, 1 or 2]`, step from frame to frame, window?
/// `[n]`, length n of a frame?; output `[batch, frames, bins, 2]`.
///
/// @param oneSided whether only the first half of the spectrum is made; x must be real
public record Stft(boolean oneSided) implements Op {
    public static Stft of(Attributes attributes) {
        return new Stft(attributes.getBoolean("onesided", true));
    }

    @Override
    public String type() {
        return "STFT";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("onesided", oneSided).build();
    }

    @Override
    public int sinceVersion() {
        return 17;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        Long step = Operands.scalar(inference, 1, "frame step");
        if (step != null && step < 1) {
            throw Inference.mismatch("frame step", "at least 1", step);
        }
        Operands.requireSame(inference, 2, "window", dtype);
        Operands.requireRank(inference, 0, "x", 3);
        PartialShape x = inference.shape(0);
        if (x != null && x.size(2) >= 0 && x.size(2) != 1 && (x.size(2) != 2 || oneSided)) {
            throw Inference.mismatch("last extent of x", oneSided ? 1 : "1 or 2", x.size(2));
        }
        long frame = frame(inference, x);
        long signal = x == null ? -1 : x.size(1);
        if (frame == 0 || signal >= 0 && frame > signal) {
            throw Inference.mismatch("frame length", "1 to the signal's length " + signal, frame);
        }
        Dim frames = step == null || frame < 0 || signal < 0 ? Dim.UNKNOWN : Dim.of((signal - frame) / step + 1);
        Dim bins = frame < 0 ? Dim.UNKNOWN : Dim.of(oneSided ? frame / 2 + 1 : frame);
        Dim batch = x == null ? Dim.UNKNOWN : x.dim(0);
        inference.output(0, dtype, new PartialShape(List.of(batch, frames, bins, Dim.of(2))));
    }

    /// Length of a frame, or -1 if it is not known.
    private static long frame(Inference inference, @Nullable PartialShape x) {
        Dim window = Operands.requireVector(inference, 2, "window", Dim.UNKNOWN);
        Long length = inference.has(3) ? Operands.scalar(inference, 3, "frame length") : null;
        if (length != null) {
            if (length < 1 || window.size() >= 0 && window.size() != length) {
                throw Inference.mismatch("frame length", window.size() >= 0 ? window : "at least 1", length);
            }
            return length;
        }
        if (inference.has(3) || inference.has(2)) {
            return window.size();
        }
        return x == null ? -1 : x.size(1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        long step = Operands.get(inputs, 1).getLong(0);
        Tensor window = Operands.find(inputs, 2);
        Tensor given = Operands.find(inputs, 3);
        int n =
                Extents.arrayLength(
                        window != null ? window.elementCount() : given != null ? given.getLong(0) : x.shape().dim(1));
        FourierTransform transform = new FourierTransform(n, false, false);
        long parts = x.shape().dim(2);
        long frames = y.shape().dim(1);
        long bins = y.shape().dim(2);
        double[] re = new double[n];
        double[] im = new double[n];
        for (long at = 0; at < y.shape().dim(0) * frames; at++) {
            long start = (at / frames * x.shape().dim(1) + at % frames * step) * parts;
            for (int k = 0; k < n; k++) {
                double weight = window == null ? 1 : window.getDouble(k);
                re[k] = weight * x.getDouble(start + k * parts);
                im[k] = parts == 2 ? weight * x.getDouble(start + k * parts + 1) : 0;
            }
            transform.apply(re, im);
            for (int k = 0; k < bins; k++) {
                y.setDouble((at * bins + k) * 2, re[k]);
                y.setDouble((at * bins + k) * 2 + 1, im[k]);
            }
        }
    }
}
