package dev.octet.conformance.oracle;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.BitwiseNot;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.CastLike;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.FloatTest;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.graph.op.Where;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.stream.IntStream;

/// Operators that compute each element by itself.
final class ElementwiseCases {
    private static final List<DType> NUMBERS = List.of(DType.FLOAT32, DType.FLOAT32, DType.INT32, DType.INT64);

    private static final List<DType> BITS = List.of(DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64);

    private ElementwiseCases() {}

    static OracleCase unary(Generator g, UnaryFunction function) {
        CaseBuilder b = new CaseBuilder(g, Math.max(7, function == UnaryFunction.CLIP ? 11 : since(function)));
        Shape shape = Draw.shape(g, 0, 4, 9);
        if (function == UnaryFunction.NOT) {
            return b.build(Tolerance.EXACT, b.add(Unary.of(function), b.input(Draw.values(g, DType.BOOL, shape))));
        }
        Tensor x =
                switch (function) {
                    case ACOS, ASIN -> g.floats(shape, -1, 1);
                    case ATANH -> g.floats(shape, -0.95f, 0.95f);
                    case ACOSH -> g.floats(shape, 1, 20);
                    case LOG, SQRT -> g.floats(shape, 0.01f, 20);
                    case RECIPROCAL -> g.floats(shape, 0.1f, 20);
                    case TAN -> g.floats(shape, -1.4f, 1.4f);
                    case ROUND, FLOOR, CEIL -> halves(g, shape);
                    case ABS, NEG, SIGN ->
                            g.flip() ? g.floatsWithExtremes(shape, -9, 9) : Draw.values(g, g.oneOf(NUMBERS), shape);
                    case RELU -> g.floatsWithExtremes(shape, -9, 9);
                    case SIGMOID, TANH, ERF, GELU, SOFTPLUS, HARD_SIGMOID, HARD_SWISH -> g.floats(shape, -20, 20);
                    default -> g.floats(shape, -5, 5);
                };
        return b.build(Tolerance.FUNCTION, b.add(withParameters(g, function), b.input(x)));
    }

    private static int since(UnaryFunction function) {
        return Unary.of(function).sinceVersion();
    }

    private static Unary withParameters(Generator g, UnaryFunction function) {
        return switch (function) {
            case ELU, CELU, THRESHOLDED_RELU -> new Unary(function, g.uniform(0.2f, 2), 0);
            case SHRINK -> new Unary(function, g.uniform(0, 2), g.uniform(-1, 1));
            case LEAKY_RELU -> new Unary(function, g.uniform(-0.2f, 0.9f), 0);
            case SELU -> new Unary(function, g.uniform(0.5f, 2), g.uniform(0.5f, 2));
            case HARD_SIGMOID -> new Unary(function, g.uniform(0.05f, 0.5f), g.uniform(0.1f, 0.9f));
            case GELU -> new Unary(function, g.flip() ? 1 : 0, 0);
            default -> Unary.of(function);
        };
    }

    /// Ties, and values beside them.
    private static Tensor halves(Generator g, Shape shape) {
        Tensor x = g.floatsWithExtremes(shape, -9, 9);
        for (long i = 0; i < x.elementCount(); i++) {
            if (g.flip()) {
                x.setFloat(i, g.integer(-9, 9) / 2f);
            }
        }
        return x;
    }

    static OracleCase binary(Generator g, BinaryFunction function) {
        return switch (function) {
            case AND, OR, XOR -> binary(g, function, DType.BOOL, 7);
            case EQUAL ->
                    binary(g, function, g.oneOf(List.of(DType.FLOAT32, DType.INT32, DType.INT64, DType.BOOL)), 11);
            case LESS, GREATER -> binary(g, function, g.oneOf(NUMBERS), 9);
            case LESS_OR_EQUAL, GREATER_OR_EQUAL -> binary(g, function, g.oneOf(NUMBERS), 12);
            case MOD -> binary(g, function, g.oneOf(List.of(DType.INT32, DType.INT64, DType.INT8, DType.UINT8)), 10);
            case FMOD -> binary(g, function, g.oneOf(List.of(DType.FLOAT32, DType.INT32)), 10);
            case POW -> binary(g, function, g.oneOf(NUMBERS), 12);
            case PRELU -> prelu(g);
            case BITWISE_AND, BITWISE_OR, BITWISE_XOR -> binary(g, function, g.oneOf(BITS), 18);
            case SHIFT_LEFT, SHIFT_RIGHT -> binary(g, function, DType.UINT8, 11);
            case ADD, SUB, MUL, DIV ->
                    binary(
                            g,
                            function,
                            g.oneOf(List.of(DType.FLOAT32, DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64)),
                            7);
        };
    }

