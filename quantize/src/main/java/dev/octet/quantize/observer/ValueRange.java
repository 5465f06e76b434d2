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
            result[BinCounter.ofThread(histogram.length).bin(from.min, this)] = FloatSum.of(histogram);
            return result;
        }
        new Rebinning(this, result).add(histogram, from);
        return result;
    }

    /// Adds a histogram of another range to the bins of this one.
    private static final class Rebinning {
        private final ValueRange range;
        private final float[] result;
        private int bin;
        private float lower;
        private float upper;

        Rebinning(ValueRange range, float[] result) {
            this.range = range;
            this.result = result;
            lower = range.edge(0, result.length);
            upper = range.edge(1, result.length);
        }

        void add(float[] histogram, ValueRange from) {
            int parts = histogram.length * PARTS;
            float half = 0.5f * ((from.max - from.min) / parts);
            for (int i = 0; i < histogram.length; i++) {
                if (histogram[i] == 0) {
                    continue;
                }
                int first = i * PARTS;
                float mass = histogram[i] / PARTS;
                find(from.edge(first, parts) + half);
                int start = bin;
                find(from.edge(first + PARTS - 1, parts) + half);
                if (bin == start && ascends(first, parts)) {
                    result[bin] = sum(result[bin], mass);
                } else {
                    for (int part = first; part < first + PARTS; part++) {
                        find(from.edge(part, parts) + half);
                        result[bin] += mass;
                    }
                }
            }
        }

        /// A sum and all parts of a bin, of which each addition is rounded.
        private static float sum(float sum, float mass) {
            double exact = sum + (double) PARTS * mass;
            float rounded = (float) exact;
            // A float whose unit in the last place is that of the result's times 2²³: what is added and taken away
            // again stays the same only if it is a multiple of that unit. Then no addition rounds.
            float large = 1.5f * Float.intBitsToFloat(Float.floatToRawIntBits(rounded) & 0x7F80_0000);
            if (rounded == exact && mass + large - large == mass) {
                return rounded;
            }
            float total = sum;
            for (int part = 0; part < PARTS; part++) {
                total += mass;
            }
            return total;
        }

        /// Whether the middles of a bin's parts ascend: where edges begin to count from the other end they need not.
        private static boolean ascends(int first, int parts) {
            int turn = (parts + 1) / 2;
            return first >= turn || first + PARTS <= turn;
        }

        /// Goes to the bin of a value. Values come nearly in order, so that it is near.
        private void find(float value) {
            int bins = result.length;
            while (bin < bins - 1 && upper <= value) {
                bin++;
                lower = upper;
                upper = range.edge(bin + 1, bins);
            }
            while (bin > 0 && value < lower) {
                bin--;
                upper = lower;
                lower = range.edge(bin, bins);
            }
        }
    }

    /// Edge `index` of `count` equal bins, as `torch.linspace` rounds it: from the nearer end.
    float edge(int index, int count) {
        float step = (max - min) / count;
        return index < (count + 1) / 2 ? Math.fma(step, index, min) : Math.fma(-step, count - index, max);
    }
}
