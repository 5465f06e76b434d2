package dev.octet.graph.op;

import dev.octet.tensor.Tensor;

/// Mean and variance (over the count, not one less) of a run of elements.
record Moments(double mean, double variance) {
    static Moments of(Tensor x, long start, long count) {
        double sum = 0;
        for (long i = start; i < start + count; i++) {
            sum += x.getDouble(i);
        }
        double mean = sum / count;
        double squares = 0;
        for (long i = start; i < start + count; i++) {
            double deviation = x.getDouble(i) - mean;
            squares += deviation * deviation;
        }
        return new Moments(mean, squares / count);
    }
}
