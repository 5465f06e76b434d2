package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The sums of a convolution, in double.
///
/// @param x shape `[N, C, D…]`
/// @param weights shape `[M, C/group, k…]`
record Convolution(WindowTaps taps, int group, Shape x, Shape weights) {
    static Convolution of(Window window, int group, Shape x, Shape weights) {
        return new Convolution(WindowTaps.ofSliding(WindowGeometry.of(window, x, weights)), group, x, weights);
    }

    /// Takes the sums of one plane of the output.
    @FunctionalInterface
    interface Sink {
        /// @param sums to be read or changed until this returns
        /// @param start row-major index of the plane's first element in the output
        void accept(int channel, long start, double[] sums);
    }

    void run(Tensor input, Tensor kernels, Sink sink) {
        run(input, input, kernels, sink);
    }

    /// @param owner operand of the caller: without its memory nobody waits for the sums
    void run(Tensor owner, Tensor input, Tensor kernels, Sink sink) {
        int channels = (int) weights.dim(1);
        int outChannels = (int) weights.dim(0) / group;
        int taken = taps.taps().size();
        double[][] planes = new double[channels][taps.largeElements()];
        double[] kernel = new double[Extents.arrayLength((long) channels * taken)];
        double[] sums = new double[taps.smallElements()];
        long in = 0;
        long out = 0;
        for (long n = 0; n < x.dim(0); n++) {
            for (int g = 0; g < group; g++) {
                for (double[] plane : planes) {
                    Elements.read(input, in, plane, plane.length);
                    in += plane.length;
                }
                for (int m = g * outChannels; m < (g + 1) * outChannels; m++) {
                    Elements.read(kernels, (long) m * kernel.length, kernel, kernel.length);
                    Arrays.fill(sums, 0);
                    for (int c = 0; c < channels; c++) {
                        for (int tap = 0; tap < taken; tap++) {
                            owner.requireAlive();
                            gather(taps.taps().get(tap), kernel[c * taken + tap], planes[c], sums);
                        }
                    }
                    sink.accept(m, out, sums);
                    out += sums.length;
                }
            }
        }
    }

    private static void gather(WindowTaps.Tap tap, double weight, double[] plane, double[] sums) {
        int length = (int) tap.loop().length();
        int to = (int) tap.loop().step(0);
        int from = (int) tap.loop().step(1);
        tap.forEachRow(o -> {
            for (int i = 0, s = (int) o[0], p = (int) o[1]; i < length; i++, s += to, p += from) {
                sums[s] += weight * plane[p];
            }
        });
    }

    /// Shape of the output, as far as it is known; null if not even its rank is.
    ///
    /// @throws IllegalArgumentException if the operands do not fit
    static @Nullable PartialShape outputShape(
            Window window, int group, @Nullable PartialShape x, @Nullable PartialShape weights) {
        if (x == null || weights == null) {
            PartialShape known = x == null ? weights : x;
            return known == null ? null : PartialShape.ofRank(known.rank());
        }
        int rank = WindowGeometry.requireConvolved(window, x.rank(), weights.rank());
        requireGroups(group, x.size(1), weights.size(1), weights.size(0));
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), weights.dim(0)));
        for (int i = 0; i < rank; i++) {
            int axis = WindowGeometry.SPATIAL + i;
            long kernel = WindowGeometry.kernel(window, i, weights.size(axis));
            dims.add(WindowGeometry.output(window, i, x.dim(axis), kernel, false));
        }
        return new PartialShape(dims);
    }

    private static void requireGroups(int group, long channels, long perGroup, long outChannels) {
        if (channels >= 0 && perGroup >= 0 && channels != Extents.multiply(perGroup, group)) {
            throw Inference.mismatch("channels of input", group + " groups of the weights' " + perGroup, channels);
        }
        if (outChannels >= 0 && outChannels % group != 0) {
            throw Inference.mismatch("output channels", "a multiple of group " + group, outChannels);
        }
    }
}
