package dev.octet.graph.op;

import dev.octet.tensor.DType;
import java.util.Set;

/// Functions of [Variadic].
public enum VariadicFunction {
    MIN("Min"),
    MAX("Max"),
    SUM("Sum"),
    MEAN("Mean");

    private final String type;

    VariadicFunction(String type) {
        this.type = type;
    }

    /// ONNX operator type.
    public String type() {
        return type;
    }

    Set<DType> operandTypes() {
        return this == MIN || this == MAX ? Operands.NUMERIC : Operands.FLOATING;
    }

    /// The value of two operands together; of a mean, before the division.
    double combine(double a, double b) {
        return switch (this) {
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case SUM, MEAN -> a + b;
        };
    }

    /// The same of integers.
    long combine(long a, long b) {
        return switch (this) {
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case SUM, MEAN -> a + b;
        };
    }
}
