package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import java.util.EnumSet;
import java.util.Set;

/// Scalar functions of [Binary].
public enum BinaryFunction {
    ADD("Add", 7),
    SUB("Sub", 7),
    MUL("Mul", 7),
    /// Integers are cut toward zero.
    DIV("Div", 7),
    POW("Pow", 12),
    /// `a < 0 ? b·a : a`
    PRELU("PRelu", 9),
    /// The remainder with the sign of the divisor.
    MOD("Mod", 10),
    /// The remainder with the sign of the dividend: ONNX Mod with `fmod = 1`.
    FMOD("Mod", 10),
    EQUAL("Equal", 11),
    LESS("Less", 9),
    LESS_OR_EQUAL("LessOrEqual", 12),
    GREATER("Greater", 9),
    GREATER_OR_EQUAL("GreaterOrEqual", 12),
    AND("And", 7),
    OR("Or", 7),
    XOR("Xor", 7);

    private final String type;
    private final int sinceVersion;

    BinaryFunction(String type, int sinceVersion) {
        this.type = type;
        this.sinceVersion = sinceVersion;
    }

    /// ONNX operator type.
    public String type() {
        return type;
    }

    int sinceVersion() {
        return sinceVersion;
    }

    Attributes attributes() {
        return this == FMOD ? Attributes.builder().put("fmod", 1L).build() : Attributes.EMPTY;
    }

    /// Whether the result is `BOOL` whatever the operands are.
    public boolean isPredicate() {
        return compareTo(EQUAL) >= 0;
    }

    /// Value for floating operands; predicates give 1 or 0.
    public double apply(double a, double b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case POW -> Math.pow(a, b);
            case PRELU -> a < 0 ? b * a : a;
            case MOD -> a - b * Math.floor(a / b);
            case FMOD -> a % b;
            case EQUAL -> a == b ? 1 : 0;
            case LESS -> a < b ? 1 : 0;
            case LESS_OR_EQUAL -> a <= b ? 1 : 0;
            case GREATER -> a > b ? 1 : 0;
            case GREATER_OR_EQUAL -> a >= b ? 1 : 0;
            case AND -> a != 0 && b != 0 ? 1 : 0;
            case OR -> a != 0 || b != 0 ? 1 : 0;
            case XOR -> (a != 0) != (b != 0) ? 1 : 0;
        };
    }

    /// Value for integer operands, wrapping as Java does.
    ///
    /// @throws ArithmeticException if an integer is divided by zero
    public long apply(long a, long b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case POW -> power(a, b);
            case PRELU -> a < 0 ? b * a : a;
            case MOD -> Math.floorMod(a, b);
            case FMOD -> a % b;
            case EQUAL -> a == b ? 1 : 0;
            case LESS -> a < b ? 1 : 0;
            case LESS_OR_EQUAL -> a <= b ? 1 : 0;
            case GREATER -> a > b ? 1 : 0;
            case GREATER_OR_EQUAL -> a >= b ? 1 : 0;
            case AND -> a != 0 && b != 0 ? 1 : 0;
            case OR -> a != 0 || b != 0 ? 1 : 0;
            case XOR -> (a != 0) != (b != 0) ? 1 : 0;
        };
    }

    /// Value for integer operands; unsigned ones of 64 bits are seen as such.
    ///
    /// @throws IllegalArgumentException if an integer is divided by zero
    long apply(long a, long b, boolean unsigned) {
        if (b == 0 && (this == DIV || this == MOD || this == FMOD)) {
            throw new IllegalArgumentException("integer " + a + " is divided by zero");
        }
        if (!unsigned) {
            return apply(a, b);
        }
        return switch (this) {
            case DIV -> Long.divideUnsigned(a, b);
            case MOD, FMOD -> Long.remainderUnsigned(a, b);
            case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> apply(a ^ Long.MIN_VALUE, b ^ Long.MIN_VALUE);
            default -> apply(a, b);
        };
    }

    /// By squaring, wrapping; a negative exponent gives the inverse cut toward zero.
    private static long power(long base, long exponent) {
        if (exponent < 0) {
            return base == 1 || (base == -1 && exponent % 2 == 0) ? 1 : base == -1 ? -1 : 0;
        }
        long power = 1;
        for (long square = base, rest = exponent; rest != 0; rest >>= 1, square *= square) {
            power *= (rest & 1) != 0 ? square : 1;
        }
        return power;
    }

    Set<DType> operandTypes() {
        return switch (this) {
            case EQUAL -> EnumSet.allOf(DType.class);
            case AND, OR, XOR -> Operands.BOOL;
            default -> Operands.NUMERIC;
        };
    }
}
