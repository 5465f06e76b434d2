package dev.octet.graph.op;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The discrete Fourier transform of one length: split by the prime factors of the length (Cooley and Tukey 1965), or,
/// where one of them is large, as a convolution of a length that is a power of two (Bluestein 1970).
final class FourierTransform {
    private static final int LARGE_FACTOR = 64;

    private final int n;
    private final int sign;
    private final boolean single;
    private final int[] factors;
    private final double[] cos;
    private final double[] sin;
    private final @Nullable Chirp chirp;

    /// @param forward of the convolution's length
    private record Chirp(
            FourierTransform forward,
            FourierTransform back,
            double[] re,
            double[] im,
            double[] filterRe,
            double[] filterIm) {}

    /// @param inverse with the other sign and divided by the length
    /// @param single whether every result is rounded to float
    FourierTransform(int n, boolean inverse, boolean single) {
        this.n = n;
        this.single = single;
        sign = inverse ? 1 : -1;
        factors = factors(n);
        cos = new double[n];
        sin = new double[n];
        for (int k = 0; k < n; k++) {
            cos[k] = round(Math.cos(2 * Math.PI * k / n));
            sin[k] = round(sign * Math.sin(2 * Math.PI * k / n));
        }
        chirp = factors.length > 0 && factors[factors.length - 1] > LARGE_FACTOR ? chirp() : null;
    }

    private static int[] factors(int n) {
        List<Integer> factors = new ArrayList<>();
        int rest = n;
        for (int p = 2; rest > 1; p++) {
            if ((long) p * p > rest) {
                p = rest;
            }
            for (; rest % p == 0; rest /= p) {
                factors.add(p);
            }
        }
        return factors.stream().mapToInt(Integer::intValue).toArray();
    }

    private double round(double value) {
        return single ? (float) value : value;
    }

    /// Transforms `n` numbers in place.
    void apply(double[] re, double[] im) {
        if (chirp == null) {
            split(re, im, 0, n, 0);
        } else {
            convolve(re, im, chirp);
        }
        double factor = round(1.0 / n);
        for (int i = 0; sign > 0 && i < n; i++) {
            re[i] = round(re[i] * factor);
            im[i] = round(im[i] * factor);
        }
    }

    /// Transforms `length` numbers from `start` on: points that lie `length/p` apart first, then each residue by
    /// itself.
    private void split(double[] re, double[] im, int start, int length, int level) {
        if (length == 1) {
            return;
        }
        int p = factors[level];
        int m = length / p;
        double[] x = new double[p];
        double[] y = new double[p];
        for (int j = 0; j < m; j++) {
            for (int i = 0; i < p; i++) {
                x[i] = re[start + i * m + j];
                y[i] = im[start + i * m + j];
            }
            butterfly(x, y);
            for (int q = 0; q < p; q++) {
                int turn = (int) ((long) j * q * (n / length) % n);
                int at = start + q * m + j;
                re[at] = turn == 0 ? x[q] : round(round(x[q] * cos[turn]) - round(y[q] * sin[turn]));
                im[at] = turn == 0 ? y[q] : round(round(x[q] * sin[turn]) + round(y[q] * cos[turn]));
            }
        }
        for (int q = 0; q < p; q++) {
            split(re, im, start + q * m, m, level + 1);
        }
        interleave(re, start, p, m);
        interleave(im, start, p, m);
    }

    private static void interleave(double[] values, int start, int p, int m) {
        double[] ordered = new double[p * m];
        for (int q = 0; q < p; q++) {
            for (int k = 0; k < m; k++) {
                ordered[k * p + q] = values[start + q * m + k];
            }
        }
        System.arraycopy(ordered, 0, values, start, ordered.length);
    }

    /// The transform of a prime number of points, by the sums and differences of those that mirror each other.
    private void butterfly(double[] x, double[] y) {
        int p = x.length;
        if (p == 2) {
            double re = round(x[0] - x[1]);
            double im = round(y[0] - y[1]);
            x[0] = round(x[0] + x[1]);
            y[0] = round(y[0] + y[1]);
            x[1] = re;
            y[1] = im;
            return;
        }
        double firstRe = x[0];
        double firstIm = y[0];
        for (int i = 1; i <= p / 2; i++) {
            double re = x[i];
            double im = y[i];
            x[i] = round(re + x[p - i]);
            y[i] = round(im + y[p - i]);
            x[p - i] = round(re - x[p - i]);
            y[p - i] = round(im - y[p - i]);
            x[0] = round(x[0] + x[i]);
            y[0] = round(y[0] + y[i]);
        }
        double[] sumsRe = x.clone();
        double[] sumsIm = y.clone();
        for (int q = 1; q <= p / 2; q++) {
            double evenRe = firstRe;
            double evenIm = firstIm;
            double oddRe = 0;
            double oddIm = 0;
            for (int i = 1; i <= p / 2; i++) {
                int turn = (int) ((long) i * q % p * (n / p));
                evenRe = round(evenRe + round(cos[turn] * sumsRe[i]));
                evenIm = round(evenIm + round(cos[turn] * sumsIm[i]));
                oddRe = round(oddRe + round(sin[turn] * sumsRe[p - i]));
                oddIm = round(oddIm + round(sin[turn] * sumsIm[p - i]));
            }
            x[q] = round(evenRe - oddIm);
            y[q] = round(evenIm + oddRe);
            x[p - q] = round(evenRe + oddIm);
            y[p - q] = round(evenIm - oddRe);
        }
    }

    private Chirp chirp() {
        int length = Extents.arrayLength(2L * Integer.highestOneBit(2 * n - 1));
        double[] re = new double[n];
        double[] im = new double[n];
        double[] filterRe = new double[length];
        double[] filterIm = new double[length];
        for (int k = 0; k < n; k++) {
            // k² modulo 2n, so that the angle stays exact.
            double angle = sign * Math.PI * ((long) k * k % (2L * n)) / n;
            re[k] = Math.cos(angle);
            im[k] = Math.sin(angle);
            filterRe[k] = filterRe[(length - k) % length] = re[k];
            filterIm[k] = filterIm[(length - k) % length] = -im[k];
        }
        FourierTransform forward = new FourierTransform(length, false, false);
        forward.apply(filterRe, filterIm);
        return new Chirp(forward, new FourierTransform(length, true, false), re, im, filterRe, filterIm);
    }

    private void convolve(double[] re, double[] im, Chirp c) {
        int length = c.filterRe.length;
        double[] x = new double[length];
        double[] y = new double[length];
        for (int k = 0; k < n; k++) {
            x[k] = re[k] * c.re[k] - im[k] * c.im[k];
            y[k] = re[k] * c.im[k] + im[k] * c.re[k];
        }
        c.forward.apply(x, y);
        for (int k = 0; k < length; k++) {
            double product = x[k] * c.filterRe[k] - y[k] * c.filterIm[k];
            y[k] = x[k] * c.filterIm[k] + y[k] * c.filterRe[k];
            x[k] = product;
        }
        c.back.apply(x, y);
        for (int k = 0; k < n; k++) {
            re[k] = round(x[k] * c.re[k] - y[k] * c.im[k]);
            im[k] = round(x[k] * c.im[k] + y[k] * c.re[k]);
        }
    }
}
