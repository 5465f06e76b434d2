package dev.octet.kernels.portable;

import dev.octet.graph.op.PoolFunction;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How the cells of a window become one value. 8-bit values pass through floats, which hold them exactly.
///
/// @param p the norm of LP
/// @param windowCells by which all averages are divided, or 0 if each is by its cells inside the input
record PooledCells(PoolFunction function, DType dtype, int p, int windowCells) {
    static PooledCells of(KernelSpec.Pool spec) {
        int window = spec.geometry().kernelHeight() * spec.geometry().kernelWidth();
        return new PooledCells(spec.function(), spec.dtype(), spec.p(), spec.countIncludePad() ? window : 0);
    }

    /// Value of no cells.
    float start() {
        return function != PoolFunction.MAX ? 0 : dtype == DType.FLOAT32 ? Float.NEGATIVE_INFINITY : dtype.minValue();
    }

    /// Takes one more cell into each of `n` results; the cells are the input's.
    void add(float[] results, float[] cells, int n) {
        switch (function) {
            case MAX -> max(results, cells, n);
            case AVERAGE -> sum(results, cells, n);
            case LP -> addPowers(results, cells, n);
        }
    }

    /// Joins two results of cells.
    float join(float a, float b) {
        return function == PoolFunction.MAX ? Math.max(a, b) : a + b;
    }

    /// The value of joined cells, of which `validCells` are inside the input.
    float finish(float joined, int validCells) {
        return switch (function) {
            case MAX -> joined;
            case AVERAGE -> {
                int cells = windowCells > 0 ? windowCells : validCells;
                yield cells == 0 ? 0 : joined / cells;
            }
            case LP -> (float) (p == 2 ? Math.sqrt(joined) : Math.pow(joined, 1.0 / p));
        };
    }

    void store(float[] results, int n, MemorySegment y, long element, Scratch scratch) {
        if (dtype == DType.FLOAT32) {
            ElementwiseKernels.store(results, n, y, element);
            return;
        }
        byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
        for (int j = 0; j < n; j++) {
            bytes[j] = (byte) (int) results[j];
        }
        MemorySegment.copy(bytes, 0, y, ValueLayout.JAVA_BYTE, element, n);
    }

    private static void max(float[] results, float[] cells, int n) {
        for (int j = 0; j < n; j++) {
            results[j] = Math.max(results[j], cells[j]);
        }
    }

    private static void sum(float[] results, float[] cells, int n) {
        for (int j = 0; j < n; j++) {
            results[j] += cells[j];
        }
    }

    private void addPowers(float[] results, float[] cells, int n) {
        for (int j = 0; j < n; j++) {
            results[j] += p == 2 ? cells[j] * cells[j] : (float) Math.pow(Math.abs(cells[j]), p);
        }
    }
}
