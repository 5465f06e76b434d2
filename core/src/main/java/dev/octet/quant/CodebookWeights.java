package dev.octet.quant;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// A matrix `[N, K]` whose rows are cut into blocks with a scale each, `w = codebook[code]·scale`.
///
/// @param codes UINT2, UINT4 or UINT8 `[N, K]`
/// @param scales FLOAT32 `[N, ⌈K/block⌉]`
/// @param block columns of a block
public record CodebookWeights(Tensor codes, Codebook codebook, Tensor scales, int block) {
    /// Which levels a matrix gets, and what scales a block.
    public enum Format {
        /// [Codebook#TWO_BITS], the number of largest magnitude exact.
        INT2,
        /// [Codebook#NF4], by the largest magnitude.
        NF4,
        /// [Codebook#POWERS_OF_TWO], by a power of two: `2^⌊log2(4/3·largest)⌋`.
        POW2,
        /// 16 levels fitted to the matrix by k-means, after division by the largest magnitude of each block.
        CODEBOOK
    }

    /// @param weights FLOAT32 `[N, K]`, finite
    public static CodebookWeights of(Tensor weights, Format format, int block) {
        long rows = weights.shape().dim(0);
        long columns = weights.shape().dim(1);
        long blocks = Math.ceilDiv(columns, (long) block);
        Tensor scales = Tensor.allocate(DType.FLOAT32, Shape.of(rows, blocks));
        float[] normal = new float[Math.toIntExact(rows * columns)];
        for (long row = 0; row < rows; row++) {
            for (long b = 0; b < blocks; b++) {
                long start = row * columns + b * block;
                long end = Math.min(start + block, (row + 1) * columns);
                float scale = scale(weights, start, end, format);
                scales.setFloat(row * blocks + b, scale);
                // bitsandbytes multiplies by the reciprocal.
                float inverse = scale == 0 ? 0 : 1 / scale;
                for (long i = start; i < end; i++) {
                    normal[(int) i] = weights.getFloat(i) * inverse;
                }
            }
        }
        Codebook codebook =
                switch (format) {
                    case INT2 -> Codebook.TWO_BITS;
                    case NF4 -> Codebook.NF4;
                    case POW2 -> Codebook.POWERS_OF_TWO;
                    case CODEBOOK -> Codebook.fit(normal, 4);
                };
        DType type = codebook.bits() == 2 ? DType.UINT2 : DType.UINT4;
        Tensor codes = Tensor.allocate(type, weights.shape());
        for (int i = 0; i < normal.length; i++) {
            codes.setLong(i, codebook.nearest(normal[i]));
        }
        return new CodebookWeights(codes, codebook, scales, block);
    }

    private static float scale(Tensor weights, long start, long end, Format format) {
        float largest = 0;
        for (long i = start; i < end; i++) {
            float w = weights.getFloat(i);
            if (!Float.isFinite(w)) {
                throw new IllegalArgumentException("weights to cut into blocks: not finite at element " + i + ": " + w);
            }
            largest = Math.abs(w) > Math.abs(largest) ? w : largest;
        }
        return switch (format) {
            case INT2 -> -largest;
            case NF4, CODEBOOK -> Math.abs(largest);
            case POW2 -> largest == 0 ? 0 : Math.scalb(1f, Math.getExponent(Math.abs(largest) * 4 / 3));
        };
    }

    /// The FLOAT32 matrix that the codes stand for.
    public Tensor dequantize() {
        Tensor weights = Tensor.allocate(DType.FLOAT32, codes.shape());
        long columns = codes.shape().dim(1);
        long blocks = Math.ceilDiv(columns, (long) block);
        for (long i = 0; i < codes.elementCount(); i++) {
            float scale = scales.getFloat(i / columns * blocks + i % columns / block);
            weights.setFloat(i, codebook.levels()[codes.getInt(i)] * scale);
        }
        return weights;
    }
}
