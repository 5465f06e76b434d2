package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.MaskedSoftmax;
import dev.octet.kernels.MaskedSoftmax.Mask;
import dev.octet.kernels.portable.Scratch.Slot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Softmax of rows that a mask is added to before and that are quantized after.
record MaskedSoftmaxKernel(int length, @Nullable Mask mask, @Nullable Encoding output, @Nullable ByteRounding rounding)
        implements AxisLoop.Body {
    static Kernel of(MaskedSoftmax spec) {
        Encoding output = spec.output();
        ByteRounding rounding = output == null ? null : ByteRounding.of(output.dtype(), output.zeroPoint());
        return new AxisLoop(
                spec.rows(), spec.length(), 1, new MaskedSoftmaxKernel(spec.length(), spec.mask(), output, rounding));
    }

    @Override
    public void row(long row, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        float[] values = scratch.floats(Slot.VALUES, length);
        Loader.FLOAT.load(inputs[0], row * length, length, 0, values, scratch);
        if (mask != null) {
            float[] added = scratch.floats(Slot.LEFT, length);
            Loader.FLOAT.load(inputs[1], mask.row(row) * length, length, 0, added, scratch);
            ElementwiseKernels.add(values, added, length);
        }
        SoftmaxKernel.apply(values, length, scratch);
        if (output == null || rounding == null) {
            ElementwiseKernels.store(values, length, outputs[0], row * length);
            return;
        }
        ElementwiseKernels.divide(values, length, output.scale());
        rounding.store(values, length, outputs[0], row * length, scratch);
    }

    @Override
    public void columns(
            long outer, long inner, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
        throw new IllegalStateException("rows only");
    }
}
