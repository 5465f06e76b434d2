package dev.octet.engine.plan;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs the tiles of a kernel on all threads.
record KernelStep(
        String name,
        String operator,
        String by,
        long macs,
        Kernel kernel,
        List<PlannedValue> inputs,
        List<PlannedValue> outputs)
        implements Step {
    /// Multiply-accumulate operations of products; 0 for everything else.
    static long macs(KernelSpec spec) {
        return switch (spec) {
            case KernelSpec.Conv conv -> conv.geometry().macs();
            case KernelSpec.ConvTranspose conv -> conv.geometry().macs();
            case KernelSpec.IntegerConv conv -> conv.geometry().macs();
            case KernelSpec.MatMul product -> product.geometry().macs();
            case KernelSpec.IntegerMatMul product -> product.geometry().macs();
            default -> 0;
        };
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        MemorySegment[] in = segments(inputs, tensors);
        MemorySegment[] out = segments(outputs, tensors);
        int tiles = kernel.tiles();
        return run -> run.pool().run(tiles, tile -> kernel.run(tile, in, out));
    }

    private static MemorySegment[] segments(List<PlannedValue> values, @Nullable Tensor[] tensors) {
        return values.stream()
                .map(v -> Objects.requireNonNull(tensors[v.index()]).data())
                .toArray(MemorySegment[]::new);
    }
}
