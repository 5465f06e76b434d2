package dev.octet.quantize.observer;

/// Equal bins from zero to `top`, as `torch.histc` and `torch.arange` place them in float.
///
/// @param count how many
/// @param width of the first of them
/// @param top upper end of the last
/// @param grown whether bins were appended, after which edges are multiples of the width
record MagnitudeBins(int count, float width, float top, boolean grown) {
    /// Beyond as many bins, pairs are joined: the search for the least error takes their square in time.
    private static final int MAX_COUNT = 1 << 15;

    MagnitudeBins {
        if (count < 1 || !(width >= 0) || !(top >= 0) || !Float.isFinite(top)) {
            throw new IllegalArgumentException("bins: no such bins: " + count + " of " + width + " up to " + top);
        }
    }

    /// The bins of a first batch.
    static MagnitudeBins first(int count, float top) {
        return new MagnitudeBins(count, new ValueRange(0, top).edge(1, count), top, false);
    }

    /// These bins and others of the same width, so that `largest` has one.
    ///
    /// @param firstCount number of bins to start with if these are of no width
    MagnitudeBins grownTo(float largest, int firstCount) {
        if (top == 0) {
            return first(firstCount, largest);
        }
        MagnitudeBins bins = this;
        while (largest / bins.width > MAX_COUNT && bins.width < top) {
            bins = new MagnitudeBins((bins.count + 1) / 2, bins.width * 2, bins.top, true);
        }
        if (largest / bins.width > MAX_COUNT) {
            return first(firstCount, largest);
        }
        int newCount = (int) Math.ceil(largest / bins.width);
        int edges = (int) Math.ceil((double) (largest + bins.width) / bins.width);
        MagnitudeBins grown = new MagnitudeBins(newCount, bins.width, bins.top, true);
        return new MagnitudeBins(newCount, bins.width, grown.edge(edges - 1), true);
    }

    /// Bins for the counts of both: of the wider width, up to the higher top.
    MagnitudeBins common(MagnitudeBins other) {
        if (equals(other)) {
            return this;
        }
        MagnitudeBins wide = width >= other.width ? this : other;
        float highest = Math.max(top, other.top);
        return wide.top < highest ? wide.grownTo(highest, wide.count) : wide;
    }

    /// The bin of a magnitude up to the top.
    int bin(float magnitude) {
        // Bins of no width hold nothing but zeros.
        return top == 0 ? 0 : Math.min((int) (magnitude * count / top), count - 1);
    }

    /// The lower edge of a bin, or the upper edge of the one before.
    float edge(int index) {
        if (!grown) {
            return new ValueRange(0, top).edge(index, count);
        }
        // torch.arange computes two times eight lanes at once, whose first is rounded to float; what is left, one by
        // one.
        int edges = count + 1;
        int lane = index < edges - edges % 16 ? index % 8 : 0;
        float base = (float) ((double) width * (index - lane));
        return (float) (base + (double) width * lane);
    }

    float center(int index) {
        return (edge(index + 1) + edge(index)) / 2;
    }

    /// Counts of these bins in other bins that reach at least as far. Bins of the same width keep their counts.
    BinCounts move(BinCounts counts, MagnitudeBins to) {
        BinCounts moved = BinCounts.zeros(to.count);
        boolean sameWidth = width == to.width;
        for (int i = 0; i < count; i++) {
            int bin = sameWidth ? Math.min(i, to.count - 1) : to.bin(Math.min(center(i), to.top));
            moved.counts()[bin] += counts.counts()[i];
        }
        return moved;
    }
}
