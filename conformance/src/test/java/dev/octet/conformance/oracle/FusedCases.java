package dev.octet.conformance.oracle;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.FloatsValue;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Operators;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Operators that ONNX Runtime's optimizer and quantizer make of several of the standard's, attention aside.
final class FusedCases {
    static final Map<String, Function<Generator, OracleCase>> TABLE =
            Map.ofEntries(
                    Map.entry("BiasGelu", g -> biased(g, "BiasGelu", true)),
                    Map.entry("DynamicQuantizeMatMul", FusedCases::dynamicQuantizeMatMul),
                    Map.entry("EmbedLayerNormalization", FusedCases::embedLayerNormalization),
                    Map.entry("FastGelu", g -> biased(g, "FastGelu", g.flip())),
                    Map.entry("FusedConv", FusedCases::conv),
                    Map.entry("FusedGemm", FusedCases::gemm),
                    Map.entry("FusedMatMul", FusedCases::matMul),
                    Map.entry("Gelu (com.microsoft)", FusedCases::gelu),
                    Map.entry("QLinearAveragePool", FusedCases::averagePool),
                    Map.entry("QLinearSoftmax", FusedCases::softmax),
                    Map.entry("QuickGelu", FusedCases::quickGelu),
                    Map.entry("SimplifiedLayerNormalization", FusedCases::simplified),
                    Map.entry("SkipLayerNormalization", FusedCases::skip),
                    Map.entry("SkipSimplifiedLayerNormalization", FusedCases::skipSimplified));

    private static final Tolerance TOLERANCE = new Tolerance(5e-5, 5e-5);

    private FusedCases() {}

    static Op microsoft(String type, Attributes.Builder attributes) {
        return Operators.read("com.microsoft", type, attributes.build());
    }

