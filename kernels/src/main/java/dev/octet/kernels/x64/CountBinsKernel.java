package dev.octet.kernels.x64;

import dev.octet.kernels.CountBins;
import dev.octet.kernels.Kernel;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// Extremes of values and their counts in equal bins.
final class CountBinsKernel implements Kernel {
    static final KernelCompiler<CountBins> COMPILER = new Compiler();

    private final MachineCode code;
    private final int tableBytes;

    private CountBinsKernel(MachineCode code, int tableBytes) {
        this.code = code;
        this.tableBytes = tableBytes;
    }

    private static final class Compiler implements KernelCompiler<CountBins> {
        @Override
        public Optional<Kernel> compile(CountBins spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            CountBinsGenerator generator = new CountBinsGenerator(tier.withoutDotProducts(), spec.bins());
            return Optional.of(new CountBinsKernel(code.code(generator), generator.tableBytes()));
        }

        @Override
        public Sample<CountBins> sample(CountBins spec, Tier tier) {
            Tensor range = Tensor.of(Shape.of(2), -0.9f, 1.8f);
            return new Sample<>(spec, List.of(Sample.floats(1037), range), List.of(DType.INT32, DType.FLOAT32));
        }
    }

    @Override
    public int tiles() {
        return 1;
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        ArgumentBlock block = ArgumentBlock.local();
        block.set(CountBinsGenerator.COUNT, inputs[0].byteSize() / Float.BYTES);
        block.set(CountBinsGenerator.X, inputs[0].address());
        block.set(
                CountBinsGenerator.TABLES, NativeScratch.local().block(NativeScratch.Slot.BINS, tableBytes).address());
        block.set(CountBinsGenerator.COUNTS, outputs[0].address());
        block.set(CountBinsGenerator.LOWER, inputs[1].get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
        block.set(CountBinsGenerator.WIDTH, inputs[1].get(ValueLayout.JAVA_FLOAT_UNALIGNED, Float.BYTES));
        block.call(code);
        for (int i = 0; i < 3; i++) {
            outputs[1].set(
                    ValueLayout.JAVA_FLOAT_UNALIGNED,
                    (long) i * Float.BYTES,
                    block.getFloat(CountBinsGenerator.LEAST + i));
        }
    }
}
