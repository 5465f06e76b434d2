package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.MaskedSoftmax;
import dev.octet.kernels.MaskedSoftmax.Mask;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// Softmax of rows that a mask is added to before and that are quantized after: one pass over memory each way, while a
/// row stays in the cache.
final class MaskedSoftmaxKernel implements Kernel {
    static final KernelCompiler<MaskedSoftmax> COMPILER = new Compiler();

    /// Elements of a tile: some microseconds of work.
    private static final long TILE = 1 << 14;

    private final MachineCode code;
    private final MaskedSoftmax spec;
    private final long perTile;

    private MaskedSoftmaxKernel(MachineCode code, MaskedSoftmax spec) {
        this.code = code;
        this.spec = spec;
        this.perTile = Math.max(1, TILE / spec.length());
    }

    private static final class Compiler implements KernelCompiler<MaskedSoftmax> {
        private static final int SAMPLE = 37;

        @Override
        public Optional<Kernel> compile(MaskedSoftmax spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            SoftmaxGenerator generator =
                    new SoftmaxGenerator(tier.withoutDotProducts(), spec.mask() != null, spec.outputType());
            return Optional.of(new MaskedSoftmaxKernel(code.code(generator), spec));
        }

        @Override
        public Sample<MaskedSoftmax> sample(MaskedSoftmax spec, Tier tier) {
            Mask mask = spec.mask() == null ? null : new Mask(1, 2);
            MaskedSoftmax small = new MaskedSoftmax(5, SAMPLE, mask, spec.output());
            Tensor x = Sample.floats(5 * SAMPLE);
            List<Tensor> inputs = mask == null ? List.of(x) : List.of(x, Sample.floats(2 * SAMPLE));
            return new Sample<>(small, inputs, spec.outputType());
        }
    }

    /// Softmax along rows as one with neither mask nor quantization; other forms are left to `portable`.
    static Optional<MaskedSoftmax> alone(KernelSpec.Softmax spec) {
        return spec.log() || spec.inner() > 1 || spec.length() > Integer.MAX_VALUE
                ? Optional.empty()
                : Optional.of(new MaskedSoftmax(spec.outer(), (int) spec.length(), null, null));
    }

    @Override
    public int tiles() {
        return Math.toIntExact(Math.max(1, Math.ceilDiv(spec.rows(), perTile)));
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        ArgumentBlock block = ArgumentBlock.local();
        long powers = NativeScratch.local().block(NativeScratch.Slot.POWERS, 8L * spec.length()).address();
        Encoding output = spec.output();
        long end = Math.min(spec.rows(), (tile + 1) * perTile);
        for (long row = tile * perTile; row < end; ) {
            long count = Math.min(end - row, rowsInStep(row));
            block.set(SoftmaxGenerator.LENGTH, spec.length());
            block.set(SoftmaxGenerator.ROWS, count);
            block.set(SoftmaxGenerator.X, inputs[0].address() + 4 * row * spec.length());
            block.set(SoftmaxGenerator.Y, outputs[0].address() + spec.outputType().bytes(row * spec.length()));
            setMask(block, row, inputs);
            block.set(SoftmaxGenerator.POWERS, powers);
            if (output != null) {
                block.set(SoftmaxGenerator.SCALE, output.scale());
                block.set(SoftmaxGenerator.LEAST, (float) (output.dtype().minValue() - output.zeroPoint()));
                block.set(SoftmaxGenerator.MOST, (float) (output.dtype().maxValue() - output.zeroPoint()));
                block.set(SoftmaxGenerator.ZERO_POINT, output.zeroPoint());
            }
            block.call(code);
            row += count;
        }
    }

    /// Rows from one on whose masks are the same, or follow each other.
    private long rowsInStep(long row) {
        Mask mask = spec.mask();
        if (mask == null || mask.rows() == 1) {
            return spec.rows();
        }
        long period = mask.repeat() > 1 ? mask.repeat() : mask.rows();
        return period - row % period;
    }

    private void setMask(ArgumentBlock block, long row, MemorySegment[] inputs) {
        Mask mask = spec.mask();
        if (mask != null) {
            long bytes = 4L * spec.length();
            block.set(SoftmaxGenerator.MASK, inputs[1].address() + mask.row(row) * bytes);
            block.set(SoftmaxGenerator.MASK_STEP, mask.repeat() > 1 || mask.rows() == 1 ? 0 : bytes);
        }
    }
}
