package dev.octet.conformance.oracle;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearConcat;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearGlobalAveragePool;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Quantizers, and operators on 8-bit tensors.
///
/// Without VNNI, ONNX Runtime multiplies 8-bit activations with signed weights by an instruction that adds two products
/// in 16 bits and saturates. Signed weights are drawn from `[-63, 63]`: two products are then at most `2·255·63 =
/// 32130`, and nothing saturates on any machine.
final class QuantizedCases {
    static final int SAFE_WEIGHT = 63;

    private static final List<DType> BYTES = List.of(DType.UINT8, DType.INT8);

    private QuantizedCases() {}

    static Tensor weights(Generator g, DType dtype, Shape shape) {
        return dtype == DType.INT8 ? g.integers(dtype, shape, -SAFE_WEIGHT, SAFE_WEIGHT) : g.integers(dtype, shape);
    }

    static Tensor zeroPoint(Generator g, DType dtype) {
        return Tensor.scalar(dtype, g.flip() ? 0 : g.integer((int) dtype.minValue(), (int) dtype.maxValue()));
    }

    /// Signed weights are symmetric, as every tool makes them; unsigned ones have a zero point.
    static Tensor weightZeroPoint(Generator g, DType dtype, long channels) {
        Tensor point = Tensor.allocate(dtype, channels == 0 ? Shape.SCALAR : Shape.of(channels));
        long value = dtype == DType.INT8 ? 0 : g.integer(100, 150);
        for (long i = 0; i < point.elementCount(); i++) {
            point.setLong(i, value);
        }
        return point;
    }

    static OracleCase quantize(Generator g) {
        boolean perAxis = g.flip();
        boolean blocked = perAxis && g.integer(0, 3) == 0;
        CaseBuilder b = new CaseBuilder(g, blocked ? 21 : perAxis ? 13 : 10);
        Scales scales = Scales.draw(g, perAxis, blocked);
        List<DType> types = b.opset() >= 21 ? List.of(DType.UINT8, DType.INT8, DType.INT16) : BYTES;
        DType dtype = g.oneOf(types);
        // With blocks, ONNX Runtime converts to int before it saturates: infinities become anything.
        String x = b.input(blocked ? g.floats(scales.shape, -9, 9) : g.floatsWithExtremes(scales.shape, -9, 9));
        String scale = b.operand(scales.values);
        if (g.integer(0, 3) == 0) {
            DType named = b.opset() >= 21 && g.flip() ? dtype : null;
            return b.build(Tolerance.EXACT, b.add(new QuantizeLinear(scales.axis, scales.block, named), x, scale));
        }
        String zeroPoint = b.operand(scales.zeroPoints(g, dtype));
        return b.build(
                Tolerance.EXACT, b.add(new QuantizeLinear(scales.axis, scales.block, null), x, scale, zeroPoint));
    }

    static OracleCase dequantize(Generator g) {
        boolean perAxis = g.flip();
        boolean blocked = perAxis && g.integer(0, 3) == 0;
        CaseBuilder b = new CaseBuilder(g, blocked ? 21 : perAxis ? 13 : 10);
        Scales scales = Scales.draw(g, perAxis, blocked);
        DType dtype = g.oneOf(List.of(DType.UINT8, DType.INT8, DType.UINT8, DType.INT8, DType.INT32));
        String x = b.operand(g.integers(dtype, scales.shape));
        String scale = b.operand(scales.values);
        DequantizeLinear op = new DequantizeLinear(scales.axis, scales.block);
        boolean plain = dtype == DType.INT32 || g.integer(0, 3) == 0;
        return b.build(
                Tolerance.EXACT,
                plain ? b.add(op, x, scale) : b.add(op, x, scale, b.operand(scales.zeroPoints(g, dtype))));
    }

