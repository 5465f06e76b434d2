package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution sums of integers in 32 bits: `Σ (x − xZeroPoint)·(w − wZeroPoint[m])` over the window's elements that
/// lie inside the input; padding is the zero point and adds nothing.
final class IntegerConvolution {
    /// Takes one sum.
    @FunctionalInterface
    interface Sink {
        /// @param index of the element in the output
        void accept(long index, int channel, int sum);
    }

    private final WindowGeometry geometry;
    private final int channelsPerGroup;
    private final int outputsPerGroup;
    private final int[] x;
    private final int[] w;
    private final int inputPlane;
    private final int kernelPlane;
    private final Shape output;

    private IntegerConvolution(WindowGeometry geometry, int group, Tensor x, int xZeroPoint, Tensor w, Shape output) {
        this.geometry = geometry;
        this.channelsPerGroup = (int) w.shape().dim(1);
        this.outputsPerGroup = (int) (w.shape().dim(0) / group);
        this.x = x.toIntArray();
        this.w = w.toIntArray();
        this.inputPlane = (int) x.shape().product(2, x.shape().rank());
        this.kernelPlane = (int) w.shape().product(2, w.shape().rank());
        this.output = output;
        for (int i = 0; i < this.x.length; i++) {
            this.x[i] -= xZeroPoint;
        }
    }

    /// Shape of the output, or null if its rank is not known.
    ///
    /// @param w index of the weights among the operands; x is the first
    static @Nullable PartialShape infer(Inference inference, Window window, int group, int w) {
        PartialShape x = inference.shape(0);
        PartialShape weights = inference.shape(w);
        if (x == null || weights == null) {
            return x == null ? null : PartialShape.ofRank(x.rank()).with(0, x.dim(0));
        }
        WindowGeometry.requireConvolved(window, x.rank(), weights.rank());
        Extents.unify(x.dim(1), Extents.multiply(weights.dim(1), Dim.of(group)), "channels of the input");
        if (weights.size(0) >= 0 && weights.size(0) % group != 0) {
            throw Inference.mismatch("output channels", "a multiple of the " + group + " groups", weights.size(0));
        }
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), weights.dim(0)));
        for (int i = 0; i < x.rank() - WindowGeometry.SPATIAL; i++) {
            int axis = WindowGeometry.SPATIAL + i;
            long kernel = WindowGeometry.kernel(window, i, weights.size(axis));
            dims.add(WindowGeometry.output(window, i, x.dim(axis), kernel, false));
        }
        return new PartialShape(dims);
    }

    /// Computes all sums.
    ///
    /// @param wZeroPoints one, or one per output channel
    static void run(
            Window window, int group, Tensor x, int xZeroPoint, Tensor w, int[] wZeroPoints, Shape y, Sink sink) {
        WindowGeometry geometry = WindowGeometry.of(window, x.shape(), w.shape());
        IntegerConvolution convolution = new IntegerConvolution(geometry, group, x, xZeroPoint, w, y);
        convolution.subtractFromWeights(wZeroPoints);
        convolution.run(sink);
    }

    private void subtractFromWeights(int[] zeroPoints) {
        int perChannel = channelsPerGroup * kernelPlane;
        for (int i = 0; i < w.length; i++) {
            w[i] -= zeroPoints[zeroPoints.length == 1 ? 0 : i / perChannel];
        }
    }

    private void run(Sink sink) {
        long batch = output.dim(0);
        int channels = (int) output.dim(1);
        int plane = (int) output.product(2, output.rank());
        int groups = channels / Math.max(1, outputsPerGroup);
        int[] taps = new int[kernelPlane];
        int[] places = new int[kernelPlane];
        for (int position = 0; position < plane; position++) {
            int count = window(position, taps, places);
            for (long n = 0; n < batch; n++) {
                for (int m = 0; m < channels; m++) {
                    int firstChannel = (int) (n * groups + m / outputsPerGroup) * channelsPerGroup;
                    int sum = sum(firstChannel * inputPlane, m * channelsPerGroup * kernelPlane, taps, places, count);
                    sink.accept((n * channels + m) * plane + position, m, sum);
                }
            }
        }
    }

    private int sum(int xStart, int wStart, int[] taps, int[] places, int count) {
        int sum = 0;
        for (int c = 0; c < channelsPerGroup; c++) {
            for (int t = 0; t < count; t++) {
                sum += x[xStart + c * inputPlane + places[t]] * w[wStart + c * kernelPlane + taps[t]];
            }
        }
        return sum;
    }

    /// Finds which elements of the kernel meet which elements of the input plane.
    private int window(int position, int[] taps, int[] places) {
        int rank = geometry.rank();
        long[] at = new long[rank];
        int rest = position;
        for (int axis = rank - 1; axis >= 0; axis--) {
            at[axis] = rest % geometry.axis(axis).output();
            rest /= (int) geometry.axis(axis).output();
        }
        int count = 0;
        for (int tap = 0; tap < kernelPlane; tap++) {
            int place = place(at, tap);
            if (place >= 0) {
                taps[count] = tap;
                places[count++] = place;
            }
        }
        return count;
    }

    /// Where a kernel element lies in the input plane, or -1 if in the padding.
    private int place(long[] at, int tap) {
        long[] kernelIndex = new long[at.length];
        int rest = tap;
        for (int axis = at.length - 1; axis >= 0; axis--) {
            kernelIndex[axis] = rest % geometry.axis(axis).kernel();
            rest /= (int) geometry.axis(axis).kernel();
        }
        long place = 0;
        for (int axis = 0; axis < at.length; axis++) {
            WindowGeometry.Axis a = geometry.axis(axis);
            long i = at[axis] * a.stride() + kernelIndex[axis] * a.dilation() - a.padBegin();
            if (i < 0 || i >= a.input()) {
                return -1;
            }
            place = place * a.input() + i;
        }
        return (int) place;
    }

    /// Zero points as an array that [#run] takes, checked.
    static int[] weightZeroPoints(List<@Nullable Tensor> inputs, int index, long channels) {
        Tensor tensor = Operands.find(inputs, index);
        if (tensor != null) {
            AffineParams.requirePerChannel(tensor, channels, "zero points of the weights");
        }
        return AffineParams.zeroPoints(inputs, index);
    }
}
