package dev.octet.kernels.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Numbers of a product's columns, 32 bits each, with zeros up to a whole panel.
final class ColumnData {
    /// Room for the widest panel.
    private static final int PADDING = 32;

    private ColumnData() {}

    /// One number may serve all columns.
    static MemorySegment of(float[] values, int n) {
        MemorySegment data = allocate(n);
        for (int j = 0; j < n; j++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, j, values[values.length == 1 ? 0 : j]);
        }
        return data;
    }

    static MemorySegment of(int[] values, int n) {
        MemorySegment data = allocate(n);
        for (int j = 0; j < n; j++) {
            data.setAtIndex(ValueLayout.JAVA_INT, j, values[values.length == 1 ? 0 : j]);
        }
        return data;
    }

    static MemorySegment allocate(int n) {
        return Arena.ofAuto().allocate(4L * (n + PADDING), 64);
    }

    static long bytes(int n) {
        return 4L * (n + PADDING);
    }
}
