package dev.octet.kernels.x64;

import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// A constant B of an integer product, `[k, n]`, as signed bytes: unsigned ones are stored less 128.
///
/// @param values row-major, or column-major if `transposed`
record ByteMatrix(byte[] values, int k, int n, boolean transposed) {
    /// @param offset of the first element
    /// @param stride elements from row to row, or from column to column if it is transposed
    static ByteMatrix of(MemorySegment data, DType dtype, long offset, int stride, int k, int n, boolean transposed) {
        byte[] values = new byte[k * n];
        int length = stride == (transposed ? k : n) ? values.length : transposed ? k : n;
        for (int i = 0; i < values.length / length; i++) {
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset + (long) i * stride, values, i * length, length);
        }
        return of(values, dtype, k, n, transposed);
    }

    /// @param values taken over
    static ByteMatrix of(byte[] values, DType dtype, int k, int n, boolean transposed) {
        if (dtype == DType.UINT8) {
            for (int i = 0; i < values.length; i++) {
                values[i] ^= (byte) 0x80;
            }
        }
        return new ByteMatrix(values, k, n, transposed);
    }

    /// What is to be added to a zero point for bytes stored like this.
    static int shift(DType dtype) {
        return dtype == DType.UINT8 ? -128 : 0;
    }

    int[] columnSums() {
        int[] sums = new int[n];
        // In the order of memory.
        int at = 0;
        if (transposed) {
            for (int j = 0; j < n; j++) {
                for (int p = 0; p < k; p++) {
                    sums[j] += values[at++];
                }
            }
        } else {
            for (int p = 0; p < k; p++) {
                for (int j = 0; j < n; j++) {
                    sums[j] += values[at++];
                }
            }
        }
        return sums;
    }

    /// Steps of four indices of K.
    int steps() {
        return Math.ceilDiv(k, 4);
    }

    /// Columns `first` and up as `[step][column][4]`, zeros where there are none.
    byte[] panel(int first, int columns) {
        int[] words = words(first, columns);
        ByteBuffer panel = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
        panel.asIntBuffer().put(words);
        return panel.array();
    }

    /// The same with the four bytes of a step and column as one number, the first in the low bits. All of a model's
    /// weights pass here before its first run, mostly by code that is not compiled well yet; hence whole steps at once.
    int[] words(int first, int columns) {
        int[] words = new int[steps() * columns];
        int present = Math.min(columns, n - first);
        int down = transposed ? 1 : n;
        int across = transposed ? k : 1;
        int whole = k / 4;
        for (int step = 0; step < whole; step++) {
            int at = first * across + 4 * step * down;
            int to = step * columns;
            for (int j = 0; j < present; j++, at += across) {
                words[to + j] =
                        values[at] & 0xFF
                                | (values[at + down] & 0xFF) << 8
                                | (values[at + 2 * down] & 0xFF) << 16
                                | values[at + 3 * down] << 24;
            }
        }
        for (int p = 4 * whole; p < k; p++) {
            for (int j = 0; j < present; j++) {
                words[whole * columns + j] |= (values[(first + j) * across + p * down] & 0xFF) << 8 * (p % 4);
            }
        }
        return words;
    }
}
