package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
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
    BITWISE_AND("BitwiseAnd", 18),
    BITWISE_OR("BitwiseOr", 18),
    BITWISE_XOR("BitwiseXor", 18),
    /// ONNX BitShift with direction `LEFT`; no bit is left where the shift is negative or as large as the type is wide.
    SHIFT_LEFT("BitShift", 11),
    /// ONNX BitShift with direction `RIGHT`; signed numbers are filled with their sign.
    SHIFT_RIGHT("BitShift", 11),
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
        return switch (this) {
            case FMOD -> Attributes.builder().put("fmod", 1L).build();
            case SHIFT_LEFT -> Attributes.builder().put("direction", "LEFT").build();
            case SHIFT_RIGHT -> Attributes.builder().put("direction", "RIGHT").build();
            default -> Attributes.EMPTY;
        };
    }

    /// Mod, which is two functions told apart by an attribute.
    static BinaryFunction mod(Attributes attributes) {
        return attributes.getBoolean("fmod", false) ? FMOD : MOD;
    }

    /// BitShift, which is two functions told apart by an attribute.
    static BinaryFunction shift(Attributes attributes) {
        return switch (attributes.getString("direction", "")) {
            case "LEFT" -> SHIFT_LEFT;
            case "RIGHT" -> SHIFT_RIGHT;
            default ->
                    throw Inference.mismatch(
                            "attribute direction", "LEFT or RIGHT", attributes.getString("direction", "nothing"));
        };
    }

    /// Whether the name alone says the function.
    boolean isSaidByName() {
        return attributes().equals(Attributes.EMPTY) && this != MOD;
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
            case MOD -> floorMod(a, b);
            case FMOD -> a % b;
            case BITWISE_AND, BITWISE_OR, BITWISE_XOR, SHIFT_LEFT, SHIFT_RIGHT ->
                    throw new IllegalArgumentException(type + " is not defined on floating numbers");
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
            case BITWISE_AND -> a & b;
            case BITWISE_OR -> a | b;
            case BITWISE_XOR -> a ^ b;
            case SHIFT_LEFT -> a << b;
            case SHIFT_RIGHT -> a >> b;
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

    /// With the sign of the divisor; what is not finite as IEEE 754 has it for the quotient rounded down.
    private static double floorMod(double a, double b) {
        double remainder = a % b;
        if (remainder == 0) {
            return Math.copySign(0, b);
        }
        return remainder < 0 == b < 0 || Double.isNaN(remainder) ? remainder : remainder + b;
    }

    /// Value for operands of an integer type.
    ///
    /// @throws IllegalArgumentException if an integer is divided by zero
    long apply(long a, long b, DType type) {
        if (this == SHIFT_LEFT || this == SHIFT_RIGHT) {
            return shift(a, b, type);
        }
        boolean unsigned = type == DType.UINT64;
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

    private long shift(long a, long b, DType type) {
        if (b < 0 || b >= type.bits()) {
            return this == SHIFT_RIGHT && type.isSigned() && a < 0 ? -1 : 0;
        }
        return this == SHIFT_LEFT ? a << b : type.isSigned() ? a >> b : a >>> b;
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
            case BITWISE_AND, BITWISE_OR, BITWISE_XOR, SHIFT_LEFT, SHIFT_RIGHT -> Operands.INTEGER;
            case EQUAL -> Operands.ANY;
            case AND, OR, XOR -> Operands.BOOL;
            default -> Operands.NUMERIC;
        };
    }
}
