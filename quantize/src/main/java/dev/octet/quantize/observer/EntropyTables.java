package dev.octet.quantize.observer;

/// Running sums over a histogram, from which the relative entropy of each of its beginnings follows in a time that does
/// not depend on the number of bins.
///
/// @param counts sum of the counts before a bin
/// @param logs sum of `count·ln(count)` before a bin
/// @param occupied number of bins with a count before a bin
record EntropyTables(long[] counts, double[] logs, int[] occupied) {
    static EntropyTables of(long[] histogram) {
        int bins = histogram.length;
        EntropyTables tables = new EntropyTables(new long[bins + 1], new double[bins + 1], new int[bins + 1]);
        for (int i = 0; i < bins; i++) {
            tables.counts[i + 1] = tables.counts[i] + histogram[i];
            tables.logs[i + 1] = tables.logs[i] + timesLog(histogram[i]);
            tables.occupied[i + 1] = tables.occupied[i] + (histogram[i] == 0 ? 0 : 1);
        }
        return tables;
    }

    private static double timesLog(double count) {
        return count == 0 ? 0 : count * Math.log(count);
    }

    /// Relative entropy of the first `kept` bins, all later ones added to the last of them, to what `levels` equal
    /// slots make of them: the mean of a slot's bins in each of them that is not empty. NaN if they hold nothing;
    /// infinite if the last of them holds nothing but later ones.
    double divergence(int kept, int levels) {
        int last = counts.length - 1;
        double sum = counts[kept];
        double tail = counts[last] - counts[kept];
        if (sum == 0) {
            return Double.NaN;
        }
        long lastCount = counts[kept] - counts[kept - 1];
        if (lastCount == 0 && tail > 0) {
            return Double.POSITIVE_INFINITY;
        }
        double reference = logs[kept] - timesLog(lastCount) + timesLog(lastCount + tail);
        double approximation = 0;
        int start = 0;
        for (int level = 0; level < levels; level++) {
            // The first bin of the next level: bin i is in level i·levels/kept.
            int end = (int) Math.ceilDiv((long) (level + 1) * kept, levels);
            double inLevel = counts[end] - counts[start];
            if (inLevel > 0) {
                double mean = inLevel / (occupied[end] - occupied[start]);
                approximation += (inLevel + (end == kept ? tail : 0)) * Math.log(mean);
            }
            start = end;
        }
        double total = sum + tail;
        return (reference - approximation) / total - Math.log(total) + Math.log(sum);
    }
}
