package dev.octet.graph.pass.lowering;

import dev.octet.graph.op.Transpose;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Constant weights of an integer product, of 8 bits (narrower ones are widened), seen by output channel: element `i`
/// belongs to channel `i / inner % channels`.
///
/// @param values the integers
/// @param inner consecutive elements of one channel
record Weights(QuantizedValue quantized, Tensor values, int channels, long inner) {
    /// Up to it a sum leaves as much room for a bias again, and need not be known better.
    private static final long SMALL_SUM = 1L << 30;

    /// The weights, or null if they are not constant, of more than 8 bits, or scaled along another axis.
    ///
    /// @param channelAxis of output channels; negative counts from the end
    static @Nullable Weights of(Rewriter graph, String value, int channelAxis) {
        QuantizedValue stored = QuantizedValue.dequantized(graph, value);
        QuantizedValue quantized = stored == null ? null : stored.widened(graph);
        Tensor values = quantized == null ? null : graph.constant(quantized.integers());
        if (quantized == null || values == null || !quantized.isEightBit()) {
            return null;
        }
        int rank = values.shape().rank();
        if (channelAxis >= rank || channelAxis < -rank) {
            return null;
        }
        int axis = Math.floorMod(channelAxis, rank);
        if (!quantized.isPerTensor() && quantized.axis(rank) != axis) {
            return null;
        }
        int channels = (int) values.shape().dim(axis);
        boolean fits = quantized.isPerTensor() || quantized.scales().length == channels;
        return fits ? new Weights(quantized, values, channels, values.shape().product(axis + 1, rank)) : null;
    }

    /// Whether all channels have one zero point.
    boolean hasOneZeroPoint() {
        for (int zeroPoint : quantized.zeroPoints()) {
            if (zeroPoint != quantized.zeroPoints()[0]) {
                return false;
            }
        }
        return true;
    }

    /// A magnitude that no sum of a channel exceeds, for each channel.
    ///
    /// @param x what the weights are multiplied with
    long[] largestSums(QuantizedValue x) {
        long reach = Math.max(x.zeroPoints()[0] - x.dtype().minValue(), x.dtype().maxValue() - x.zeroPoints()[0]);
        long[] sums = new long[channels];
        long roughly = values.elementCount() / Math.max(1, channels) * reach * 255;
        if (roughly <= SMALL_SUM) {
            Arrays.fill(sums, roughly);
            return sums;
        }
        int[] zeroPoints = quantized.zeroPoints();
        for (long i = 0; i < values.elementCount(); i++) {
            int channel = (int) (i / inner % channels);
            int zeroPoint = zeroPoints[zeroPoints.length == 1 ? 0 : channel];
            sums[channel] += reach * Math.abs(values.getLong(i) - zeroPoint);
        }
        return sums;
    }

    /// Real value of one step of the sums, for each channel or once for all.
    ///
    /// @param xScale scale of what the weights are multiplied with
    float[] sumScales(float xScale) {
        float[] scales = quantized.scales().clone();
        for (int c = 0; c < scales.length; c++) {
            scales[c] *= xScale;
        }
        return scales;
    }

    /// A constant matrix with its axes swapped.
    static Tensor transposed(Tensor matrix) {
        Tensor swapped = Tensor.allocate(matrix.dtype(), Shape.of(matrix.shape().dim(1), matrix.shape().dim(0)));
        new Transpose(List.of(1L, 0L)).evaluate(Collections.singletonList(matrix), List.of(swapped));
        return swapped;
    }

    DType dtype() {
        return quantized.dtype();
    }
}
