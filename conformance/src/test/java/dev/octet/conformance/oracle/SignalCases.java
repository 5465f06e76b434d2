package dev.octet.conformance.oracle;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.Det;
import dev.octet.graph.op.Dft;
import dev.octet.graph.op.LocalResponseNormalization;
import dev.octet.graph.op.MelWeightMatrix;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.SpectralWindow;
import dev.octet.graph.op.Stft;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// Operators of signal processing, and what is left of linear algebra and normalization.
final class SignalCases {
    private static final Tolerance TRANSFORMED = new Tolerance(2e-4, 1e-4);

    private SignalCases() {}

    static OracleCase window(Generator g, SpectralWindow.Kind kind) {
        CaseBuilder b = new CaseBuilder(g, 17);
        String size = b.operand(Tensor.scalar((long) g.integer(2, 40)));
        return b.build(new Tolerance(2e-6, 1e-5), b.add(new SpectralWindow(kind, g.flip(), DType.FLOAT32), size));
    }

    static OracleCase melWeightMatrix(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 17);
        String y =
                b.add(
                        new MelWeightMatrix(DType.FLOAT32),
                        b.operand(Tensor.scalar((long) g.integer(1, 8))),
                        b.operand(Tensor.scalar((long) g.oneOf(List.of(16, 32, 64)))),
                        b.operand(Tensor.scalar((long) g.oneOf(List.of(8000, 8192, 16000)))),
                        b.operand(Tensor.scalar((float) g.integer(0, 300))),
                        b.operand(Tensor.scalar((float) g.integer(2000, 4000))));
        return b.build(Tolerance.SUM, y);
    }

    static OracleCase dft(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 20);
        boolean inverse = g.flip();
        // ONNX Runtime 1.26 cannot transform half a spectrum back.
        boolean oneSided = !inverse && g.flip();
        Shape signal = g.shape(2, 3, 9);
        long[] dims = new long[signal.rank() + 1];
        System.arraycopy(signal.dims(), 0, dims, 0, signal.rank());
        dims[signal.rank()] = oneSided || !inverse && g.flip() ? 1 : 2;
        int axis = g.integer(0, signal.rank() - 1);
        String x = b.input(g.floats(Shape.of(dims), -3, 3));
        String length = g.flip() ? "" : b.constant(Tensor.scalar((long) g.integer(1, 12)));
        String at = b.constant(Tensor.scalar((long) (g.flip() ? axis : axis - dims.length)));
        return b.build(TRANSFORMED, b.add(new Dft(inverse, oneSided), x, length, at));
    }

    static OracleCase stft(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 17);
        int frame = g.integer(2, 8);
        Shape signal = Shape.of(g.integer(1, 2), frame + g.integer(0, 20), 1);
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(signal, -3, 3)));
        operands.add(b.constant(Tensor.scalar((long) g.integer(1, 5))));
        boolean window = g.flip();
        operands.add(window ? b.constant(g.floats(Shape.of(frame), 0, 1)) : "");
        if (!window || g.flip()) {
            operands.add(b.constant(Tensor.scalar((long) frame)));
        }
        return b.build(TRANSFORMED, b.add(new Stft(g.flip()), operands.toArray(String[]::new)));
    }

    static OracleCase det(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        int n = g.integer(1, 5);
        Shape shape = g.flip() ? Shape.of(n, n) : Shape.of(g.integer(1, 3), n, n);
        return b.build(new Tolerance(1e-3, 1e-3), b.add(new Det(), b.input(g.floats(shape, -3, 3))));
    }

    static OracleCase localResponse(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = WindowCases.shape(g.integer(1, 2), Draw.channels(g), Draw.extents(g, 2, 1, 4));
        LocalResponseNormalization op =
                new LocalResponseNormalization(g.oneOf(List.of(1e-4f, 0.1f)), 0.75f, 1.5f, 2 * g.integer(0, 3) + 1);
        return b.build(Tolerance.SUM, b.add(op, b.input(g.floats(shape, -3, 3))));
    }

    private static final List<String> EQUATIONS =
            List.of(
                    "ij,jk->ik",
                    "ij,jk",
                    "bij,bjk->bik",
                    "bij,bkj->bik",
                    "i,j->ij",
                    "ij->ji",
                    "ij->i",
                    "ij,ij->ij",
                    "ij,ij->",
                    "ii->i",
                    "ii",
                    "bhid,bhjd->bhij",
                    "bhij,bhjd->bihd",
                    "...ij,...jk->...ik",
                    "...i->...",
                    "ij,jk,kl->il",
                    "abc,cd->abd",
                    "ijk,ilk->jl",
                    "i,i->",
                    "b...i,...i->b...");

    static OracleCase einsum(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 12);
        String equation = g.oneOf(EQUATIONS);
        long[] extents = Draw.extents(g, 26, 1, 5);
        long[] dots = Draw.extents(g, g.integer(0, 2), 1, 3);
        String left = equation.contains("->") ? equation.substring(0, equation.indexOf('-')) : equation;
        List<String> operands = new ArrayList<>();
        for (String labels : left.split(",")) {
            List<Long> dims = new ArrayList<>();
            for (int i = 0; i < labels.length(); i++) {
                char label = labels.charAt(i);
                if (label != '.') {
                    dims.add(extents[label - 'a']);
                } else if (i + 1 == labels.length() || labels.charAt(i + 1) != '.') {
                    for (long dot : dots) {
                        dims.add(dot);
                    }
                }
            }
            Shape shape = Shape.of(dims.stream().mapToLong(Long::longValue).toArray());
            operands.add(b.operand(g.floats(shape, -2, 2)));
        }
        Attributes attributes = Attributes.builder().put("equation", equation).build();
        return b.build(
                new Tolerance(1e-4, 1e-4),
                b.add(Operators.read("", "Einsum", attributes), operands.toArray(String[]::new)));
    }

    static OracleCase groupNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 21);
        int groups = g.integer(1, 3);
        int channels = groups * g.integer(1, 3);
        Shape shape = WindowCases.shape(g.integer(1, 2), channels, Draw.extents(g, g.integer(1, 2), 2, 5));
        Attributes attributes = Attributes.builder().put("num_groups", (long) groups).put("epsilon", 1e-3f).build();
        String y =
                b.add(
                        Operators.read("", "GroupNormalization", attributes),
                        b.input(g.floats(shape, -3, 3)),
                        b.weights(g.floats(Shape.of(channels), -2, 2)),
                        b.weights(g.floats(Shape.of(channels), -2, 2)));
        return b.build(new Tolerance(2e-4, 1e-4), y);
    }

    static OracleCase rootMeanSquare(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 23);
        Shape shape = g.shape(2, 4, 6);
        int axis = g.integer(0, shape.rank() - 1);
        long[] scale = new long[shape.rank() - axis];
        System.arraycopy(shape.dims(), axis, scale, 0, scale.length);
        Attributes attributes = Attributes.builder().put("axis", (long) axis).put("epsilon", 1e-3f).build();
        String y =
                b.add(
                        Operators.read("", "RMSNormalization", attributes),
                        b.input(g.floats(shape, -3, 3)),
                        b.weights(g.floats(Shape.of(scale), -2, 2)));
        return b.build(new Tolerance(1e-4, 1e-4), y);
    }

    static OracleCase meanVariance(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = WindowCases.shape(g.integer(1, 2), g.integer(1, 3), Draw.extents(g, 2, 2, 5));
        List<Long> axes = g.oneOf(List.of(List.of(0L, 2L, 3L), List.of(2L, 3L)));
        Attributes attributes = Attributes.builder().put("axes", axes).build();
        String x = b.input(g.floats(shape, -3, 3));
        return b.build(
                new Tolerance(5e-4, 5e-4), b.add(Operators.read("", "MeanVarianceNormalization", attributes), x));
    }

    static OracleCase lpNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = g.shape(1, 4, 6);
        Attributes attributes =
                Attributes.builder()
                        .put("axis", (long) Draw.axis(g, shape.rank()))
                        .put("p", (long) g.integer(1, 2))
                        .build();
        String x = b.input(g.floats(shape, -3, 3));
        return b.build(Tolerance.SUM, b.add(Operators.read("", "LpNormalization", attributes), x));
    }

    static OracleCase globalLpPool(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        Shape shape = WindowCases.shape(g.integer(1, 2), g.integer(1, 3), Draw.extents(g, g.integer(1, 3), 1, 5));
        Attributes attributes = Attributes.builder().put("p", (long) g.integer(1, 4)).build();
        String x = b.input(g.floats(shape, -3, 3));
        return b.build(new Tolerance(1e-4, 1e-4), b.add(Operators.read("", "GlobalLpPool", attributes), x));
    }

    static OracleCase hardmax(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(1, 4, 6);
        Attributes attributes = Attributes.builder().put("axis", (long) Draw.axis(g, shape.rank())).build();
        // Few distinct values, so that there are ties.
        String x = b.input(g.integers(DType.INT8, shape, 0, 4).cast(DType.FLOAT32));
        return b.build(Tolerance.EXACT, b.add(Operators.read("", "Hardmax", attributes), x));
    }
}
