package dev.octet.quantize.observer;

/// Bins of equal width whose edges are those of `numpy.linspace` in float, as numpy 2 computes them.
///
/// @param range from the lower edge of the first bin to the upper edge of the last
record EqualBins(ValueRange range, int count) {
    /// Bins as `numpy.histogram` places them: a range without width is widened by one half on both sides.
    static EqualBins numpy(ValueRange range, int count) {
        return new EqualBins(range.isPoint() ? new ValueRange(range.min() - 0.5f, range.max() + 0.5f) : range, count);
    }

    float edge(int index) {
        float step = (range.max() - range.min()) / count;
        return index == count ? range.max() : index * step + range.min();
    }

    /// The bin of a value of the range, to which its lower edge belongs; the last bin has its upper edge too. Values
    /// outside count in the bin at that end.
    int bin(float value) {
        float width = range.max() - range.min();
        int bin = Math.clamp((int) ((value - range.min()) / width * count), 0, count - 1);
        if (bin > 0 && value < edge(bin)) {
            return bin - 1;
        }
        return bin < count - 1 && value >= edge(bin + 1) ? bin + 1 : bin;
    }

    /// Counts of these bins in other bins, by their middles.
    BinCounts move(BinCounts counts, EqualBins to) {
        if (equals(to)) {
            return counts;
        }
        BinCounts moved = BinCounts.zeros(to.count);
        for (int i = 0; i < count; i++) {
            moved.counts()[to.bin((edge(i) + edge(i + 1)) / 2)] += counts.counts()[i];
        }
        return moved;
    }
}
