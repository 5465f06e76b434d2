package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Depthwise windows of unsigned bytes whose rows are multiplied several at a time: the bytes of neighbouring rows are
/// put beside each other in 32 bits of a channel, once for all the windows that a column of the image is in. Four rows
/// are a dot product of bytes; without those, two are one of 16 bits.
///
/// @param rows of the window that are multiplied at a time
record DotWindow(int height, int width, int strideWidth, int rows) {
    /// Rows and columns that there are registers for.
    private static final int LARGEST = 5;

    /// @return null if the convolution has to be computed in another way
    static @Nullable DotWindow of(KernelSpec.IntegerConv spec, Tier tier) {
        ConvGeometry g = spec.geometry();
        boolean fits =
                g.kernelHeight() <= LARGEST
                        && g.kernelWidth() <= LARGEST
                        && g.kernelHeight() > 1
                        && g.dilationHeight() == 1
                        && g.dilationWidth() == 1
                        && g.strideWidth() <= g.kernelWidth()
                        && spec.inputType() == DType.UINT8;
        if (!fits || tier.hasDotProducts() && !areSigned(spec)) {
            return null;
        }
        return new DotWindow(g.kernelHeight(), g.kernelWidth(), g.strideWidth(), tier.hasDotProducts() ? 4 : 2);
    }

    /// Whether weights less their zero points are signed bytes.
    private static boolean areSigned(KernelSpec.IntegerConv spec) {
        int usual = -ByteMatrix.shift(spec.weights().dtype());
        for (int zeroPoint : spec.weightZeroPoints()) {
            if (zeroPoint != usual) {
                return false;
            }
        }
        return true;
    }

    int groups() {
        return Math.ceilDiv(height, rows);
    }

    /// Columns of the image that so many neighbouring windows see.
    int columns(int windows) {
        return (windows - 1) * strideWidth + width;
    }

    /// Rows of a group that exist.
    int rowsOf(int group) {
        return Math.min(rows, height - group * rows);
    }

    /// Bits from a row's number to the next one's.
    int bits() {
        return Integer.SIZE / rows;
    }

    /// 32-bit numbers of a channel.
    int numbers() {
        return width * groups();
    }

    /// Weights in the order of their use: blocks of channels as [WindowKernel#pack] has them, in each the columns of
    /// the window, in each the groups of rows, in each the channels.
    ///
    /// @param weights less their zero points, `[channel][row][column]`
    MemorySegment pack(float[] weights, int channels, Tier tier) {
        int lanes = tier.lanes();
        int blocks = Math.ceilDiv(channels, lanes);
        int[] packed = new int[blocks * numbers() * lanes];
        for (int b = 0; b < blocks; b++) {
            int first = tier.hasMasks() ? b * lanes : Math.min(b * lanes, channels - lanes);
            for (int c = 0; c < lanes && first + c < channels; c++) {
                for (int x = 0; x < width; x++) {
                    for (int y = 0; y < height; y++) {
                        int weight = (int) weights[((first + c) * height + y) * width + x];
                        int at = (b * numbers() + x * groups() + y / rows) * lanes + c;
                        int mask = (int) ((1L << bits()) - 1);
                        packed[at] |= (weight & mask) << y % rows * bits();
                    }
                }
            }
        }
        MemorySegment segment = Arena.ofAuto().allocate(4L * packed.length, 64);
        MemorySegment.copy(packed, 0, segment, ValueLayout.JAVA_INT, 0, packed.length);
        return segment;
    }
}
