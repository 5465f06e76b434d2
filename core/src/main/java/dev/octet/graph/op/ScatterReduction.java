package dev.octet.graph.op;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.Set;

/// What becomes of an element that is scattered to: of two at the same place, the later one is applied to the earlier
/// one's result.
public enum ScatterReduction {
    NONE,
    ADD,
    MUL,
    MIN,
    MAX;

    /// Of truth values the sum and the maximum say whether one is true, the product and the minimum whether both are.
    private static final Set<DType> REDUCED = EnumSet.of(DType.BOOL);

    static {
        REDUCED.addAll(Operands.NUMERIC);
    }

    /// Oldest operator set that has this.
    int sinceVersion() {
        return switch (this) {
            case NONE -> 11;
            case ADD, MUL -> 16;
            case MIN, MAX -> 18;
        };
    }

    Set<DType> operandTypes() {
        return this == NONE ? Operands.ANY : REDUCED;
    }

    /// Applies an update to an element of a tensor of the same type.
    void apply(Tensor y, long element, Tensor updates, long update) {
        if (this == NONE) {
            Elements.move(updates, update, y, element);
        } else if (y.dtype().isFloating()) {
            y.setDouble(element, combine(y.getDouble(element), updates.getDouble(update)));
        } else {
            y.setLong(element, combine(y.getLong(element), updates.getLong(update), y.dtype() == DType.UINT64));
        }
    }

    private double combine(double a, double b) {
        return switch (this) {
            case NONE -> b;
            case ADD -> a + b;
            case MUL -> a * b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
        };
    }

    private long combine(long a, long b, boolean unsigned) {
        int order = unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b);
        return switch (this) {
            case NONE -> b;
            case ADD -> a + b;
            case MUL -> a * b;
            case MIN -> order < 0 ? a : b;
            case MAX -> order < 0 ? b : a;
        };
    }
}
