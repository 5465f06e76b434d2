package dev.octet.quantize.observer;

/// Checks that observers have in common.
final class Ranges {
    private Ranges() {}

    static void requireOrdered(String kind, float min, float max) {
        if (!(min <= max)) {
            throw new IllegalArgumentException(kind + ": expected min <= max, found " + min + " and " + max);
        }
    }

    static void requireFinite(float min, float max) {
        if (Float.isNaN(min)) {
            throw new IllegalArgumentException("values to observe contain NaN");
        }
        if (Float.isInfinite(min) || Float.isInfinite(max)) {
            throw new IllegalArgumentException("values to observe contain an infinity");
        }
    }

    static void requireObserved(Observer observer) {
        if (observer.isEmpty()) {
            throw new IllegalStateException("nothing was observed");
        }
    }

    /// The other observer, if it is of the same class.
    @SuppressWarnings("unchecked")
    static <O extends Observer> O requireSame(O observer, Observer other) {
        if (observer.getClass() != other.getClass()) {
            throw new IllegalArgumentException(
                    "observer to merge: expected "
                            + observer.getClass().getSimpleName()
                            + ", found "
                            + other.getClass().getSimpleName());
        }
        return (O) other;
    }

    static void requireEqual(String what, double expected, double found) {
        if (expected != found) {
            throw new IllegalArgumentException(
                    "observer to merge: expected " + what + " " + expected + ", found " + found);
        }
    }
}
