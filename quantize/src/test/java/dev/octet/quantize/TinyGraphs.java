package dev.octet.quantize;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.Map;

/// Small networks with the blocks that real ones are made of. Weights are drawn from a seed.
final class TinyGraphs {
    private final GraphBuilder builder;
    private final Generator random = Generator.of(7);

    TinyGraphs(String name) {
        builder = new GraphBuilder(name);
    }

    String input(String name, long... dims) {
        return builder.input(name, DType.FLOAT32, PartialShape.of(dims));
    }

    String integers(String name, long... dims) {
        return builder.input(name, DType.INT64, PartialShape.of(dims));
    }

    String weights(String name, long... dims) {
        Shape shape = Shape.of(dims);
        float fanIn = Math.max(1, shape.elementCount() / (float) shape.dim(0));
        return builder.constant(name, random.normals(shape, 0, (float) (1 / Math.sqrt(fanIn))));
    }

    String constant(String name, Tensor tensor) {
        return builder.constant(name, tensor);
    }

    String scalar(String name, float value) {
        return builder.constant(name, Tensor.scalar(value));
    }

    /// A node named as its output.
    String add(String name, Op op, String... operands) {
        builder.add(new Node(name, op, List.of(operands), List.of(name)));
        return name;
    }

    String add(String name, String type, String... operands) {
        return add(name, Operators.read("", type, Attributes.EMPTY), operands);
    }

    String conv(String name, String x, long inputs, long outputs, long kernel) {
        Attributes attributes =
                Attributes.builder()
                        .put("kernel_shape", List.of(kernel, kernel))
                        .put("pads", List.of(kernel / 2, kernel / 2, kernel / 2, kernel / 2))
                        .build();
        return add(
                name,
                Operators.read("", "Conv", attributes),
                x,
                weights(name + ".w", outputs, inputs, kernel, kernel),
                weights(name + ".b", outputs));
    }

    String transpose(String name, String x, long... order) {
        List<Long> perm = java.util.Arrays.stream(order).boxed().toList();
        return add(name, Operators.read("", "Transpose", Attributes.builder().put("perm", perm).build()), x);
    }

    String reshape(String name, String x, long... shape) {
        return add(name, "Reshape", x, constant(name + ".shape", Tensor.vector(shape)));
    }

    /// A MatMul with constant weights, and a bias.
    String linear(String name, String x, long inputs, long outputs) {
        String product = add(name, "MatMul", x, weights(name + ".w", inputs, outputs));
        return add(name + ".sum", "Add", weights(name + ".b", outputs), product);
    }

    String layerNorm(String name, String x, long size) {
        return add(
                name,
                "LayerNormalization",
                x,
                constant(name + ".gamma", filled(1, size)),
                constant(name + ".beta", filled(0, size)));
    }

    static Tensor filled(float value, long... dims) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, value);
        }
        return tensor;
    }

    Graph build(String... outputs) {
        for (String output : outputs) {
            builder.output(output);
        }
        return builder.build();
    }

    /// Conv, BatchNormalization and ReLU, a residual block, HardSwish, squeeze and excitation, a classifier.
    static Graph cnn() {
        TinyGraphs g = new TinyGraphs("cnn");
        String x = g.input("x", 1, 3, 8, 8);
        String stem = g.conv("stem", x, 3, 8, 3);
        String norm =
                g.add(
                        "norm",
                        "BatchNormalization",
                        stem,
                        g.constant("gamma", filled(1.5f, 8)),
                        g.constant("beta", filled(0.25f, 8)),
                        g.constant("mean", filled(0.1f, 8)),
                        g.constant("variance", filled(0.5f, 8)));
        String relu = g.add("relu", "Relu", norm);
        String pool =
                g.add(
                        "pool",
                        Operators.read(
                                "",
                                "MaxPool",
                                Attributes.builder()
                                        .put("kernel_shape", List.of(2L, 2L))
                                        .put("strides", List.of(2L, 2L))
                                        .build()),
                        relu);
        String branch = g.conv("branch", pool, 8, 8, 3);
        String sum = g.add("sum", "Add", branch, pool);
        String rectified = g.add("rectified", "Relu", sum);
        String wide = g.conv("wide", rectified, 8, 16, 1);
        String swish = g.add("swish", "HardSwish", wide);
        String squeezed = g.add("squeezed", "GlobalAveragePool", swish);
        String narrow = g.add("narrow_relu", "Relu", g.conv("narrow", squeezed, 16, 4, 1));
        String gate = g.add("gate", "HardSigmoid", g.conv("expand", narrow, 4, 16, 1));
        String scaled = g.add("scaled", "Mul", swish, gate);
        String mean = g.add("mean_pool", "GlobalAveragePool", scaled);
        String flat = g.add("flat", "Flatten", mean);
        String logits =
                g.add(
                        "logits",
                        Operators.read("", "Gemm", Attributes.builder().put("transB", true).build()),
                        flat,
                        g.weights("logits.w", 5, 16),
                        g.weights("logits.b", 5));
        return g.build(g.add("probabilities", "Softmax", logits));
    }

    /// One block of a transformer encoder: attention with two heads, and a feed-forward part, on width 8.
    static Graph transformer() {
        TinyGraphs g = new TinyGraphs("transformer");
        String x = g.input("x", 1, 4, 8);
        String first = g.layerNorm("norm0", x, 8);
        String q = g.transpose("q_heads", g.reshape("q_split", g.linear("q", first, 8, 8), 1, 4, 2, 4), 0, 2, 1, 3);
        String k = g.transpose("k_heads", g.reshape("k_split", g.linear("k", first, 8, 8), 1, 4, 2, 4), 0, 2, 3, 1);
        String v = g.transpose("v_heads", g.reshape("v_split", g.linear("v", first, 8, 8), 1, 4, 2, 4), 0, 2, 1, 3);
        String scores = g.add("scores", "MatMul", q, k);
        String scaled = g.add("scores_scaled", "Div", scores, g.scalar("sqrt_d", 2));
        String attention = g.add("attention", "Softmax", scaled);
        String mixed = g.add("mixed", "MatMul", attention, v);
        String joined = g.reshape("joined", g.transpose("mixed_rows", mixed, 0, 2, 1, 3), 1, 4, 8);
        String residual = g.add("residual1", "Add", g.linear("out", joined, 8, 8), first);
        String norm1 = g.layerNorm("norm1", residual, 8);
        String hidden = g.add("gelu", "Gelu", g.linear("up", norm1, 8, 16));
        String second = g.add("residual2", "Add", g.linear("down", hidden, 16, 8), norm1);
        return g.build(g.layerNorm("norm2", second, 8));
    }

    static Map<String, Tensor> sample(Graph graph, long seed) {
        Shape shape = graph.inputs().getFirst().type().shape().toShape();
        return Map.of("x", Generator.of(seed).normals(shape, 0.2f, 1));
    }
}