    /// Scales of a tensor: one, one along an axis, or one a block.
    record Scales(Shape shape, int axis, int block, Tensor values) {
        static Scales draw(Generator g, boolean perAxis, boolean blocked) {
            Shape drawn = perAxis ? g.shape(1, 4, 8) : Draw.shape(g, 0, 4, 8);
            int axis = perAxis ? g.integer(0, drawn.rank() - 1) : 1;
            // ONNX Runtime takes a single scale for one of the whole tensor, which cannot be blocked.
            Shape shape = blocked ? drawn.with(axis, g.integer(2, 9)) : drawn;
            int block = blocked ? g.integer(1, Math.max(1, (int) shape.dim(axis) / 2)) : 0;
            Shape scaleShape =
                    blocked
                            ? shape.with(axis, Math.ceilDiv(shape.dim(axis), block))
                            : perAxis ? Shape.of(shape.dim(axis)) : Shape.SCALAR;
            return new Scales(shape, axis, block, g.floats(scaleShape, 0.01f, 0.2f));
        }

        Tensor zeroPoints(Generator g, DType dtype) {
            return g.integers(dtype, values.shape());
        }
    }

    static OracleCase dynamicQuantize(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        float low = g.uniform(-5, 5);
        Tensor x = g.floats(g.shape(0, 4, 9), low, low + g.uniform(0, 9));
        return b.build(Tolerance.EXACT, b.add(new DynamicQuantizeLinear(), 3, b.input(x)));
    }

    static OracleCase qLinearConv(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        WindowCases.Placement p = WindowCases.placement(g, g.oneOf(List.of(1, 2, 2, 2, 3)), true, true, g.flip());
        WindowCases.Groups groups = WindowCases.Groups.draw(g);
        int channels = groups.count() * groups.out();
        DType xType = g.oneOf(BYTES);
        DType wType = xType == DType.INT8 || g.flip() ? DType.INT8 : DType.UINT8;
        boolean perChannel = g.flip();
        Shape wShape = WindowCases.shape(channels, groups.in(), p.kernel());
        float xScale = g.uniform(0.005f, 0.1f);
        Tensor wScale = g.floats(perChannel ? Shape.of(channels) : Shape.SCALAR, 0.001f, 0.02f);
        List<String> operands =
                new ArrayList<>(
                        List.of(
                                b.input(
                                        Draw.values(
                                                g,
                                                xType,
                                                WindowCases.shape(
                                                        g.integer(1, 2), groups.count() * groups.in(), p.input()))),
                                b.constant(Tensor.scalar(xScale)),
                                b.constant(zeroPoint(g, xType)),
                                b.weights(weights(g, wType, wShape)),
                                b.constant(wScale),
                                b.constant(weightZeroPoint(g, wType, perChannel ? channels : 0)),
                                b.constant(
                                        Tensor.scalar(
                                                outputScale(g, xScale * 0.01f, wShape.product(1, wShape.rank())))),
                                b.constant(zeroPoint(g, xType))));
        if (g.flip()) {
            operands.add(b.weights(g.integers(DType.INT32, Shape.of(channels), -20000, 20000)));
        }
        QLinearConv op = new QLinearConv(p.window(), groups.count(), Epilogue.NONE);
        return b.build(Tolerance.EXACT, b.add(op, operands.toArray(String[]::new)));
    }

    /// A scale at which sums of `depth` products fill the 8 bits, some of them saturating.
    static float outputScale(Generator g, float productScale, long depth) {
        return (float) (productScale * Math.sqrt(depth) * g.uniform(10, 90));
    }

    static OracleCase qLinearMatMul(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        MatrixCases.Operands shapes = MatrixCases.Operands.draw(g);
        DType aType = g.oneOf(BYTES);
        DType bType = aType == DType.INT8 || g.flip() ? DType.INT8 : DType.UINT8;
        boolean constant = g.integer(0, 3) > 0;
        boolean perColumn = shapes.b().rank() == 2 && constant && g.flip();
        long columns = perColumn ? shapes.b().dim(1) : 0;
        float aScale = g.uniform(0.005f, 0.1f);
        Tensor bScale = g.floats(perColumn ? Shape.of(columns) : Shape.SCALAR, 0.001f, 0.02f);
        Tensor right = weights(g, bType, shapes.b());
        String y =
                b.add(
                        new QLinearMatMul(Epilogue.NONE),
                        b.input(Draw.values(g, aType, shapes.a())),
                        b.constant(Tensor.scalar(aScale)),
                        b.constant(zeroPoint(g, aType)),
                        constant ? b.constant(right) : b.input(right),
                        b.constant(bScale),
                        b.constant(weightZeroPoint(g, bType, columns)),
                        b.constant(Tensor.scalar(outputScale(g, aScale * 0.01f, shapes.a().dim(-1)))),
                        b.constant(zeroPoint(g, aType)));
        return b.build(Tolerance.EXACT, y);
    }