    private static OracleCase binary(Generator g, BinaryFunction function, DType dtype, int oldest) {
        CaseBuilder b = new CaseBuilder(g, oldest);
        boolean divides =
                function == BinaryFunction.DIV || function == BinaryFunction.MOD || function == BinaryFunction.FMOD;
        boolean shifts = function == BinaryFunction.SHIFT_LEFT || function == BinaryFunction.SHIFT_RIGHT;
        Shape shape = Draw.shape(g, 0, 5, 8);
        Tensor x = Draw.values(g, dtype, Draw.broadcastTo(g, shape));
        Tensor y = Draw.values(g, dtype, Draw.broadcastTo(g, shape));
        if (function == BinaryFunction.POW) {
            x = dtype == DType.FLOAT32 ? g.floats(x.shape(), 0.1f, 3) : g.integers(dtype, x.shape(), -4, 4);
            y = dtype == DType.FLOAT32 ? y : g.integers(dtype, y.shape(), 0, 5);
        } else if (divides) {
            withoutZeros(y);
        } else if (shifts) {
            // Wider shifts are defined since operator set 28 only.
            y = g.integers(dtype, y.shape(), 0, 7);
        } else if (function == BinaryFunction.EQUAL || function.isPredicate() && dtype != DType.BOOL) {
            x = x.cast(DType.INT8).cast(dtype);
            y = y.cast(DType.INT8).cast(dtype);
        }
        boolean same = !divides && !shifts && g.integer(0, 9) == 0;
        String a = b.input(x);
        // ONNX Runtime stumbles over empty constants.
        String other = same ? a : y.elementCount() == 0 ? b.input(y) : b.operand(y);
        return b.build(Tolerance.FUNCTION, b.add(new Binary(function), a, other));
    }

    private static void withoutZeros(Tensor y) {
        for (long i = 0; i < y.elementCount(); i++) {
            if (Math.abs(y.getDouble(i)) < 0.1) {
                y.setDouble(i, 2);
            }
        }
    }

    /// The slope broadcasts to x, not the other way round.
    private static OracleCase prelu(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        Shape shape = Draw.shape(g, 1, 4, 8);
        String x = b.input(g.floats(shape, -3, 3));
        String slope = b.weights(g.floats(Draw.broadcastTo(g, shape), -1, 1));
        return b.build(Tolerance.FUNCTION, b.add(new Binary(BinaryFunction.PRELU), x, slope));
    }

    static OracleCase variadic(Generator g, VariadicFunction function) {
        boolean ordered = function == VariadicFunction.MIN || function == VariadicFunction.MAX;
        DType dtype = ordered ? g.oneOf(NUMBERS) : DType.FLOAT32;
        CaseBuilder b = new CaseBuilder(g, dtype == DType.FLOAT32 ? 8 : 12);
        Shape shape = Draw.shape(g, 0, 4, 8);
        String[] operands =
                IntStream.range(0, g.integer(1, 4))
                        .mapToObj(i -> {
                            Tensor x = Draw.values(g, dtype, Draw.broadcastTo(g, shape));
                            return i == 0 ? b.input(x) : b.operand(x);
                        })
                        .toArray(String[]::new);
        return b.build(Tolerance.FUNCTION, b.add(new Variadic(function), operands));
    }

