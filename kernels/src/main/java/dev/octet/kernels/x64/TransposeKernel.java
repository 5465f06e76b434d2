package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MergedAxes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/// Permutation of axes where the last one does not stay the last, of elements of 32 bits: matrices that are transposed,
/// a tile being a number of rows of one.
final class TransposeKernel implements Kernel {
    static final KernelCompiler<KernelSpec.Transpose> COMPILER = new Compiler();

    /// Elements of a tile.
    private static final long TILE = 1 << 14;

    private static final int ELEMENT = 4;

    private final MachineCode code;
    private final MergedAxes axes;

    /// Rows of a tile.
    private final long rows;

    private TransposeKernel(MachineCode code, MergedAxes axes) {
        this.code = code;
        this.axes = axes;
        // A multiple of what the function takes at a time.
        this.rows = Math.max(16, TILE / axes.extents()[axes.last()] / 16 * 16);
    }

    private static final class Compiler implements KernelCompiler<KernelSpec.Transpose> {
        @Override
        public Optional<Kernel> compile(KernelSpec.Transpose spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            MergedAxes axes = MergedAxes.of(spec.shape(), spec.perm());
            boolean runs = axes.contiguous() == axes.last();
            if (spec.elementBytes() != ELEMENT || runs || spec.shape().elementCount() == 0) {
                return Optional.empty();
            }
            return Optional.of(new TransposeKernel(code.code(new TransposeGenerator(narrow(axes))), axes));
        }

        @Override
        public Sample<KernelSpec.Transpose> sample(KernelSpec.Transpose spec, Tier tier) {
            int narrow = narrow(MergedAxes.of(spec.shape(), spec.perm()));
            // A strip, blocks and rests.
            Shape shape = Shape.of(2, narrow == 0 ? 7 : narrow, 39);
            KernelSpec.Transpose small = new KernelSpec.Transpose(shape, new int[] {0, 2, 1}, ELEMENT);
            return new Sample<>(small, List.of(Sample.floats(shape.elementCount())), DType.FLOAT32);
        }
    }

    /// See [TransposeGenerator].
    private static int narrow(MergedAxes axes) {
        long columns = axes.extents()[axes.last()];
        return columns == 2 || columns == 3 ? (int) columns : 0;
    }

    private long parts() {
        return Math.ceilDiv(axes.extents()[axes.contiguous()], rows);
    }

    @Override
    public int tiles() {
        long matrices = 1;
        for (int axis = 0; axis < axes.last(); axis++) {
            matrices *= axis == axes.contiguous() ? 1 : axes.extents()[axis];
        }
        return Math.toIntExact(matrices * parts());
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        int last = axes.last();
        long[] extents = axes.extents();
        long[] strides = axes.strides();
        long rest = tile;
        long from = 0;
        long to = 0;
        long toStride = extents[last];
        long rowStride = 0;
        long count = 0;
        for (int axis = last - 1; axis >= 0; axis--) {
            boolean cut = axis == axes.contiguous();
            long indices = cut ? parts() : extents[axis];
            long index = rest % indices * (cut ? rows : 1);
            rest /= indices;
            from += index * strides[axis];
            to += index * toStride;
            if (cut) {
                rowStride = toStride;
                count = Math.min(rows, extents[axis] - index);
            }
            toStride *= extents[axis];
        }
        ArgumentBlock block = ArgumentBlock.local();
        block.set(TransposeGenerator.FROM, inputs[0].address() + ELEMENT * from);
        block.set(TransposeGenerator.FROM_STRIDE, ELEMENT * strides[last]);
        block.set(TransposeGenerator.TO, outputs[0].address() + ELEMENT * to);
        block.set(TransposeGenerator.TO_STRIDE, ELEMENT * rowStride);
        block.set(TransposeGenerator.ROWS, count);
        block.set(TransposeGenerator.COLUMNS, extents[last]);
        block.call(code);
    }
}
