package dev.octet.quantize;

import dev.octet.tensor.Tensor;

/// Running sums of a comparison over many pairs of tensors, as if each side were one long vector. Not thread-safe.
public final class FidelityMeter {
    private double xx;
    private double yy;
    private double xy;
    private double noise;
    private double maxAbs;
    private long count;

    /// A meter that has seen nothing.
    public FidelityMeter() {}

    /// Takes one more pair into account.
    ///
    /// @throws IllegalArgumentException if the shapes differ
    public void add(Tensor reference, Tensor approximation) {
        if (!reference.shape().equals(approximation.shape())) {
            throw new IllegalArgumentException(
                    "shape of the approximation: expected " + reference.shape() + ", found " + approximation.shape());
        }
        for (long i = 0; i < reference.elementCount(); i++) {
            double x = reference.getDouble(i);
            double y = approximation.getDouble(i);
            xx += x * x;
            yy += y * y;
            xy += x * y;
            noise += (x - y) * (x - y);
            // Math.max lets a NaN through, as it should.
            maxAbs = Math.max(maxAbs, Math.abs(x - y));
        }
        count += reference.elementCount();
    }

    /// Elements compared so far.
    public long count() {
        return count;
    }

    /// The comparison so far.
    public Fidelity fidelity() {
        double sqnr = noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(xx / noise);
        // Exactly 1 where both are equal.
        double cosine = xx == yy && xy == xx ? 1 : xy / Math.max(Math.sqrt(xx) * Math.sqrt(yy), 1e-300);
        return new Fidelity(sqnr, cosine, maxAbs);
    }
}