    static OracleCase clip(Generator g) {
        DType dtype =
                g.oneOf(List.of(DType.FLOAT32, DType.FLOAT32, DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT64));
        CaseBuilder b = new CaseBuilder(g, dtype == DType.FLOAT32 ? 11 : 12);
        String x = b.input(Draw.values(g, dtype, Draw.shape(g, 0, 4, 9)));
        boolean constant = g.integer(0, 3) > 0;
        String min = bound(g, b, Tensor.scalar(dtype, g.integer(dtype.isSigned() ? -2 : 0, 1)), constant);
        String max = bound(g, b, Tensor.scalar(dtype, dtype == DType.FLOAT32 ? g.uniform(1, 3) : 40), constant);
        return b.build(Tolerance.EXACT, max.isEmpty() ? b.add(new Clip(), x, min) : b.add(new Clip(), x, min, max));
    }

    private static String bound(Generator g, CaseBuilder b, Tensor value, boolean constant) {
        return g.integer(0, 4) == 0 ? "" : constant ? b.constant(value) : b.input(value);
    }

    static OracleCase where(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        DType dtype = g.oneOf(List.of(DType.FLOAT32, DType.INT64, DType.INT32, DType.UINT8));
        Shape shape = Draw.shape(g, 0, 4, 8);
        String condition = b.input(Draw.values(g, DType.BOOL, Draw.broadcastTo(g, shape)));
        String x = b.operand(Draw.values(g, dtype, Draw.broadcastTo(g, shape)));
        String y = b.operand(Draw.values(g, dtype, Draw.broadcastTo(g, shape)));
        return b.build(Tolerance.EXACT, b.add(new Where(), condition, x, y));
    }

    static OracleCase cast(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9);
        List<DType> types =
                List.of(
                        DType.FLOAT32,
                        DType.FLOAT64,
                        DType.FLOAT16,
                        DType.INT8,
                        DType.UINT8,
                        DType.INT16,
                        DType.INT32,
                        DType.INT64,
                        DType.BOOL);
        DType from = g.oneOf(types);
        DType to = g.oneOf(types);
        Shape shape = Draw.shape(g, 0, 3, 9);
        // What a float out of range becomes as an integer is not defined.
        Tensor x =
                from.isFloating() && !to.isFloating()
                        ? g.floats(shape, to == DType.UINT8 ? 0 : -100, 100).cast(from)
                        : Draw.values(g, from, shape);
        return b.build(Tolerance.EXACT, b.add(new Cast(to), b.input(x)));
    }

    static OracleCase bitwiseNot(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 18);
        Tensor x = Draw.values(g, g.oneOf(BITS), Draw.shape(g, 0, 4, 9));
        return b.build(Tolerance.EXACT, b.add(new BitwiseNot(), b.input(x)));
    }

    static OracleCase castLike(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 15);
        List<DType> types = List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.INT8, DType.INT64, DType.BOOL);
        Tensor x = g.floats(Draw.shape(g, 0, 3, 9), -100, 100).cast(g.oneOf(types));
        Tensor like = Tensor.allocate(g.oneOf(types), Shape.of(1));
        CastLike op = (CastLike) Operators.read("", "CastLike", Attributes.EMPTY);
        return b.build(Tolerance.EXACT, b.add(op, b.input(x), b.operand(like)));
    }

    static OracleCase floatTest(Generator g, boolean nan) {
        CaseBuilder b = new CaseBuilder(g, 10);
        Tensor x = g.floatsWithExtremes(Draw.shape(g, 0, 4, 9), -9, 9);
        for (long i = 0; i < x.elementCount(); i++) {
            if (g.integer(0, 3) == 0) {
                x.setDouble(i, g.oneOf(List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)));
            }
        }
        return b.build(
                Tolerance.EXACT,
                b.add(nan ? new FloatTest(true, false, false) : new FloatTest(false, g.flip(), g.flip()), b.input(x)));
    }

    static OracleCase identity(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        DType dtype = g.oneOf(List.of(DType.FLOAT32, DType.INT64, DType.BOOL, DType.INT8));
        return b.build(
                Tolerance.EXACT, b.add(new Identity(), b.operand(Draw.values(g, dtype, Draw.shape(g, 0, 4, 6)))));
    }
}
