package dev.octet.kernels;

import dev.octet.tensor.DType;
import org.jspecify.annotations.Nullable;

/// `y = quantize(softmax(x + mask))` along the rows of `[rows, length]`: the weights of an attention. Each operation is
/// one of floats, as [KernelSpec.Softmax] and [KernelSpec.Quantize] by themselves.
///
/// Inputs x in FLOAT32, and the rows of the mask `[mask.rows, length]` in FLOAT32 if there is one. Output y.
///
/// @param output how y is encoded, or null for FLOAT32
public record MaskedSoftmax(long rows, int length, @Nullable Mask mask, KernelSpec.@Nullable Encoding output)
        implements KernelSpec {
    /// Row `r` of x gets row `(r / repeat) % rows` of the mask.
    public record Mask(long repeat, long rows) {
        public Mask {
            if (repeat < 1 || rows < 1) {
                throw new IllegalArgumentException(
                        "MaskedSoftmax: expected a mask with rows, found " + rows + " repeated " + repeat + " times");
            }
        }

        public long row(long r) {
            return r / repeat % rows;
        }
    }

    public DType outputType() {
        return output == null ? DType.FLOAT32 : output.dtype();
    }

    @Override
    public long[] inputBytes() {
        long x = 4 * rows * length;
        return mask == null ? new long[] {x} : new long[] {x, 4 * mask.rows * length};
    }

    @Override
    public long[] outputBytes() {
        return new long[] {outputType().bytes(rows * length)};
    }
}
