package dev.octet.conformance.oracle;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Attention in ONNX Runtime's forms and in the standard's, and the position embedding that goes with it.
final class AttentionCases {
    static final Map<String, Function<Generator, OracleCase>> TABLE =
            Map.of(
                    "Attention", AttentionCases::standard,
                    "Attention (com.microsoft)", AttentionCases::merged,
                    "MultiHeadAttention", AttentionCases::multiHead,
                    "QAttention", AttentionCases::quantized,
                    "RotaryEmbedding", AttentionCases::rotary,
                    "RotaryEmbedding (com.microsoft)", AttentionCases::microsoftRotary);

    private static final Tolerance TOLERANCE = new Tolerance(1e-4, 1e-4);

    private AttentionCases() {}

    /// Extents of a case.
    private record Sizes(int batch, int length, int heads, int size) {
        static Sizes draw(Generator g) {
            return new Sizes(g.integer(1, 3), g.integer(1, 6), g.integer(1, 3), 4 * g.integer(1, 3));
        }

        int hidden() {
            return heads * size;
        }
    }

    private static OracleCase merged(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Sizes s = Sizes.draw(g);
        int inputs = g.integer(1, 9);
        int past = g.integer(0, 2) == 0 ? g.integer(1, 4) : 0;
        int valueSize = past > 0 || g.flip() ? s.size : 4 * g.integer(1, 3);
        Attributes.Builder attributes =
                Attributes.builder().put("num_heads", (long) s.heads).put("unidirectional", g.flip());
        long all = 2L * s.hidden() + (long) s.heads * valueSize;
        attributes.put("qkv_hidden_sizes", List.of((long) s.hidden(), (long) s.hidden(), (long) s.heads * valueSize));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(Shape.of(s.batch, s.length, inputs), -1, 1)));
        operands.add(b.constant(g.floats(Shape.of(inputs, all), -1, 1)));
        operands.add(b.constant(g.floats(Shape.of(all), -1, 1)));
        operands.add(g.flip() ? b.input(mask(g, s, past)) : "");
        if (past > 0) {
            operands.add(b.input(g.floats(Shape.of(2, s.batch, s.heads, past, s.size), -1, 1)));
        } else if (g.flip()) {
            operands.add("");
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, s.length, s.length), -1, 1)));
        }
        return build(b, FusedCases.microsoft("Attention", attributes), past > 0 ? 2 : 1, operands);
    }

    private static OracleCase build(CaseBuilder b, Op op, int outputs, List<String> operands) {
        while (operands.getLast().isEmpty()) {
            operands.removeLast();
        }
        return b.build(TOLERANCE, b.add(op, outputs, operands.toArray(String[]::new)));
    }

    private static Tensor mask(Generator g, Sizes s, int past) {
        int keys = s.length + past;
        return switch (g.integer(0, 3)) {
            case 0 -> g.integers(DType.INT32, Shape.of(s.batch), 1, keys);
            case 1 -> {
                Tensor bounds = g.integers(DType.INT32, Shape.of(2L * s.batch), 0, keys);
                for (int i = 0; i < s.batch; i++) {
                    bounds.setLong(i, g.integer(1, keys));
                    bounds.setLong(s.batch + (long) i, g.integer(0, bounds.getInt(i) - 1));
                }
                yield bounds;
            }
            case 2 -> g.integers(DType.INT32, Shape.of(s.batch, keys), 0, 1);
            default -> g.integers(DType.INT32, Shape.of(s.batch, s.length, keys), 0, 1);
        };
    }

    private static OracleCase quantized(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Sizes s = Sizes.draw(g);
        int inputs = g.integer(1, 9);
        int past = g.integer(0, 2) == 0 ? g.integer(1, 4) : 0;
        long all = 3L * s.hidden();
        Shape channels = g.flip() ? Shape.of(all) : Shape.SCALAR;
        DType dtype = g.oneOf(List.of(DType.INT8, DType.UINT8));
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.integers(DType.UINT8, Shape.of(s.batch, s.length, inputs))));
        operands.add(b.constant(g.integers(dtype, Shape.of(inputs, all))));
        operands.add(b.constant(g.floats(Shape.of(all), -1, 1)));
        operands.add(b.constant(Tensor.scalar(g.uniform(0.001f, 0.01f))));
        operands.add(b.constant(g.floats(channels, 0.001f, 0.01f)));
        operands.add(g.flip() ? b.input(g.integers(DType.INT32, Shape.of(s.batch), 1, s.length + past)) : "");
        operands.add(b.constant(g.integers(DType.UINT8, Shape.SCALAR)));
        operands.add(b.constant(g.integers(dtype, channels)));
        operands.add(past > 0 ? b.input(g.floats(Shape.of(2, s.batch, s.heads, past, s.size), -1, 1)) : "");
        Attributes.Builder attributes =
                Attributes.builder().put("num_heads", (long) s.heads).put("unidirectional", g.flip());
        return build(b, FusedCases.microsoft("QAttention", attributes), past > 0 ? 2 : 1, operands);
    }

    private static OracleCase multiHead(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Sizes s = Sizes.draw(g);
        int keys = g.integer(1, 6);
        boolean past = g.integer(0, 2) == 0;
        int before = past ? g.integer(1, 4) : 0;
        boolean split = !past && g.flip();
        int valueSize = past || split ? s.size : 4 * g.integer(1, 3);
        List<String> operands = new ArrayList<>();
        operands.add(b.input(g.floats(Shape.of(s.batch, s.length, s.hidden()), -1, 1)));
        if (split) {
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, keys, s.size), -1, 1)));
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, keys, valueSize), -1, 1)));
            operands.add("");
        } else {
            operands.add(b.input(g.floats(Shape.of(s.batch, keys, s.hidden()), -1, 1)));
            operands.add(b.input(g.floats(Shape.of(s.batch, keys, (long) s.heads * valueSize), -1, 1)));
            long bias = 2L * s.hidden() + (long) s.heads * valueSize;
            operands.add(g.flip() ? b.constant(g.floats(Shape.of(bias), -1, 1)) : "");
        }
        long total = keys + (long) before;
        operands.add(g.flip() ? b.input(g.integers(DType.INT32, Shape.of(s.batch, total), 0, 1)) : "");
        operands.add(g.flip() ? b.input(g.floats(Shape.of(1, s.heads, s.length, total), -1, 1)) : "");
        if (past) {
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, before, s.size), -1, 1)));
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, before, valueSize), -1, 1)));
        }
        Attributes.Builder attributes =
                Attributes.builder().put("num_heads", (long) s.heads).put("scale", g.uniform(0.1f, 1));
        return build(b, FusedCases.microsoft("MultiHeadAttention", attributes), past ? g.integer(3, 4) : 1, operands);
    }

    private static OracleCase standard(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 23);
        Sizes s = Sizes.draw(g);
        int group = g.integer(1, 2);
        int keys = g.integer(1, 6);
        boolean flat = g.flip();
        boolean past = g.flip();
        int before = past ? g.integer(1, 4) : 0;
        int total = keys + before;
        long queryHeads = (long) s.heads * group;
        Attributes.Builder attributes = Attributes.builder();
        if (flat) {
            attributes.put("q_num_heads", queryHeads).put("kv_num_heads", (long) s.heads);
        }
        if (g.flip()) {
            attributes.put("scale", g.uniform(0.1f, 1));
        }
        // ONNX Runtime caps what the mask has been added to, as the first text of the standard had it.
        boolean capped = g.integer(0, 3) == 0;
        if (capped) {
            attributes.put("softcap", 2f);
        }
        List<String> operands = new ArrayList<>();
        operands.add(heads(g, b, s, s.length, queryHeads, flat));
        operands.add(heads(g, b, s, keys, s.heads, flat));
        operands.add(heads(g, b, s, keys, s.heads, flat));
        operands.add(!capped && g.flip() ? b.input(g.floats(Shape.of(s.length, total), -1, 1)) : "");
        if (past) {
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, before, s.size), -1, 1)));
            operands.add(b.input(g.floats(Shape.of(s.batch, s.heads, before, s.size), -1, 1)));
        }
        return build(b, Operators.read("", "Attention", attributes.build()), past ? 3 : 1, operands);
    }

    private static String heads(Generator g, CaseBuilder b, Sizes s, int length, long heads, boolean flat) {
        Shape shape = flat ? Shape.of(s.batch, length, heads * s.size) : Shape.of(s.batch, heads, length, s.size);
        return b.input(g.floats(shape, -1, 1));
    }

    private static OracleCase rotary(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 23);
        Sizes s = Sizes.draw(g);
        int turned = g.flip() ? s.size : s.size / 2;
        boolean flat = g.flip();
        Attributes.Builder attributes = Attributes.builder().put("interleaved", g.flip());
        if (flat || turned < s.size) {
            attributes.put("num_heads", (long) s.heads);
        }
        if (turned < s.size) {
            attributes.put("rotary_embedding_dim", (long) turned);
        }
        Shape cache = Shape.of(16, turned / 2);
        String x = heads(g, b, s, s.length, s.heads, flat);
        Op op = Operators.read("", "RotaryEmbedding", attributes.build());
        if (g.flip()) {
            Shape angles = Shape.of(s.batch, s.length, turned / 2);
            return b.build(TOLERANCE, b.add(op, x, b.input(g.floats(angles, -1, 1)), b.input(g.floats(angles, -1, 1))));
        }
        return b.build(
                TOLERANCE,
                b.add(
                        op,
                        x,
                        b.constant(g.floats(cache, -1, 1)),
                        b.constant(g.floats(cache, -1, 1)),
                        b.input(g.integers(DType.INT64, Shape.of(s.batch, s.length), 0, 15))));
    }

    private static OracleCase microsoftRotary(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Sizes s = Sizes.draw(g);
        boolean flat = g.flip();
        int turned = flat && g.flip() ? s.size / 2 : s.size;
        Attributes.Builder attributes = Attributes.builder().put("interleaved", g.flip());
        if (turned < s.size) {
            attributes.put("num_heads", (long) s.heads).put("rotary_embedding_dim", (long) turned);
        }
        Shape cache = Shape.of(16, turned / 2);
        Tensor positions =
                g.flip()
                        ? g.integers(DType.INT64, Shape.of(1), 0, 9)
                        : g.integers(DType.INT64, Shape.of(s.batch, s.length), 0, 15);
        return b.build(
                TOLERANCE,
                b.add(
                        FusedCases.microsoft("RotaryEmbedding", attributes),
                        heads(g, b, s, s.length, s.heads, flat),
                        b.input(positions),
                        b.constant(g.floats(cache, -1, 1)),
                        b.constant(g.floats(cache, -1, 1))));
    }
}
