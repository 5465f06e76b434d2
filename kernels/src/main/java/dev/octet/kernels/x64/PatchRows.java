package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.x64.NativeScratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Rows of a convolution's A, channels last: row `(image, y, x)` holds what the window at that output pixel sees of a
/// group's channels, `[kernelHeight, kernelWidth, channels]`. They are copied together, row by row of the window, since
/// neighbours in a window's row are neighbours in memory if it is not dilated and there is one group.
///
/// @param elementBytes 1 or 4
/// @param padding what padding holds, repeated for a row of the window
/// @param bytes makes copied bytes what the product needs; null if they are already
record PatchRows(
        ConvGeometry geometry, int elementBytes, Padding padding, MachineCode copy, @Nullable ByteRows bytes)
        implements LeftOperand {
    /// The byte that padding consists of.
    ///
    /// @param input index of the input that holds it, or -1 if it is `value`
    record Padding(int input, byte value) {
        byte of(MemorySegment[] inputs) {
            return input < 0 ? value : inputs[input].get(ValueLayout.JAVA_BYTE, 0);
        }
    }

    private int channelBytes() {
        return geometry.inChannels() / geometry.groups() * elementBytes;
    }

    /// Bytes of a row of the window.
    private int runBytes() {
        return geometry.kernelWidth() * channelBytes();
    }

    /// Bytes from row to row of A: whole steps.
    static long stride(ConvGeometry geometry, int elementBytes) {
        return Math.ceilDiv(geometry.reductionLength() * elementBytes, 4) * 4L;
    }

    @Override
    public void prepare(int product, int row, int rows, MemorySegment[] inputs, NativeScratch scratch) {
        long stride = stride(geometry, elementBytes);
        MemorySegment gathered = scratch.block(Slot.GATHER, rows * stride);
        MemorySegment pad = scratch.block(Slot.PADDING, runBytes());
        pad.asSlice(0, runBytes()).fill(padding.of(inputs));
        int most = rows * geometry.kernelHeight() * Math.max(3, geometry.kernelWidth());
        MemorySegment list = scratch.block(Slot.COPIES, (long) most * CopyGenerator.ENTRY_BYTES);
        CopyList copies = new CopyList(list);
        long group = inputs[0].address() + (long) product * channelBytes();
        for (int i = 0; i < rows; i++) {
            patch(row + i, group, gathered.address() + i * stride, pad.address(), copies);
        }
        scratch.arguments().set(0, list.address());
        scratch.arguments().set(1, (long) copies.count);
        scratch.arguments().call(copy);
        if (bytes != null) {
            bytes.prepare(gathered.address(), stride, rows, scratch);
        } else {
            scratch.set(ProductArgument.A, gathered.address());
            scratch.set(ProductArgument.HIGH, 0);
            scratch.set(ProductArgument.A_STRIDE, stride);
        }
    }

    private void patch(int row, long group, long to, long pad, CopyList copies) {
        int x = row % geometry.outWidth();
        int y = row / geometry.outWidth() % geometry.outHeight();
        int image = row / geometry.outPixels();
        long pixelBytes = (long) geometry.inChannels() * elementBytes;
        int left = x * geometry.strideWidth() - geometry.padLeft();
        boolean joined = geometry.groups() == 1 && geometry.dilationWidth() == 1;
        for (int ky = 0; ky < geometry.kernelHeight(); ky++) {
            int iy = y * geometry.strideHeight() - geometry.padTop() + ky * geometry.dilationHeight();
            long at = to + (long) ky * runBytes();
            if (iy < 0 || iy >= geometry.inHeight()) {
                copies.add(pad, at, runBytes());
                continue;
            }
            long inputRow = group + ((long) image * geometry.inHeight() + iy) * geometry.inWidth() * pixelBytes;
            if (joined) {
                run(inputRow, left, at, pad, copies);
            } else {
                taps(inputRow, left, at, pad, copies);
            }
        }
    }

    /// A row of the window in up to three parts: padding before the input, the input, padding behind it.
    private void run(long inputRow, int left, long to, long pad, CopyList copies) {
        int width = geometry.kernelWidth();
        int channels = channelBytes();
        int before = Math.clamp(-left, 0, width);
        int end = Math.clamp(geometry.inWidth() - left, before, width);
        copies.add(pad, to, before * channels);
        copies.add(inputRow + (long) (left + before) * channels, to + before * channels, (end - before) * channels);
        copies.add(pad, to + end * channels, (width - end) * channels);
    }

    private void taps(long inputRow, int left, long to, long pad, CopyList copies) {
        long pixelBytes = (long) geometry.inChannels() * elementBytes;
        int channels = channelBytes();
        for (int kx = 0; kx < geometry.kernelWidth(); kx++) {
            int ix = left + kx * geometry.dilationWidth();
            boolean inside = ix >= 0 && ix < geometry.inWidth();
            copies.add(inside ? inputRow + ix * pixelBytes : pad, to + (long) kx * channels, channels);
        }
    }

    /// Entries of [CopyGenerator]'s list.
    private static final class CopyList {
        private final MemorySegment list;
        private int count;

        CopyList(MemorySegment list) {
            this.list = list;
        }

        void add(long from, long to, int bytes) {
            if (bytes > 0) {
                long at = (long) count * CopyGenerator.ENTRY_BYTES;
                list.set(ValueLayout.JAVA_LONG, at, from);
                list.set(ValueLayout.JAVA_LONG, at + 8, to);
                list.set(ValueLayout.JAVA_LONG, at + 16, bytes);
                count++;
            }
        }
    }
}