    private static OracleCase biased(Generator g, String type, boolean bias) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(1, 4, 9);
        String x = b.input(g.floats(shape, -3, 3));
        Op op = microsoft(type, Attributes.builder());
        return b.build(
                TOLERANCE, bias ? b.add(op, x, b.weights(g.floats(Shape.of(shape.dim(-1)), -1, 1))) : b.add(op, x));
    }

    /// Read as the standard's operator of that name, which came later.
    private static OracleCase gelu(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Opaque op = new Opaque("com.microsoft", "Gelu", Attributes.EMPTY);
        String x = b.input(g.floats(g.shape(1, 4, 9), -3, 3));
        return b.build(TOLERANCE, b.addUnread(op, List.of(DType.FLOAT32), x));
    }

    private static OracleCase quickGelu(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Op op = microsoft("QuickGelu", Attributes.builder().put("alpha", g.uniform(0.5f, 2)));
        return b.build(TOLERANCE, b.add(op, b.input(g.floats(g.shape(1, 4, 9), -3, 3))));
    }

    private static OracleCase conv(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int channels = g.integer(1, 4);
        // ONNX Runtime's blocked convolution, for two axes, has errors with a fourth operand.
        boolean sum = g.flip();
        int filters = g.integer(1, 5);
        String activation = g.oneOf(List.of("Relu", "Tanh", "Sigmoid", "LeakyRelu", "Clip", "HardSigmoid"));
        Attributes.Builder attributes = Attributes.builder().put("activation", activation);
        List<Float> parameters =
                switch (activation) {
                    case "LeakyRelu" -> List.of(0.2f);
                    case "Clip" -> List.of(-0.5f, 1.5f);
                    case "HardSigmoid" -> List.of(0.3f, 0.4f);
                    default -> List.of();
                };
        if (!parameters.isEmpty()) {
            attributes.put("activation_params", new FloatsValue(parameters));
        }
        attributes.put("pads", sum ? List.of(1L, 1L) : List.of(1L, 0L, 1L, 0L));
        attributes.put("kernel_shape", sum ? List.of(3L) : List.of(3L, 1L));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(sum ? Shape.of(2, channels, 7) : Shape.of(2, channels, 5, 6), -1, 1)));
        operands.add(
                b.constant(g.floats(sum ? Shape.of(filters, channels, 3) : Shape.of(filters, channels, 3, 1), -1, 1)));
        if (sum || g.flip()) {
            operands.add(b.constant(g.floats(Shape.of(filters), -1, 1)));
        }
        if (sum) {
            operands.add(b.input(g.floats(Shape.of(2, filters, 7), -1, 1)));
        }
        return b.build(TOLERANCE, b.add(microsoft("FusedConv", attributes), operands.toArray(String[]::new)));
    }

    private static OracleCase gemm(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        boolean transposed = g.flip();
        String activation =
                g.oneOf(List.of("Relu", "Tanh", "Sigmoid", "LeakyRelu", "ScaledTanh", "ParametricSoftplus"));
        Attributes.Builder attributes =
                Attributes.builder()
                        .put("alpha", g.uniform(0.5f, 2))
                        .put("beta", g.uniform(0.5f, 2))
                        .put("transB", transposed)
                        .put("activation", activation);
        if (activation.equals("LeakyRelu")) {
            attributes.put("activation_alpha", 0.3f);
        }
        if (activation.equals("ScaledTanh") || activation.equals("ParametricSoftplus")) {
            attributes.put("activation_alpha", g.uniform(0.3f, 2)).put("activation_beta", g.uniform(0.3f, 2));
        }
        int m = g.integer(1, 6);
        int k = g.integer(1, 9);
        int n = g.integer(1, 9);
        return b.build(
                TOLERANCE,
                b.add(
                        microsoft("FusedGemm", attributes),
                        b.input(g.floats(Shape.of(m, k), -1, 1)),
                        b.weights(g.floats(transposed ? Shape.of(n, k) : Shape.of(k, n), -1, 1)),
                        b.weights(g.floats(Shape.of(n), -1, 1))));
    }

    private static OracleCase matMul(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int rank = g.integer(2, 4);
        long[] batch = Draw.extents(g, rank - 2, 1, 3);
        boolean transA = g.flip();
        boolean transB = g.flip();
        boolean batchA = g.flip() && rank > 2;
        boolean batchB = g.flip() && rank > 2;
        long m = g.integer(1, 6);
        long k = g.integer(1, 6);
        long n = g.integer(1, 6);
        Attributes.Builder attributes =
                Attributes.builder()
                        .put("alpha", g.flip() ? 1 : g.uniform(-2, 2))
                        .put("transA", transA)
                        .put("transB", transB)
                        .put("transBatchA", batchA)
                        .put("transBatchB", batchB);
        Shape a = transA ? operand(batch, k, m, batchA) : operand(batch, m, k, batchA);
        Shape w = transB ? operand(batch, n, k, batchB) : operand(batch, k, n, batchB);
        return b.build(
                TOLERANCE,
                b.add(
                        microsoft("FusedMatMul", attributes),
                        b.input(g.floats(a, -1, 1)),
                        b.operand(g.floats(w, -1, 1))));
    }

    private static Shape operand(long[] batch, long rows, long columns, boolean transBatch) {
        long[] dims = Arrays.copyOf(batch, batch.length + 2);
        dims[batch.length] = rows;
        dims[batch.length + 1] = columns;
        if (transBatch) {
            System.arraycopy(dims, 0, dims, 1, batch.length);
            dims[0] = rows;
        }
        return Shape.of(dims);
    }

    private static OracleCase dynamicQuantizeMatMul(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int k = g.integer(1, 20);
        int n = g.integer(1, 9);
        Shape channels = g.flip() ? Shape.of(n) : Shape.SCALAR;
        DType dtype = g.oneOf(List.of(DType.INT8, DType.UINT8));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(Shape.of(2, g.integer(1, 5), k), -2, 2)));
        operands.add(b.constant(g.integers(dtype, Shape.of(k, n))));
        operands.add(b.constant(g.floats(channels, 0.01f, 0.02f)));
        operands.add(g.flip() ? b.constant(g.integers(dtype, channels)) : "");
        if (g.flip()) {
            operands.add(b.constant(g.floats(Shape.of(n), -1, 1)));
        }
        return b.build(
                new Tolerance(1e-4, 1e-4),
                b.add(microsoft("DynamicQuantizeMatMul", Attributes.builder()), operands.toArray(String[]::new)));
    }

    private static OracleCase averagePool(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        DType dtype = g.oneOf(List.of(DType.INT8, DType.UINT8));
        Attributes.Builder attributes =
                Attributes.builder()
                        .put("kernel_shape", List.of(3L, 2L))
                        .put("strides", List.of((long) g.integer(1, 2), (long) g.integer(1, 2)))
                        .put("pads", List.of(1L, 0L, 1L, (long) g.integer(0, 1)))
                        .put("count_include_pad", g.flip())
                        .put("ceil_mode", g.flip());
        Shape shape = Shape.of(g.integer(1, 2), g.integer(1, 5), g.integer(4, 9), g.integer(4, 9));
        return b.build(
                Tolerance.ONE_STEP,
                b.add(
                        microsoft("QLinearAveragePool", attributes),
                        b.input(g.integers(dtype, shape)),
                        b.constant(Tensor.scalar(g.uniform(0.01f, 0.02f))),
                        b.constant(g.integers(dtype, Shape.SCALAR)),
                        b.constant(Tensor.scalar(g.uniform(0.005f, 0.02f))),
                        b.constant(g.integers(dtype, Shape.SCALAR))));
    }

    private static OracleCase softmax(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        DType dtype = g.oneOf(List.of(DType.INT8, DType.UINT8));
        Shape shape = g.shape(2, 4, 8);
        Attributes.Builder attributes =
                Attributes.builder().put("axis", (long) Draw.axis(g, shape.rank())).put("opset", g.flip() ? 13L : 11L);
        return b.build(
                Tolerance.ONE_STEP,
                b.add(
                        microsoft("QLinearSoftmax", attributes),
                        b.input(g.integers(dtype, shape)),
                        b.constant(Tensor.scalar(g.uniform(0.01f, 0.05f))),
                        b.constant(g.integers(dtype, Shape.SCALAR)),
                        // A result beyond the range wraps around in ONNX Runtime.
                        b.constant(Tensor.scalar(1 / 120f)),
                        b.constant(Tensor.allocate(dtype, Shape.SCALAR))));
    }

    private static OracleCase simplified(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(2, 4, 9);
        int axis = Draw.axis(g, shape.rank());
        int from = Shape.normalizeAxis(axis, shape.rank());
        Shape scale = Shape.of(Arrays.copyOfRange(shape.dims(), from, shape.rank()));
        Op op =
                Operators.read(
                        "",
                        "SimplifiedLayerNormalization",
                        Attributes.builder().put("axis", (long) axis).put("epsilon", 1e-4f).build());
        return b.build(TOLERANCE, b.add(op, b.input(g.floats(shape, -3, 3)), b.weights(g.floats(scale, -1, 1))));
    }

    private static OracleCase skip(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        // Rows long enough for their deviation not to be next to zero.
        Shape shape = g.shape(3, 3, 9).with(2, 4L * g.integer(2, 5));
        Shape row = Shape.of(shape.dim(-1));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(shape, -3, 3)));
        operands.add(b.input(g.floats(g.flip() ? shape : shape.with(0, 1), -3, 3)));
        operands.add(b.weights(g.floats(row, -1, 1)));
        operands.add(b.weights(g.floats(row, -1, 1)));
        if (g.flip()) {
            operands.add(b.weights(g.floats(row, -1, 1)));
        }
        Op op = microsoft("SkipLayerNormalization", Attributes.builder().put("epsilon", 1e-5f));
        List<String> outputs = b.add(op, 4, operands.toArray(String[]::new));
        return b.build(new Tolerance(2e-4, 2e-4), outputs.get(0), outputs.get(3));
    }

    private static OracleCase skipSimplified(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        // Rows long enough for their deviation not to be next to zero.
        Shape shape = g.shape(3, 3, 9).with(2, 4L * g.integer(2, 5));
        Shape row = Shape.of(shape.dim(-1));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(shape, -3, 3)));
        operands.add(b.input(g.floats(shape, -3, 3)));
        operands.add(b.weights(g.floats(row, -1, 1)));
        if (g.flip()) {
            operands.add(b.weights(g.floats(row, -1, 1)));
        }
        Op op = microsoft("SkipSimplifiedLayerNormalization", Attributes.builder().put("epsilon", 1e-5f));
        return b.build(new Tolerance(2e-4, 2e-4), b.add(op, operands.toArray(String[]::new)));
    }

    private static OracleCase embedLayerNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape ids = Shape.of(g.integer(1, 3), g.integer(1, 6));
        int hidden = 4 * g.integer(1, 4);
        boolean segments = g.flip();
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.integers(DType.INT32, ids, 0, 9)));
        operands.add(segments ? b.input(g.integers(DType.INT32, ids, 0, 1)) : "");
        operands.add(b.constant(g.floats(Shape.of(10, hidden), -1, 1)));
        operands.add(b.constant(g.floats(Shape.of(8, hidden), -1, 1)));
        operands.add(segments ? b.constant(g.floats(Shape.of(2, hidden), -1, 1)) : "");
        operands.add(b.constant(g.floats(Shape.of(hidden), -1, 1)));
        operands.add(b.constant(g.floats(Shape.of(hidden), -1, 1)));
        if (g.flip()) {
            operands.add(b.input(g.integers(DType.INT32, ids, 0, 1)));
            if (g.flip()) {
                operands.add(b.input(g.integers(DType.INT32, ids, 0, 7)));
            }
        }
        Op op = microsoft("EmbedLayerNormalization", Attributes.builder().put("epsilon", 1e-5f));
        return b.build(new Tolerance(2e-4, 2e-4), b.add(op, 3, operands.toArray(String[]::new)));
    }
}
