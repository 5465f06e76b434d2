package dev.octet.graph.pass.lowering;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The bias of an integer product as INT32 in steps of its sums.
///
/// A bias that a tool has quantized already is taken as it is if its scale is that of the sums up to rounding. Any
/// other constant one is rounded to steps of the sums. That is refused where a step of the sums is more than
/// [#LARGEST_STEP] steps of the result, since the rounding would show, and where a sum might not fit in 32 bits.
final class Bias {
    /// Rounding moves a result by at most half of this before it is rounded itself.
    private static final double LARGEST_STEP = 1.0 / 16;

    private static final double SCALE_TOLERANCE = 0x1p-20;

    private Bias() {}

    /// Whether every sum fits in 32 bits without a bias, and is in steps that a float can express.
    static boolean fits(long[] largestSums, float[] sumScales) {
        for (long sum : largestSums) {
            if (sum > Integer.MAX_VALUE) {
                return false;
            }
        }
        for (float scale : sumScales) {
            if (!(scale >= Float.MIN_NORMAL) || Float.isInfinite(scale)) {
                return false;
            }
        }
        return true;
    }

    /// The bias, or null if there is no such INT32 bias.
    ///
    /// @param value name of the real bias; a constant, or a dequantized one
    /// @param factor that the operator multiplies the bias with
    /// @param outputScale scale of the result, or 0 if it stays in FLOAT32
    static int @Nullable [] of(
            Rewriter graph, String value, float factor, float[] sumScales, long[] largestSums, float outputScale) {
        QuantizedValue quantized = QuantizedValue.dequantized(graph, value);
        Tensor tensor = graph.constant(quantized == null ? value : quantized.integers());
        int channels = largestSums.length;
        if (tensor == null || (tensor.elementCount() != 1 && tensor.elementCount() != channels)) {
            return null;
        }
        if (quantized == null ? tensor.dtype() != DType.FLOAT32 : tensor.dtype() != DType.INT32) {
            return null;
        }
        boolean exact = quantized != null && factor == 1 && hasScales(quantized, sumScales);
        int[] bias = new int[channels];
        for (int c = 0; c < channels; c++) {
            int at = tensor.elementCount() == 1 ? 0 : c;
            double scale = sumScales[sumScales.length == 1 ? 0 : c];
            double real = quantized == null ? tensor.getFloat(at) : tensor.getInt(at) * (double) scaleOf(quantized, at);
            double steps = exact ? tensor.getInt(at) : Math.rint(real * factor / scale);
            boolean coarse = outputScale > 0 && scale > LARGEST_STEP * outputScale && steps * scale != real * factor;
            if (!(Math.abs(steps) + largestSums[c] <= Integer.MAX_VALUE) || (!exact && coarse)) {
                return null;
            }
            bias[c] = (int) steps;
        }
        return bias;
    }

    private static float scaleOf(QuantizedValue quantized, int channel) {
        return quantized.scales()[quantized.isPerTensor() ? 0 : channel];
    }

    private static boolean hasScales(QuantizedValue bias, float[] sumScales) {
        int count = Math.max(bias.scales().length, sumScales.length);
        if ((bias.scales().length != 1 && bias.scales().length != count)
                || (sumScales.length != 1 && sumScales.length != count)) {
            return false;
        }
        for (int c = 0; c < count; c++) {
            float expected = sumScales[sumScales.length == 1 ? 0 : c];
            if (!(Math.abs(scaleOf(bias, c) - expected) <= SCALE_TOLERANCE * expected)) {
                return false;
            }
        }
        for (int zeroPoint : bias.zeroPoints()) {
            if (zeroPoint != 0) {
                return false;
            }
        }
        return true;
    }
}
