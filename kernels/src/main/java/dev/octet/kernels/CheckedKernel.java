package dev.octet.kernels;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// A kernel that refuses operands of the wrong number or length, so that kernels themselves need not look.
public final class CheckedKernel implements Kernel {
    private final Kernel kernel;
    private final String operation;
    private final long[] inputBytes;
    private final long[] outputBytes;

    private CheckedKernel(KernelSpec spec, Kernel kernel) {
        this.kernel = kernel;
        this.operation = spec.getClass().getSimpleName();
        this.inputBytes = spec.inputBytes();
        this.outputBytes = spec.outputBytes();
    }

    /// @param kernel what computes `spec`
    public static Kernel of(KernelSpec spec, Kernel kernel) {
        return new CheckedKernel(spec, kernel);
    }

    @Override
    public int tiles() {
        return kernel.tiles();
    }

    /// @throws IllegalArgumentException if an operand is missing, superfluous or of the wrong length
    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        check("inputs", inputBytes, inputs);
        check("outputs", outputBytes, outputs);
        if (tile < 0 || tile >= kernel.tiles()) {
            throw new IllegalArgumentException(
                    operation + ": tile " + tile + " is outside [0, " + kernel.tiles() + ")");
        }
        kernel.run(tile, inputs, outputs);
    }

    private void check(String what, long[] expected, MemorySegment[] found) {
        boolean same = found.length == expected.length;
        for (int i = 0; same && i < expected.length; i++) {
            same = expected[i] == KernelSpec.ANY_LENGTH || expected[i] == found[i].byteSize();
        }
        if (!same) {
            long[] lengths = Arrays.stream(found).mapToLong(MemorySegment::byteSize).toArray();
            throw new IllegalArgumentException(
                    operation
                            + ": expected "
                            + what
                            + " of "
                            + Arrays.toString(expected)
                            + " bytes, found "
                            + Arrays.toString(lengths));
        }
    }
}
