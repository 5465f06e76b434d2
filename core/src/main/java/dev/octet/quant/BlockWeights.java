package dev.octet.quant;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// A matrix `[K, N]` of which each column is cut into blocks of consecutive rows with a scale and a zero point of their
/// own, `w = (q − zeroPoint)·scale`: the rule of ONNX Runtime's MatMulNBits.
///
/// Symmetric: `scale = m/−2ᵇ⁻¹` where `m` is the number of largest magnitude with its sign, so that this one is exact
/// and a scale may be negative; the zero point is `2ᵇ⁻¹`. Asymmetric: the range with zero in it over `2ᵇ − 1` steps.
/// Ties round up. A block of zeros has scale 0.
///
/// @param codes `[K, N]`, UINT2, UINT4 or UINT8
/// @param scales FLOAT32 `[⌈K/block⌉, N]`
/// @param zeroPoints as scales, of the type of the codes
/// @param block rows in a block
public record BlockWeights(Tensor codes, Tensor scales, Tensor zeroPoints, int block) {
    /// @param weights FLOAT32 `[K, N]`
    /// @param bits 2, 4 or 8
    /// @param block at least 1
    public static BlockWeights of(Tensor weights, int bits, int block, boolean symmetric) {
        if (weights.dtype() != DType.FLOAT32 || weights.shape().rank() != 2) {
            throw new IllegalArgumentException(
                    "weights to cut into blocks: expected a FLOAT32 matrix, found " + weights);
        }
        if (bits != 2 && bits != 4 && bits != 8) {
            throw new IllegalArgumentException("bits of weights: expected 2, 4 or 8, found " + bits);
        }
        if (block < 1) {
            throw new IllegalArgumentException("rows in a block: expected at least 1, found " + block);
        }
        long rows = weights.shape().dim(0);
        long columns = weights.shape().dim(1);
        Shape blocks = Shape.of(Math.ceilDiv(rows, (long) block), columns);
        DType dtype =
                switch (bits) {
                    case 2 -> DType.UINT2;
                    case 4 -> DType.UINT4;
                    default -> DType.UINT8;
                };
        BlockWeights result =
                new BlockWeights(
                        Tensor.allocate(dtype, weights.shape()),
                        Tensor.allocate(DType.FLOAT32, blocks),
                        Tensor.allocate(dtype, blocks),
                        block);
        for (long b = 0; b < blocks.dim(0); b++) {
            for (long c = 0; c < columns; c++) {
                result.quantize(weights, b, c, symmetric);
            }
        }
        return result;
    }

    private void quantize(Tensor weights, long b, long column, boolean symmetric) {
        long columns = weights.shape().dim(1);
        long end = Math.min((b + 1) * block, weights.shape().dim(0));
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (long r = b * block; r < end; r++) {
            float w = weights.getFloat(r * columns + column);
            if (!Float.isFinite(w)) {
                throw new IllegalArgumentException("weights to cut into blocks: not finite at row " + r + ": " + w);
            }
            min = Math.min(min, w);
            max = Math.max(max, w);
        }
        int most = (int) codes.dtype().maxValue();
        int half = (most + 1) / 2;
        float scale =
                symmetric
                        ? (Math.abs(max) > Math.abs(min) ? max : min) / -half
                        : (Math.max(max, 0) - Math.min(min, 0)) / most;
        float inverse = scale == 0 ? 0 : 1 / scale;
        float zeroPoint = symmetric ? half : code(scale == 0 ? 0 : -Math.min(min, 0) / scale, most);
        scales.setFloat(b * columns + column, scale);
        zeroPoints.setLong(b * columns + column, (long) zeroPoint);
        for (long r = b * block; r < end; r++) {
            long i = r * columns + column;
            codes.setLong(i, code(weights.getFloat(i) * inverse + zeroPoint, most));
        }
    }

    private static int code(float steps, int most) {
        return (int) Math.clamp(Rounding.HALF_AWAY_FROM_ZERO.round(steps), 0, most);
    }

    /// The FLOAT32 matrix that the codes stand for.
    public Tensor dequantize() {
        Tensor weights = Tensor.allocate(DType.FLOAT32, codes.shape());
        long columns = codes.shape().dim(1);
        for (long i = 0; i < codes.elementCount(); i++) {
            long group = i / columns / block * columns + i % columns;
            weights.setFloat(i, (codes.getLong(i) - zeroPoints.getLong(group)) * scales.getFloat(group));
        }
        return weights;
    }
}
