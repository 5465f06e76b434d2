package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec.Chain;
import dev.octet.kernels.KernelSpec.ChainOperand;
import dev.octet.kernels.KernelSpec.DynamicQuantize;
import dev.octet.kernels.KernelSpec.Quantize;
import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/// Quantization by the range found in the data. Every tile finds the range of all elements for itself, since tiles
/// cannot wait for each other; hence few tiles.
final class DynamicQuantizeKernel implements Kernel {
    static final KernelCompiler<DynamicQuantize> COMPILER = new Compiler();

    private static final int MOST_TILES = 4;
    private static final int SMALLEST_TILE = 1 << 15;

    /// Where the scale and the zero point lie, behind the arguments of the loop.
    private static final int NUMBERS = ChainGenerator.FIRST_ADDRESS + 2 * 4;

    private final long count;
    private final MachineCode range;
    private final MachineCode quantize;

    private DynamicQuantizeKernel(long count, MachineCode range, MachineCode quantize) {
        this.count = count;
        this.range = range;
        this.quantize = quantize;
    }

    private static final class Compiler implements KernelCompiler<DynamicQuantize> {
        @Override
        public Optional<Kernel> compile(DynamicQuantize spec, Tier best, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            Tier tier = best.withoutDotProducts();
            return Optional.of(
                    new DynamicQuantizeKernel(
                            spec.count(), code.code(new RangeGenerator(tier)), code.code(quantize(tier))));
        }

        /// The loop that a scale and a zero point known before would use.
        private static ChainGenerator quantize(Tier tier) {
            Chain chain = ElementChains.of(new Quantize(1, 1, 2, new float[] {1}, new int[1], DType.UINT8));
            List<ChainGenerator.Input> inputs =
                    chain.operands().stream()
                            .map((ChainOperand o) -> new ChainGenerator.Input(o.dtype(), o.constant() != null))
                            .toList();
            return new ChainGenerator(tier, chain.formula(), inputs, chain.outputs());
        }

        @Override
        public Sample<DynamicQuantize> sample(DynamicQuantize spec, Tier tier) {
            List<DType> outputs = List.of(DType.UINT8, DType.FLOAT32, DType.UINT8);
            return new Sample<>(new DynamicQuantize(77), List.of(Sample.floats(77)), outputs);
        }
    }

    @Override
    public int tiles() {
        return Math.clamp(count / SMALLEST_TILE, 1, MOST_TILES);
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        ArgumentBlock block = ArgumentBlock.local();
        block.set(0, count);
        block.set(1, inputs[0].address());
        block.call(range);
        float least = block.getFloat(RangeGenerator.LEAST);
        float scale = (block.getFloat(RangeGenerator.LEAST + 1) - least) / 255;
        if (scale == 0) {
            scale = 1;
        }
        float zeroPoint = (float) Math.rint(Math.clamp(-least / scale, 0f, 255f));
        long start = count * tile / tiles();
        long end = count * (tile + 1) / tiles();
        block.set(0, end - start);
        block.set(1, 1);
        block.set(ChainGenerator.FIRST_ADDRESS, inputs[0].address() + 4 * start);
        block.set(ChainGenerator.FIRST_ADDRESS + 1, block.address(NUMBERS));
        block.set(ChainGenerator.FIRST_ADDRESS + 2, block.address(NUMBERS + 1));
        block.set(ChainGenerator.FIRST_ADDRESS + 3, outputs[0].address() + start);
        block.set(NUMBERS, scale);
        block.set(NUMBERS + 1, zeroPoint);
        block.call(quantize);
        if (tile == 0) {
            outputs[1].set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, scale);
            outputs[2].set(ValueLayout.JAVA_BYTE, 0, (byte) (int) zeroPoint);
        }
    }
}
