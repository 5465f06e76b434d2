package dev.octet.quant;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// [BlockWeights] in the layout of ONNX Runtime's MatMulNBits: a row for each column of the matrix `[K, N]`, codes side
/// by side from the low bits on.
///
/// @param codes UINT8 `[N, ⌈K/block⌉, block·bits/8]`; a last block that is short ends in zero points
/// @param scales FLOAT32 `[N, ⌈K/block⌉]`
/// @param zeroPoints UINT8 `[N, ⌈⌈K/block⌉·bits/8⌉]`
public record PackedBlocks(Tensor codes, Tensor scales, Tensor zeroPoints) {
    /// @param weights of a block that fills whole bytes
    public static PackedBlocks of(BlockWeights weights) {
        int bits = weights.codes().dtype().bits();
        int block = weights.block();
        if (block * bits % 8 != 0) {
            throw new IllegalArgumentException("bits of a block: expected whole bytes, found " + block * bits);
        }
        long rows = weights.codes().shape().dim(0);
        long columns = weights.codes().shape().dim(1);
        long blocks = weights.scales().shape().dim(0);
        PackedBlocks packed =
                new PackedBlocks(
                        Tensor.allocate(DType.UINT8, Shape.of(columns, blocks, block * bits / 8)),
                        Tensor.allocate(DType.FLOAT32, Shape.of(columns, blocks)),
                        Tensor.allocate(DType.UINT8, Shape.of(columns, Math.ceilDiv(blocks * bits, 8L))));
        long codesOfRow = blocks * block;
        long zeroPointsOfRow = packed.zeroPoints.shape().dim(1) * 8 / bits;
        for (long column = 0; column < columns; column++) {
            for (long b = 0; b < blocks; b++) {
                long group = b * columns + column;
                packed.scales.setFloat(column * blocks + b, weights.scales().getFloat(group));
                put(packed.zeroPoints, column * zeroPointsOfRow + b, weights.zeroPoints().getCode(group), bits);
                for (long row = b * block; row < (b + 1) * block; row++) {
                    int code =
                            row < rows
                                    ? weights.codes().getCode(row * columns + column)
                                    : weights.zeroPoints().getCode(group);
                    put(packed.codes, column * codesOfRow + row, code, bits);
                }
            }
        }
        return packed;
    }

    /// Writes a code over zeros.
    private static void put(Tensor bytes, long index, int code, int bits) {
        long bit = index * bits;
        bytes.setCode(bit / 8, bytes.getCode(bit / 8) | code << (int) (bit % 8));
    }
}