    static OracleCase convInteger(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        WindowCases.Placement p = WindowCases.placement(g, g.oneOf(List.of(1, 2, 2, 3)), true, true, g.flip());
        WindowCases.Groups groups = WindowCases.Groups.draw(g);
        DType wType = DType.UINT8;
        Shape wShape = WindowCases.shape(groups.count() * groups.out(), groups.in(), p.kernel());
        String x = b.input(g.integers(DType.UINT8, WindowCases.shape(1, groups.count() * groups.in(), p.input())));
        String w = b.weights(weights(g, wType, wShape));
        ConvInteger op = new ConvInteger(p.window(), groups.count());
        String xZero = g.flip() ? b.constant(zeroPoint(g, DType.UINT8)) : "";
        return b.build(
                Tolerance.EXACT,
                switch (g.integer(0, 2)) {
                    case 0 -> b.add(op, x, w);
                    case 1 -> b.add(op, x, w, xZero.isEmpty() ? b.constant(zeroPoint(g, DType.UINT8)) : xZero);
                    default -> b.add(op, x, w, xZero, b.constant(weightZeroPoint(g, wType, 0)));
                });
    }

    static OracleCase matMulInteger(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        MatrixCases.Operands shapes = MatrixCases.Operands.draw(g);
        DType aType = g.oneOf(BYTES);
        DType bType = aType == DType.INT8 || g.flip() ? DType.INT8 : DType.UINT8;
        boolean perColumn = shapes.b().rank() == 2 && g.flip();
        String left = b.input(Draw.values(g, aType, shapes.a()));
        String right = b.weights(weights(g, bType, shapes.b()));
        return b.build(
                Tolerance.EXACT,
                switch (g.integer(0, 2)) {
                    case 0 -> b.add(new MatMulInteger(), left, right);
                    case 1 -> b.add(new MatMulInteger(), left, right, b.constant(zeroPoint(g, aType)));
                    default ->
                            b.add(
                                    new MatMulInteger(),
                                    left,
                                    right,
                                    b.constant(zeroPoint(g, aType)),
                                    b.constant(weightZeroPoint(g, bType, perColumn ? shapes.b().dim(1) : 0)));
                });
    }

