package dev.octet.kernels;

/// The least and the greatest of FLOAT32 elements, and how many of them lie in each of equal bins: that of x is `(int)
/// ((x − lower)·bins/width)` in float arithmetic, the upper end in the last bin (`torch.histc`). Elements of which that
/// is no bin are not counted.
///
/// Inputs x, of any length but 0, and the range: lower and width, whose product with `bins` is finite. Outputs counts
/// (INT32), and the extremes: least, greatest, and 0 if every element is finite. If one is not, that is NaN, and the
/// rest means nothing.
///
/// @param bins 0 to find the extremes only
public record CountBins(int bins) implements KernelSpec {
    public CountBins {
        if (bins < 0) {
            throw new IllegalArgumentException("CountBins: expected bins, found " + bins);
        }
    }

    @Override
    public long[] inputBytes() {
        return new long[] {ANY_LENGTH, 8};
    }

    @Override
    public long[] outputBytes() {
        return new long[] {4L * bins, 12};
    }
}
