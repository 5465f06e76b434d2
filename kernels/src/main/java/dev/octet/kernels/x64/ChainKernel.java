package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec.Chain;
import dev.octet.kernels.KernelSpec.ChainOperand;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Formulas of operands that broadcast, one generated loop over rows each.
final class ChainKernel implements Kernel {
    /// Elements of a tile: some microseconds of work.
    private static final long TILE = 1 << 14;

    static final KernelCompiler<Chain> COMPILER = new Compiler();

    private final MachineCode code;
    private final RowPlan plan;
    private final long[] elementBytes;

    /// Memory of constant operands, in the operands' places.
    private final MemorySegment[] constants;

    private final long chunk;
    private final long chunks;
    private final long rowsPerTile;

    private ChainKernel(Chain spec, MachineCode code, RowPlan plan, List<DType> types) {
        this.code = code;
        this.plan = plan;
        this.elementBytes = types.stream().mapToLong(type -> type.bits() / 8).toArray();
        this.constants = new MemorySegment[spec.operands().size()];
        for (int i = 0; i < constants.length; i++) {
            Tensor constant = spec.operands().get(i).constant();
            constants[i] = constant == null ? MemorySegment.NULL : copy(constant);
        }
        long length = Math.max(1, plan.length());
        this.chunk = Math.min(length, TILE);
        this.chunks = Math.ceilDiv(length, chunk);
        this.rowsPerTile = Math.max(1, TILE / length);
    }

    private static MemorySegment copy(Tensor constant) {
        return Arena.ofAuto().allocate(constant.byteSize(), 64).copyFrom(constant.data());
    }

    /// Makes kernels of chains.
    private static final class Compiler implements KernelCompiler<Chain> {
        @Override
        public Optional<Kernel> compile(Chain spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            RowPlan plan = plan(spec);
            ChainGenerator generator = generator(spec, tier, plan);
            return generator.fits()
                    ? Optional.of(new ChainKernel(spec, code.code(generator), plan, generator.types()))
                    : Optional.empty();
        }

        private static RowPlan plan(Chain spec) {
            List<Shape> shapes = new ArrayList<>(spec.operands().stream().map(ChainOperand::shape).toList());
            spec.outputs().forEach(_ -> shapes.add(spec.shape()));
            return RowPlan.of(spec.shape(), shapes);
        }

        private static ChainGenerator generator(Chain spec, Tier tier, RowPlan plan) {
            List<ChainGenerator.Input> inputs = new ArrayList<>();
            for (int i = 0; i < spec.operands().size(); i++) {
                inputs.add(new ChainGenerator.Input(spec.operands().get(i).dtype(), plan.repeats(i)));
            }
            return new ChainGenerator(tier.withoutDotProducts(), spec.formula(), inputs, spec.outputs());
        }

        @Override
        public Sample<Chain> sample(Chain spec, Tier tier) {
            RowPlan plan = plan(spec);
            Shape shape = Shape.of(3, 37);
            List<ChainOperand> operands = new ArrayList<>();
            List<Tensor> values = new ArrayList<>();
            for (int i = 0; i < spec.operands().size(); i++) {
                DType dtype = spec.operands().get(i).dtype();
                Shape own = plan.repeats(i) ? Shape.of(3, 1) : shape;
                operands.add(ChainOperand.of(dtype, own));
                values.add(
                        switch (dtype) {
                            case FLOAT32 -> Sample.floats(own.elementCount());
                            case INT32 ->
                                    Tensor.wrap(dtype, own, Sample.bytes(DType.UINT8, 4 * own.elementCount()).data());
                            default -> Sample.bytes(dtype, own.elementCount());
                        });
            }
            Chain small = new Chain(spec.formula(), shape, operands, spec.outputs());
            return new Sample<>(small, values, spec.outputs());
        }
    }

    @Override
    public int tiles() {
        return Math.toIntExact(chunks > 1 ? plan.rows() * chunks : Math.max(1, Math.ceilDiv(plan.rows(), rowsPerTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        long[] addresses = addresses(inputs, outputs);
        if (chunks > 1) {
            long start = tile % chunks * chunk;
            call(addresses, tile / chunks, 1, start, Math.min(chunk, plan.length() - start));
            return;
        }
        long end = Math.min(plan.rows(), (tile + 1) * rowsPerTile);
        for (long row = tile * rowsPerTile; row < end; ) {
            long run = plan.run(row, end - row);
            call(addresses, row, run, 0, plan.length());
            row += run;
        }
    }

    private long[] addresses(MemorySegment[] inputs, MemorySegment[] outputs) {
        long[] addresses = new long[elementBytes.length];
        int input = 0;
        for (int i = 0; i < addresses.length; i++) {
            if (i >= constants.length) {
                addresses[i] = outputs[i - constants.length].address();
            } else {
                MemorySegment constant = constants[i];
                addresses[i] = constant.address() != 0 ? constant.address() : inputs[input++].address();
            }
        }
        return addresses;
    }

    private void call(long[] addresses, long row, long rows, long start, long length) {
        ArgumentBlock block = ArgumentBlock.local();
        block.set(0, length);
        block.set(1, rows);
        int operands = addresses.length;
        for (int i = 0; i < operands; i++) {
            long element = plan.offset(i, row) + (plan.repeats(i) ? 0 : start);
            block.set(ChainGenerator.FIRST_ADDRESS + i, addresses[i] + element * elementBytes[i]);
            block.set(ChainGenerator.FIRST_ADDRESS + operands + i, plan.rowStride(i) * elementBytes[i]);
        }
        block.call(code);
    }
}