    static OracleCase matMulIntegerToFloat(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10);
        MatrixCases.Operands shapes = MatrixCases.Operands.drawMatrices(g);
        DType aType = g.oneOf(BYTES);
        DType bType = aType == DType.INT8 || g.flip() ? DType.INT8 : DType.UINT8;
        long columns = shapes.b().dim(-1);
        long scales = shapes.b().rank() == 2 && g.flip() ? columns : 0;
        String y =
                b.add(
                        new MatMulIntegerToFloat(),
                        b.input(Draw.values(g, aType, shapes.a())),
                        b.weights(weights(g, bType, shapes.b())),
                        b.operand(Tensor.scalar(g.uniform(0.005f, 0.1f))),
                        b.constant(g.floats(scales > 0 ? Shape.of(scales) : Shape.SCALAR, 0.001f, 0.02f)),
                        b.operand(zeroPoint(g, aType)),
                        b.constant(weightZeroPoint(g, bType, scales)),
                        g.flip() ? "" : b.constant(g.floats(Shape.of(columns), -1, 1)));
        return b.build(Tolerance.SUM, y);
    }

    static OracleCase qGemm(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        long m = g.integer(1, 20);
        long k = g.integer(1, 40);
        long n = g.integer(1, 20);
        QGemm op = new QGemm(g.flip() ? 1 : g.uniform(0.2f, 3), g.flip(), g.flip(), Epilogue.NONE);
        DType aType = g.oneOf(BYTES);
        DType wType = aType == DType.INT8 || g.flip() ? DType.INT8 : DType.UINT8;
        boolean perColumn = g.flip();
        float aScale = g.uniform(0.005f, 0.1f);
        boolean quantized = g.integer(0, 3) > 0;
        String y =
                b.add(
                        op,
                        b.input(Draw.values(g, aType, op.transA() ? Shape.of(k, m) : Shape.of(m, k))),
                        b.constant(Tensor.scalar(aScale)),
                        b.constant(zeroPoint(g, aType)),
                        b.constant(weights(g, wType, op.transB() ? Shape.of(n, k) : Shape.of(k, n))),
                        b.constant(g.floats(perColumn ? Shape.of(n) : Shape.SCALAR, 0.001f, 0.02f)),
                        b.constant(weightZeroPoint(g, wType, perColumn ? n : 0)),
                        g.flip() ? "" : b.constant(g.integers(DType.INT32, Shape.of(n), -20000, 20000)),
                        quantized ? b.constant(Tensor.scalar(outputScale(g, aScale * 0.01f, k))) : "",
                        quantized ? b.constant(zeroPoint(g, aType)) : "");
        return b.build(quantized ? Tolerance.EXACT : Tolerance.FUNCTION, y);
    }

    static OracleCase qLinearBinary(Generator g, BinaryFunction function) {
        CaseBuilder b = new CaseBuilder(g, 11);
        DType dtype = g.oneOf(BYTES);
        Shape shape = Draw.shape(g, 1, 4, 9);
        float scale = g.uniform(0.01f, 0.1f);
        String y =
                b.add(
                        new QLinearBinary(function, Epilogue.NONE),
                        b.input(Draw.values(g, dtype, Draw.broadcastTo(g, shape))),
                        b.constant(Tensor.scalar(scale)),
                        b.constant(zeroPoint(g, dtype)),
                        b.operand(Draw.values(g, dtype, Draw.broadcastTo(g, shape))),
                        b.constant(Tensor.scalar(g.uniform(0.01f, 0.1f))),
                        b.constant(zeroPoint(g, dtype)),
                        b.constant(Tensor.scalar(scale * g.uniform(0.5f, 3))),
                        b.constant(zeroPoint(g, dtype)));
        return b.build(Tolerance.EXACT, y);
    }

    static OracleCase qLinearConcat(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        DType dtype = g.oneOf(BYTES);
        Shape shape = g.shape(1, 4, 7);
        int axis = Draw.axis(g, shape.rank());
        List<String> operands = new ArrayList<>();
        Collections.addAll(
                operands, b.constant(Tensor.scalar(g.uniform(0.02f, 0.1f))), b.constant(zeroPoint(g, dtype)));
        for (int i = g.integer(1, 4); i > 0; i--) {
            Collections.addAll(
                    operands,
                    b.input(Draw.values(g, dtype, shape.with(axis, g.integer(1, 6)))),
                    b.constant(Tensor.scalar(g.uniform(0.02f, 0.1f))),
                    b.constant(zeroPoint(g, dtype)));
        }
        return b.build(Tolerance.EXACT, b.add(new QLinearConcat(axis), operands.toArray(String[]::new)));
    }

    static OracleCase qLinearGlobalAveragePool(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        DType dtype = g.oneOf(BYTES);
        Shape shape = WindowCases.shape(g.integer(1, 2), Draw.channels(g), Draw.extents(g, g.integer(1, 3), 1, 9));
        return b.build(Tolerance.EXACT, unaryLike(g, b, new QLinearGlobalAveragePool(), dtype, shape, 0.05f, 0.03f));
    }

    static OracleCase qLinearUnary(Generator g, UnaryFunction function) {
        CaseBuilder b = new CaseBuilder(g, 11);
        DType dtype = g.oneOf(BYTES);
        boolean sigmoid = function == UnaryFunction.SIGMOID;
        QLinearUnary op = new QLinearUnary(function, sigmoid ? 0 : g.uniform(0.01f, 0.5f), 0);
        return b.build(
                Tolerance.EXACT, unaryLike(g, b, op, dtype, Draw.shape(g, 0, 4, 9), 0.05f, sigmoid ? 1 / 256f : 0.04f));
    }

    private static String unaryLike(
            Generator g, CaseBuilder b, Op op, DType dtype, Shape shape, float inputScale, float outputScale) {
        return b.add(
                op,
                b.input(Draw.values(g, dtype, shape)),
                b.constant(Tensor.scalar(inputScale * g.uniform(0.5f, 1))),
                b.constant(zeroPoint(g, dtype)),
                b.constant(Tensor.scalar(outputScale * g.uniform(0.9f, 1.5f))),
                b.constant(zeroPoint(g, dtype)));
    }
}
