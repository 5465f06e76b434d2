package dev.octet.kernels.x64;

import dev.octet.kernels.CopySpec;
import dev.octet.kernels.CopySpec.Run;
import dev.octet.kernels.Kernel;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Copies of bytes by [CopyGenerator]'s function.
record CopyKernel(List<List<Run>> parts, MachineCode code) implements Kernel {
    static final KernelCompiler<CopySpec> COMPILER = new Compiler();

    private static final class Compiler implements KernelCompiler<CopySpec> {
        @Override
        public Optional<Kernel> compile(CopySpec spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            return Optional.of(new CopyKernel(spec.tiles(), code.code(new CopyGenerator())));
        }

        /// Pieces of each length that has code of its own.
        @Override
        public Sample<CopySpec> sample(CopySpec spec, Tier tier) {
            List<Run> runs = new ArrayList<>();
            long at = 0;
            for (int bytes : new int[] {1, 3, 4, 7, 8, 15, 16, 31, 32, 77}) {
                runs.add(new Run(0, at, at, bytes, 3, 0, bytes));
                at += 3L * bytes;
            }
            return new Sample<>(new CopySpec(runs, List.of(at), at), List.of(Sample.bytes(DType.INT8, at)), DType.INT8);
        }
    }

    @Override
    public int tiles() {
        return parts.size();
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        if (parts.get(tile).isEmpty()) {
            return;
        }
        NativeScratch scratch = NativeScratch.local();
        CopyList copies = scratch.copies();
        copies.clear();
        for (Run run : parts.get(tile)) {
            copies.add(
                    inputs[run.input()].address() + run.from(),
                    outputs[0].address() + run.to(),
                    run.bytes(),
                    run.count(),
                    run.fromStep(),
                    run.toStep());
        }
        copies.run(code, scratch);
    }
}
