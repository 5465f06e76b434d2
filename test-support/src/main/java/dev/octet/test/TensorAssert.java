package dev.octet.test;

import static org.assertj.core.api.Assertions.fail;

import dev.octet.tensor.Tensor;
import java.util.Locale;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;

/// Comparisons of a tensor with another of the same type and shape.
public final class TensorAssert extends AbstractAssert<TensorAssert, Tensor> {
    private TensorAssert(Tensor actual) {
        super(actual, TensorAssert.class);
    }

    public static TensorAssert assertThat(Tensor actual) {
        return new TensorAssert(actual);
    }

    /// Every element has the same bits.
    public TensorAssert isIdenticalTo(Tensor expected) {
        requireSameType(expected);
        long at = actual.data().mismatch(expected.data());
        if (at >= 0) {
            long index = Math.min(at * 8 / actual.dtype().bits(), actual.elementCount() - 1);
            fail(difference(expected, index, "expected the same bits"));
        }
        return this;
    }

    /// Every element differs by at most `absolute + relative·|expected|`; NaN equals NaN, an infinity itself.
    public TensorAssert isCloseTo(Tensor expected, double absolute, double relative) {
        requireSameType(expected);
        long worst = -1;
        double worstExcess = 0;
        for (long i = 0; i < actual.elementCount(); i++) {
            double a = actual.getDouble(i);
            double e = expected.getDouble(i);
            double excess = Double.compare(a, e) == 0 ? -1 : Math.abs(a - e) - (absolute + relative * Math.abs(e));
            // Where one side is NaN, no comparison holds; that must fail.
            if (!(excess <= worstExcess)) {
                worst = i;
                worstExcess = Double.isNaN(excess) ? Double.POSITIVE_INFINITY : excess;
            }
        }
        if (worst >= 0) {
            fail(
                    difference(
                            expected,
                            worst,
                            String.format(
                                    Locale.ROOT, "expected within %g absolute + %g relative", absolute, relative)));
        }
        return this;
    }

    /// Integer elements differ by at most `steps`.
    public TensorAssert isWithinSteps(Tensor expected, long steps) {
        return isCloseTo(expected, steps, 0);
    }

    /// The signal-to-noise ratio of [#sqnr] is at least `decibels`.
    public TensorAssert hasSqnrAtLeast(Tensor expected, double decibels) {
        requireSameType(expected);
        double found = sqnr(expected, actual);
        if (!(found >= decibels)) {
            fail(String.format(Locale.ROOT, "expected an SQNR of at least %.2f dB, found %.2f dB", decibels, found));
        }
        return this;
    }

    /// `20·log₁₀(‖x‖ / ‖x − y‖)` in decibels; infinite where both are equal.
    public static double sqnr(Tensor x, Tensor y) {
        double signal = 0;
        double noise = 0;
        for (long i = 0; i < x.elementCount(); i++) {
            double a = x.getDouble(i);
            double d = a - y.getDouble(i);
            signal += a * a;
            noise += d * d;
        }
        return noise == 0 ? Double.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
    }

    /// Largest absolute difference of two tensors of as many elements.
    public static double maxAbsError(Tensor x, Tensor y) {
        double max = 0;
        for (long i = 0; i < x.elementCount(); i++) {
            max = Math.max(max, Math.abs(x.getDouble(i) - y.getDouble(i)));
        }
        return max;
    }

    private void requireSameType(Tensor expected) {
        isNotNull();
        if (actual.dtype() != expected.dtype() || !Objects.equals(actual.shape(), expected.shape())) {
            fail("expected a tensor " + expected + ", found " + actual);
        }
    }

    private String difference(Tensor expected, long index, String rule) {
        return String.format(
                Locale.ROOT,
                "%s: %s, but element %d of %s is %s where %s is expected (largest error %g)",
                descriptionText(),
                rule,
                index,
                actual,
                actual.getDouble(index),
                expected.getDouble(index),
                maxAbsError(expected, actual));
    }
}
