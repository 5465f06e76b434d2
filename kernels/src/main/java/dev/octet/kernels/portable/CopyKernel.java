package dev.octet.kernels.portable;

import dev.octet.kernels.CopySpec;
import dev.octet.kernels.CopySpec.Run;
import dev.octet.kernels.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Copies of bytes, piece by piece.
record CopyKernel(List<List<Run>> parts) implements Kernel {
    static Kernel of(CopySpec spec) {
        return new CopyKernel(spec.tiles());
    }

    @Override
    public int tiles() {
        return parts.size();
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        for (Run run : parts.get(tile)) {
            for (int i = 0; i < run.count(); i++) {
                long from = run.from() + i * run.fromStep();
                MemorySegment.copy(inputs[run.input()], from, outputs[0], run.to() + i * run.toStep(), run.bytes());
            }
        }
    }
}
