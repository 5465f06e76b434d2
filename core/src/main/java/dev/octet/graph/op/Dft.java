package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The discrete Fourier transform along an axis. Inputs x `[…, 1]` (real) or `[…, 2]` (real and imaginary part),
/// length? (scalar; longer signals are cut, shorter ones get zeros), axis? (scalar, -2 by default). Output `[…, 2]`.
///
/// @param inverse whether to transform back
/// @param oneSided whether only the first half of a real signal's spectrum is made, or, with `inverse`, given: then the
///   output is real, `[…, 1]`
public record Dft(boolean inverse, boolean oneSided) implements Op {
    public static Dft of(Attributes attributes) {
        return new Dft(attributes.getBoolean("inverse", false), attributes.getBoolean("onesided", false));
    }

    @Override
    public String type() {
        return "DFT";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("inverse", inverse).put("onesided", oneSided).build();
    }

    @Override
    public int sinceVersion() {
        return 20;
    }

    /// Which axis, and how long the signal is.
    private record Layout(int axis, long length) {}

    private @Nullable Layout layout(
            PartialShape x, boolean hasLength, @Nullable Long length, boolean hasAxis, @Nullable Long axis) {
        if (hasAxis && axis == null || hasLength && length == null) {
            return null;
        }
        int at = Shape.normalizeAxis(axis == null ? -2 : axis, x.rank());
        if (at == x.rank() - 1) {
            throw Inference.mismatch("axis", "another than the last, which is that of the parts", at);
        }
        long extent = x.size(at);
        long known = length != null ? length : inverse && oneSided && extent > 0 ? 2 * (extent - 1) : extent;
        if (length != null && length < 1) {
            throw Inference.mismatch("DFT length", "at least 1", length);
        }
        return new Layout(at, known);
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        Long length = inference.has(1) ? Operands.scalar(inference, 1, "DFT length") : null;
        Long axis = inference.has(2) ? Operands.scalar(inference, 2, "axis") : null;
        PartialShape x = inference.shape(0);
        if (x == null) {
            inference.output(0, dtype, null);
            return;
        }
        requireParts(x);
        Layout layout = layout(x, inference.has(1), length, inference.has(2), axis);
        if (layout == null) {
            inference.output(0, dtype, PartialShape.ofRank(x.rank()).with(-1, Dim.of(parts())));
            return;
        }
        long bins = oneSided && !inverse && layout.length >= 0 ? layout.length / 2 + 1 : layout.length;
        Dim extent = bins >= 0 ? Dim.of(bins) : oneSided ? Dim.UNKNOWN : x.dim(layout.axis);
        inference.output(0, dtype, x.with(layout.axis, extent).with(-1, Dim.of(parts())));
    }

    private int parts() {
        return oneSided && inverse ? 1 : 2;
    }

    private void requireParts(PartialShape x) {
        if (x.rank() < 2) {
            throw Inference.mismatch("rank of x", "at least 2", x.rank());
        }
        long parts = x.size(-1);
        boolean real = oneSided && !inverse;
        if (parts >= 0 && parts != 1 && (parts != 2 || real)) {
            throw Inference.mismatch("last extent of x", real ? 1 : "1 or 2", parts);
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        if (y.elementCount() == 0) {
            return;
        }
        Tensor length = Operands.find(inputs, 1);
        Tensor axis = Operands.find(inputs, 2);
        Layout layout =
                Objects.requireNonNull(
                        layout(
                                PartialShape.of(x.shape()),
                                length != null,
                                length == null ? null : (Long) length.getLong(0),
                                axis != null,
                                axis == null ? null : (Long) axis.getLong(0)));
        int rank = x.shape().rank();
        int n = Extents.arrayLength(layout.length);
        // The standard's cases have the rounding errors of its evaluator: of complex signals those of float.
        boolean single = x.dtype() == DType.FLOAT32 && x.shape().dim(rank - 1) == 2 && !oneSided;
        FourierTransform transform = new FourierTransform(n, inverse, single);
        long outer = x.shape().product(0, layout.axis);
        long inner = x.shape().product(layout.axis + 1, rank - 1);
        double[] re = new double[n];
        double[] im = new double[n];
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < inner; i++) {
                read(x, o * x.shape().dim(layout.axis) * inner + i, inner, x.shape().dim(layout.axis), re, im);
                transform.apply(re, im);
                write(re, im, y, o * y.shape().dim(layout.axis) * inner + i, inner, y.shape().dim(layout.axis));
            }
        }
    }

    private void read(Tensor x, long start, long step, long extent, double[] re, double[] im) {
        Arrays.fill(re, 0);
        Arrays.fill(im, 0);
        int n = re.length;
        long parts = x.shape().dim(x.shape().rank() - 1);
        long count = Math.min(extent, oneSided && inverse ? n / 2 + 1 : n);
        for (int k = 0; k < count; k++) {
            long at = (start + k * step) * parts;
            re[k] = x.getDouble(at);
            im[k] = parts == 2 ? x.getDouble(at + 1) : 0;
            if (oneSided && inverse && k > 0) {
                // The spectrum of a real signal is symmetric.
                re[n - k] = re[k];
                im[n - k] = k == n - k ? 0 : -im[k];
            }
        }
    }

    private void write(double[] re, double[] im, Tensor y, long start, long step, long extent) {
        int parts = parts();
        for (int k = 0; k < extent; k++) {
            long at = (start + k * step) * parts;
            y.setDouble(at, re[k]);
            if (parts == 2) {
                y.setDouble(at + 1, im[k]);
            }
        }
    }
}
