package dev.octet.quantize.observer;

/// Searches the range of a histogram that is quantized with the smallest squared error (PyTorch's
/// `_non_linear_param_search`, after Caffe2's norm minimization).
///
/// From the whole range, the end that is further from the next 0.001 % of mass moves there, as long as the error falls.
/// The error is the integral over the bins, taken as evenly filled, of the squared distance to the nearest step; a bin
/// outside of the range is measured to the step at its end.
final class HistogramSearch {
    private static final double STEP = 1e-5;

    private final float[] histogram;
    private final ValueRange range;
    private final int steps;
    private final float[] density;
    private final float[] error;

    /// @param steps how many steps a range is quantized to
    HistogramSearch(float[] histogram, ValueRange range, int steps) {
        this.histogram = histogram;
        this.range = range;
        this.steps = steps;
        density = new float[histogram.length];
        error = new float[histogram.length];
    }

    ValueRange search() {
        int bins = histogram.length;
        float[] cumulative = cumulative();
        double total = FloatSum.of(histogram);
        double alpha = 0;
        double beta = 1;
        int start = 0;
        int end = bins - 1;
        double best = Double.POSITIVE_INFINITY;
        while (alpha < beta) {
            double nextAlpha = alpha + STEP;
            double nextBeta = beta - STEP;
            int left = start;
            while (left < end && cumulative[left] < (float) (nextAlpha * total)) {
                left++;
            }
            int right = end;
            while (right > start && cumulative[right] > (float) (nextBeta * total)) {
                right--;
            }
            int nextStart = start;
            int nextEnd = end;
            if (left - start > end - right) {
                nextStart = left;
                alpha = nextAlpha;
            } else {
                nextEnd = right;
                beta = nextBeta;
            }
            if (nextStart == start && nextEnd == end) {
                continue;
            }
            double norm = error(nextStart, nextEnd);
            if (norm > best) {
                break;
            }
            best = norm;
            start = nextStart;
            end = nextEnd;
        }
        float width = (range.max() - range.min()) / bins;
        return new ValueRange(range.min() + width * start, range.min() + width * (end + 1));
    }

    private float[] cumulative() {
        float[] sums = new float[histogram.length];
        double sum = 0;
        for (int i = 0; i < sums.length; i++) {
            sum += histogram[i];
            sums[i] = (float) sum;
        }
        return sums;
    }

    /// Error of quantizing to the range from bin `start` to bin `end`. Every operation is rounded to float where
    /// PyTorch's tensors are.
    private double error(int start, int end) {
        int bins = histogram.length;
        double binWidth = ((double) range.max() - range.min()) / bins;
        double stepWidth = binWidth * (end - start + 1) / steps;
        if (stepWidth == 0) {
            return 0;
        }
        float bin = (float) binWidth;
        float step = (float) stepWidth;
        float half = (float) (stepWidth / 2);
        float halfCubed = half * half * half;
        float whole = (halfCubed - -half * -half * -half) / 3;
        for (int i = 0; i < bins; i++) {
            density[i] = histogram[i] / bin;
        }
        for (int i = 0; i < bins; i++) {
            float from = (i - start) * bin;
            float to = from + bin;
            // The quotient of two floats never rounds up to an integer in double.
            float first = (float) Math.max(0, Math.min(steps - 1, Math.floor((double) from / step)));
            float last = (float) Math.max(0, Math.min(steps - 1, Math.floor((double) to / step)));
            float fromCentre = from - (first + 0.5f) * step;
            float toCentre = to - (last * step + half);
            float sum = density[i] * ((halfCubed - fromCentre * fromCentre * fromCentre) / 3);
            sum += (last - first - 1) * (density[i] * whole);
            sum += density[i] * ((toCentre * toCentre * toCentre - -half * -half * -half) / 3);
            error[i] = sum;
        }
        return FloatSum.of(error);
    }
}
