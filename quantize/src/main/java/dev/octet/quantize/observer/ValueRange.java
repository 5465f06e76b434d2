package dev.octet.quantize.observer;

/// A range of values; in a histogram, the one that its bins divide.
record ValueRange(float min, float max) {
    static final ValueRange EMPTY = new ValueRange(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);

    /// Parts into which a bin is cut before its mass moves to other bins.
    private static final int PARTS = 16;

    boolean isEmpty() {
        return min > max;
    }

    boolean isPoint() {
        return min == max;
    }

    boolean isInfinite() {
        return Float.isInfinite(min) || Float.isInfinite(max);
    }

    boolean contains(ValueRange other) {
        return min <= other.min && other.max <= max;
    }

    float largestMagnitude() {
        return Math.max(Math.abs(min), Math.abs(max));
    }

    /// What is kept of this range if magnitudes up to `largest` are; all of `[−largest, largest]` if it has to be
    /// symmetric.
    ValueRange within(float largest, boolean symmetric) {
        return symmetric
                ? new ValueRange(-largest, largest)
                : new ValueRange(Math.max(min, -largest), Math.min(max, largest));
    }

    /// This range widened to contain zero. Its bounds may be in the wrong order, as those of a part of the edges of
    /// bins around a constant may.
    ValueRange withZero() {
        return new ValueRange(Math.min(min, 0), Math.max(max, 0));
    }

    /// The higher of the lower bounds and the lower of the upper ones.
    ValueRange intersection(ValueRange other) {
        return new ValueRange(Math.max(min, other.min), Math.min(max, other.max));
    }

    ValueRange union(ValueRange other) {
        return contains(other) ? this : new ValueRange(Math.min(min, other.min), Math.max(max, other.max));
    }

    /// The histogram of another range, within this one, brought to the bins of this one (PyTorch's
    /// `_combine_histograms`): each bin is cut into 16 parts, and each part goes where its middle lies.
    float[] rebin(float[] histogram, ValueRange from) {
        if (from.isEmpty() || equals(from)) {
            return histogram;
        }
        float[] result = new float[histogram.length];
        if (from.isPoint()) {
            result[BinCounter.start(histogram.length, this).bin(from.min)] = FloatSum.of(histogram);
            return result;
        }
        // Middles and edges both ascend, so that one walk finds the bins of all middles.
        int bins = histogram.length;
        int parts = bins * PARTS;
        float half = 0.5f * ((from.max - from.min) / parts);
        int bin = 0;
        float lower = edge(0, bins);
        float upper = edge(1, bins);
        for (int part = 0; part < parts; part++) {
            float middle = from.edge(part, parts) + half;
            while (bin < bins - 1 && upper <= middle) {
                bin++;
                lower = upper;
                upper = edge(bin + 1, bins);
            }
            // Where edges are as dense as floats, rounding can bring a middle back.
            while (bin > 0 && middle < lower) {
                bin--;
                upper = lower;
                lower = edge(bin, bins);
            }
            result[bin] += histogram[part / PARTS] / PARTS;
        }
        return result;
    }

    /// Edge `index` of `count` equal bins, as `torch.linspace` rounds it: from the nearer end.
    float edge(int index, int count) {
        float step = (max - min) / count;
        return index < (count + 1) / 2 ? Math.fma(step, index, min) : Math.fma(-step, count - index, max);
    }
}
