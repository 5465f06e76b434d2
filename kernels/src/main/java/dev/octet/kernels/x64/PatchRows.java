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
record PatchRows(ConvGeometry geometry, int elementBytes, Padding padding, MachineCode copy, @Nullable ByteRows bytes)
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
        CopyList copies = scratch.copies();
        copies.clear();
        long group = inputs[0].address() + (long) product * channelBytes();
        // Output pixels of one row at a time: what they see of a row of the input are runs at equal distances.
        for (int i = 0; i < rows; ) {
            int x = (row + i) % geometry.outWidth();
            int end = Math.min(geometry.outWidth(), x + rows - i);
            Pixels pixels = new Pixels((row + i) / geometry.outWidth(), x, end);
            patches(pixels, group, gathered.address() + i * stride, pad.address(), copies);
            i += end - x;
        }
        copies.run(copy, scratch);
        if (bytes != null) {
            bytes.prepare(gathered.address(), stride, rows, origin(row, rows, inputs), scratch);
        } else {
            scratch.setShift(0);
            scratch.set(ProductArgument.A, gathered.address());
            scratch.set(ProductArgument.HIGH, 0);
            scratch.set(ProductArgument.A_STRIDE, stride);
        }
    }

    /// The rows of the input that windows see, of all groups.
    private ByteRows.Origin origin(int row, int rows, MemorySegment[] inputs) {
        int last = row + rows - 1;
        long first = inputRow(row / geometry.outWidth(), 0);
        long end = inputRow(last / geometry.outWidth(), geometry.kernelHeight() - 1) + 1;
        long rowBytes = (long) geometry.inWidth() * geometry.inChannels() * elementBytes;
        return new ByteRows.Origin(
                inputs[0].address() + first * rowBytes, Math.max(0, end - first) * rowBytes, padding.of(inputs));
    }

    /// The row of all images' rows that a row of a window sees, or the nearest there is in the image.
    private long inputRow(int outputRow, int ky) {
        int y = outputRow % geometry.outHeight();
        int iy = y * geometry.strideHeight() - geometry.padTop() + ky * geometry.dilationHeight();
        return (long) outputRow / geometry.outHeight() * geometry.inHeight()
                + Math.clamp(iy, 0, geometry.inHeight() - 1);
    }

    /// Output pixels `start` to `end` of a row.
    ///
    /// @param row of all images' rows
    private record Pixels(int row, int start, int end) {}

    private void patches(Pixels pixels, long group, long to, long pad, CopyList copies) {
        int y = pixels.row % geometry.outHeight();
        int image = pixels.row / geometry.outHeight();
        long pixelBytes = (long) geometry.inChannels() * elementBytes;
        long stride = stride(geometry, elementBytes);
        for (int ky = 0; ky < geometry.kernelHeight(); ky++) {
            int iy = y * geometry.strideHeight() - geometry.padTop() + ky * geometry.dilationHeight();
            long at = to + (long) ky * runBytes();
            if (iy < 0 || iy >= geometry.inHeight()) {
                copies.add(pad, at, runBytes(), pixels.end - pixels.start, 0, stride);
                continue;
            }
            long inputRow = group + ((long) image * geometry.inHeight() + iy) * geometry.inWidth() * pixelBytes;
            if (geometry.groups() == 1 && geometry.dilationWidth() == 1) {
                copyRuns(pixels, 0, geometry.kernelWidth(), inputRow, at, pad, copies);
            } else {
                for (int kx = 0; kx < geometry.kernelWidth(); kx++) {
                    long tap = at + (long) kx * channelBytes();
                    copyRuns(pixels, kx * geometry.dilationWidth(), 1, inputRow, tap, pad, copies);
                }
            }
        }
    }

    /// Copies `width` neighbouring pixels of the input for each output pixel.
    ///
    /// @param shift of the first from the window's left
    private void copyRuns(Pixels pixels, int shift, int width, long inputRow, long to, long pad, CopyList copies) {
        int stepWidth = geometry.strideWidth();
        int left = shift - geometry.padLeft();
        // Windows from `first` on begin inside the input, those before `last` end inside.
        int first = Math.clamp(Math.ceilDiv(-left, stepWidth), pixels.start, pixels.end);
        int last = Math.clamp(Math.floorDiv(geometry.inWidth() - width - left, stepWidth) + 1L, first, pixels.end);
        for (int x = pixels.start; x < first; x++) {
            clipped(x, left, width, inputRow, to + (x - pixels.start) * rowStride(), pad, copies);
        }
        long pixelBytes = (long) geometry.inChannels() * elementBytes;
        long from = inputRow + ((long) first * stepWidth + left) * pixelBytes;
        copies.add(
                from,
                to + (first - pixels.start) * rowStride(),
                width * channelBytes(),
                last - first,
                stepWidth * pixelBytes,
                rowStride());
        for (int x = last; x < pixels.end; x++) {
            clipped(x, left, width, inputRow, to + (x - pixels.start) * rowStride(), pad, copies);
        }
    }

    private long rowStride() {
        return stride(geometry, elementBytes);
    }

    /// One window's run in up to three parts: padding before the input, the input, padding behind it.
    private void clipped(int x, int left, int width, long inputRow, long to, long pad, CopyList copies) {
        int start = x * geometry.strideWidth() + left;
        int channels = channelBytes();
        int before = Math.clamp(-start, 0, width);
        int end = Math.clamp(geometry.inWidth() - start, before, width);
        long pixelBytes = (long) geometry.inChannels() * elementBytes;
        copies.add(pad, to, before * channels, 1, 0, 0);
        copies.add(
                inputRow + (start + before) * pixelBytes, to + before * channels, (end - before) * channels, 1, 0, 0);
        copies.add(pad, to + end * channels, (width - end) * channels, 1, 0, 0);
    }
}
