package dev.octet.quant;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Rows of numbers of few bits, in blocks with a scale and a zero point each, as ONNX Runtime's MatMulNBits stores
/// weights: `w = (code − zeroPoint)·scale`.
///
/// @param length numbers of a row
/// @param bits of a code: 2, 4 or 8
/// @param block numbers of a block, which fill whole bytes; the last of a row may be short, but takes as many bytes
/// @param codes UINT8, row after row, the first code in the low bits
/// @param scales one a block, row after row
/// @param zeroPoints codes, each row in whole bytes (UINT8), or one floating number a block; null for `2^(bits−1)`
public record CodedRows(int length, int bits, int block, Tensor codes, Tensor scales, @Nullable Tensor zeroPoints) {
    /// Blocks of a row.
    public int blocks() {
        return Math.ceilDiv(length, block);
    }

    /// Number of rows.
    public int rows() {
        return blocks() == 0 ? 0 : Math.toIntExact(scales.elementCount() / blocks());
    }

    /// The code of a number.
    public int code(int row, int index) {
        return code(codes, (long) row * blocks() * block + index);
    }

    private int code(Tensor bytes, long index) {
        long bit = index * bits;
        return bytes.getCode(bit / 8) >> (int) (bit % 8) & (1 << bits) - 1;
    }

    /// The scale of a block.
    public float scale(int row, int number) {
        return scales.getFloat((long) row * blocks() + number);
    }

    /// The zero point of a block.
    public float zeroPoint(int row, int number) {
        if (zeroPoints == null) {
            return 1 << (bits - 1);
        }
        if (zeroPoints.dtype() == DType.UINT8) {
            int codesOfRow = Math.ceilDiv(blocks() * bits, 8) * 8 / bits;
            return code(zeroPoints, (long) row * codesOfRow + number);
        }
        return zeroPoints.getFloat((long) row * blocks() + number);
    }

    /// The numbers `from` to `to` of a row, from `numbers[0]` on.
    public void dequantize(int row, int from, int to, float[] numbers) {
        for (int i = from; i < to; ) {
            int number = i / block;
            float scale = scale(row, number);
            float zeroPoint = zeroPoint(row, number);
            for (int end = Math.min(to, (number + 1) * block); i < end; i++) {
                numbers[i - from] = (code(row, i) - zeroPoint) * scale;
            }
        }
    }
}
