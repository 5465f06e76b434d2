package dev.octet.engine.plan;

import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.IntegerSpec;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Overwritable;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Runs the tiles of a kernel on all threads.
///
/// @param overwritable those of the inputs whose memory the output may take
record KernelStep(
        String name,
        String operator,
        long macs,
        int[] overwritable,
        KernelSets.Compiled compiled,
        List<PlannedValue> inputs,
        List<PlannedValue> outputs)
        implements Step {
    /// Work of about twenty microseconds, in which a thread that waits can be woken.
    private static final long SHARED_MACS = 200_000;

    private static final long SHARED_BYTES = 128 << 10;

    /// @param compiled the kernel of `spec`
    static KernelStep of(
            String name,
            String operator,
            KernelSpec spec,
            KernelSets.Compiled compiled,
            List<PlannedValue> inputs,
            List<PlannedValue> outputs) {
        return new KernelStep(name, operator, macs(spec), Overwritable.inputs(spec), compiled, inputs, outputs);
    }

    /// Multiply-accumulate operations of products; 0 for everything else.
    static long macs(KernelSpec spec) {
        return switch (spec) {
            case KernelSpec.Conv conv -> conv.geometry().macs();
            case KernelSpec.ConvTranspose conv -> conv.geometry().macs();
            case KernelSpec.IntegerConv conv -> conv.geometry().macs();
            case IntegerSpec.ConvTranspose conv -> conv.geometry().macs();
            case KernelSpec.MatMul product -> product.geometry().macs();
            case KernelSpec.IntegerMatMul product -> product.geometry().macs();
            case BlockMatMul product -> (long) product.m() * product.n() * product.k();
            default -> 0;
        };
    }

    @Override
    public String by() {
        return compiled.set();
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        return bind(compiled, macs, segments(inputs, tensors), segments(outputs, tensors));
    }

    /// A kernel over given memory. Other threads help if they can before the calling one would be done.
    static Bound bind(KernelSets.Compiled compiled, long macs, MemorySegment[] in, MemorySegment[] out) {
        Bound bound = bind(compiled.kernel(), macs, in, out);
        return compiled.confined() ? bound : inMachineCode(bound);
    }

    private static Bound bind(Kernel kernel, long macs, MemorySegment[] in, MemorySegment[] out) {
        int tiles = kernel.tiles();
        if (tiles == 1 || macs < SHARED_MACS && bytes(in) + bytes(out) < SHARED_BYTES) {
            return _ -> kernel.runAll(in, out);
        }
        return run -> {
            Deadline deadline = run.deadline();
            IntConsumer tile =
                    index -> {
                        deadline.checkTile();
                        kernel.run(index, in, out);
                    };
            run.pool().run(tiles, tile);
        };
    }

    private static Bound inMachineCode(Bound bound) {
        return run -> {
            run.deadline().enterMachineCode();
            try {
                bound.run(run);
            } finally {
                run.deadline().leaveMachineCode();
            }
        };
    }

    private static long bytes(MemorySegment[] segments) {
        return Arrays.stream(segments).mapToLong(MemorySegment::byteSize).sum();
    }

    private static MemorySegment[] segments(List<PlannedValue> values, @Nullable Tensor[] tensors) {
        return values.stream()
                .map(v -> Objects.requireNonNull(tensors[v.index()]).data())
                .toArray(MemorySegment[]::new);
    }
}
