package dev.octet.data;

import dev.octet.tensor.DType;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.Locale;
import java.util.Optional;

/// How close an output must be to the one of the standard's test set: `|found − expected| ≤ absolute +
/// relative·|expected|`, as the standard's own runner has it for floats of 32 and 64 bits. Those of 16 bits are held to
/// what their digits allow; integers, predicates and narrower floats must be equal. NaN equals NaN.
record TestTolerance(double absolute, double relative) {
    private static final TestTolerance FLOAT = new TestTolerance(1e-7, 1e-3);
    private static final TestTolerance HALF = new TestTolerance(1e-2, 1e-2);
    private static final TestTolerance EXACT = new TestTolerance(0, 0);

    static TestTolerance of(DType dtype) {
        return switch (dtype) {
            case FLOAT32, FLOAT64 -> FLOAT;
            case FLOAT16, BFLOAT16 -> HALF;
            default -> EXACT;
        };
    }

    /// The type or shape that is wrong, or the first element that is; empty if all is well.
    static Optional<String> difference(Value found, Value expected) {
        if (found instanceof Tensor a && expected instanceof Tensor b) {
            return difference(a, b);
        }
        if (found instanceof OptionalValue(Value a)
                && expected instanceof OptionalValue(Value b)
                && a != null
                && b != null) {
            return difference(a, b);
        }
        if (found instanceof TensorSequence a && expected instanceof TensorSequence b && a.size() == b.size()) {
            for (int i = 0; i < a.size(); i++) {
                int index = i;
                Optional<String> difference = difference(a.tensors().get(i), b.tensors().get(i));
                if (difference.isPresent()) {
                    return difference.map(d -> "tensor " + index + ": " + d);
                }
            }
            return a.dtype() == b.dtype() ? Optional.empty() : Optional.of("expected " + b + ", found " + a);
        }
        return found.equals(expected) ? Optional.empty() : Optional.of("expected " + expected + ", found " + found);
    }

    private static Optional<String> difference(Tensor found, Tensor expected) {
        if (found.dtype() != expected.dtype() || !found.shape().equals(expected.shape())) {
            return Optional.of("expected " + expected + ", found " + found);
        }
        TestTolerance tolerance = of(expected.dtype());
        for (long i = 0; i < expected.elementCount(); i++) {
            if (!tolerance.accepts(found, expected, i)) {
                return Optional.of(
                        String.format(
                                Locale.ROOT,
                                "element %d of %s: expected %s, found %s",
                                i,
                                expected,
                                text(expected, i),
                                text(found, i)));
            }
        }
        return Optional.empty();
    }

    private boolean accepts(Tensor found, Tensor expected, long index) {
        if (!expected.dtype().isFloating()) {
            return found.getLong(index) == expected.getLong(index);
        }
        double f = found.getDouble(index);
        double e = expected.getDouble(index);
        return Double.isFinite(e)
                ? Math.abs(f - e) <= absolute + relative * Math.abs(e)
                : f == e || Double.isNaN(f) && Double.isNaN(e);
    }

    private static String text(Tensor tensor, long index) {
        return tensor.dtype().isFloating()
                ? Double.toString(tensor.getDouble(index))
                : Long.toString(tensor.getLong(index));
    }
}
