package dev.octet.graph.op;

import dev.octet.graph.op.MatrixProduct.View;
import dev.octet.quant.Granularity;
import dev.octet.quant.ScaleGroups;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;

/// Sums of products of 8-bit integers, exact and then cut to 32 bits: `Σ (x − xZeroPoint)·(w − wZeroPoint[channel])`.
final class IntegerSums {
    private IntegerSums() {}

    /// Takes one sum.
    @FunctionalInterface
    interface Sink {
        /// @param index of the element in the output
        /// @param channel of the output: the second axis of a convolution, the column of a matrix product
        void accept(long index, int channel, int sum);
    }

    /// All sums of a convolution. Padding is the zero point and adds nothing.
    ///
    /// @param wZeroPoints one, or one per output channel
    static void convolve(Window window, int group, Tensor x, int xZeroPoint, Tensor w, int[] wZeroPoints, Sink sink) {
        Convolution convolution = Convolution.of(window, group, x.shape(), w.shape());
        // Doubles hold the exact sums: 2⁵³ is more than 2³⁷ products of 8 bits.
        convolution.run(
                x,
                centred(x, new int[] {xZeroPoint}, 0),
                centred(w, wZeroPoints, 0),
                (channel, start, sums) -> {
                    for (int i = 0; i < sums.length; i++) {
                        sink.accept(start + i, channel, (int) (long) sums[i]);
                    }
                });
    }

    /// All sums of a matrix product, with NumPy's rules for batches and vectors.
    ///
    /// @param aZeroPoints one, or one per row
    /// @param bZeroPoints one, or one per column
    static void multiply(Tensor a, int[] aZeroPoints, Tensor b, int[] bZeroPoints, Sink sink) {
        MatrixProduct.forEachPair(
                centred(a, aZeroPoints, -2),
                centred(b, bZeroPoints, -1),
                (left, right, start) -> multiply(left, right, start, sink));
    }

    /// All sums of a product of two matrices.
    static void multiply(View a, View b, long start, Sink sink) {
        MatrixProduct.multiplyIntegers(
                a,
                b,
                (row, sums) -> {
                    for (int n = 0; n < sums.length; n++) {
                        sink.accept(start + (long) row * sums.length + n, n, (int) sums[n]);
                    }
                });
    }

    /// The values less their zero points, one for all or one for each index of an axis.
    static Tensor centred(Tensor values, int[] zeroPoints, int axis) {
        Tensor centred = Tensor.allocate(DType.INT16, values.shape());
        Granularity granularity = zeroPoints.length == 1 ? Granularity.PER_TENSOR : Granularity.perChannel(axis);
        ScaleGroups.of(granularity, values.shape())
                .requireCount(zeroPoints.length)
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        centred.setLong(i, values.getLong(i) - zeroPoints[group]);
                    }
                });
        return centred;
    }
}
