package dev.octet.kernels.x64;

import dev.octet.quant.CodedRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Packs weights of few bits in panels of columns. A panel is its blocks of steps one after the other: a float scale a
/// column, a float offset a column, `−zeroPoint·scale`, then the codes, `[pair of steps][column]` with the first step's
/// in the low four bits, or `[step][column]` of whole bytes.
final class CodedPanels {
    private final CodedRows weights;
    private final int columns;
    private final boolean nibbles;

    private CodedPanels(CodedRows weights, int columns) {
        this.weights = weights;
        this.columns = columns;
        this.nibbles = multiplication(weights) == Multiplication.FUSED_NIBBLES;
    }

    /// Codes of two bits are stored in four.
    static Multiplication multiplication(CodedRows weights) {
        return weights.bits() <= 4 ? Multiplication.FUSED_NIBBLES : Multiplication.FUSED_BYTES;
    }

    /// Bytes of a block's scales and offsets.
    static int parameterBytes(int columns) {
        return 2 * Float.BYTES * columns;
    }

    static PackedPanels pack(CodedRows weights, int columns) {
        return new CodedPanels(weights, columns).pack();
    }

    private PackedPanels pack() {
        long bytes = 0;
        for (int block = 0; block < weights.blocks(); block++) {
            bytes += parameterBytes(columns) + codeBytes(steps(block));
        }
        int count = Math.ceilDiv(weights.rows(), columns);
        PackedPanels panels = PackedPanels.empty(count, bytes, columns);
        for (int panel = 0; panel < count; panel++) {
            MemorySegment to = panels.memory().asSlice(panel * bytes, bytes);
            int present = Math.min(columns, weights.rows() - panel * columns);
            for (int column = 0; column < present; column++) {
                write(panel * columns + column, column, to);
            }
        }
        return panels;
    }

    private int steps(int block) {
        return Math.min(weights.block(), weights.length() - block * weights.block());
    }

    private long codeBytes(int steps) {
        return (long) columns * (nibbles ? Math.ceilDiv(steps, 2) : steps);
    }

    private void write(int row, int column, MemorySegment to) {
        long at = 0;
        for (int block = 0; block < weights.blocks(); block++) {
            float scale = weights.scale(row, block);
            float offset = -weights.zeroPoint(row, block) * scale;
            to.set(ValueLayout.JAVA_FLOAT, at + 4L * column, scale);
            to.set(ValueLayout.JAVA_FLOAT, at + 4L * (columns + column), offset);
            at += parameterBytes(columns);
            int steps = steps(block);
            for (int step = 0; step < steps; step++) {
                int code = weights.code(row, block * weights.block() + step);
                long index = at + (long) columns * (nibbles ? step / 2 : step) + column;
                int before = to.get(ValueLayout.JAVA_BYTE, index);
                to.set(ValueLayout.JAVA_BYTE, index, (byte) (nibbles && step % 2 == 1 ? before | code << 4 : code));
            }
            at += codeBytes(steps);
        }
    }
}
