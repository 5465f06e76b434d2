package dev.octet.test;

import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;

/// Small networks with seeded weights, as exporters write them: normalizations and activations are spelled out or
/// separate, so that there is something to fuse.
public final class Models {
    /// Vocabulary of [#tinyTransformer]: ids lie in `[0, 50)`.
    public static final int VOCABULARY = 50;

    private static final int HIDDEN = 16;
    private static final int HEADS = 2;

    private final Generator weights;
    private final GraphBuilder graph;

    private Models(String name, long seed) {
        weights = Generator.of(seed);
        graph = new GraphBuilder(name);
    }

    /// A residual convolutional network. Input `image` `[N, 3, 16, 16]`, output `logits` `[N, 10]`.
    ///
    /// Convolutions full, depthwise, 1×1 and strided, each with batch normalization; ReLU, a residual sum, both kinds
    /// of pooling, and a Gemm.
    public static Graph tinyConvNet(long seed) {
        Models m = new Models("tiny-conv-net", seed);
        String image =
                m.graph.input(
                        "image",
                        DType.FLOAT32,
                        new PartialShape(List.of(Dim.symbol("N"), Dim.of(3), Dim.of(16), Dim.of(16))));
        String stem = m.relu(m.convBn("stem", image, 3, 8, 3, 1, 1));
        String depthwise = m.relu(m.convBn("depthwise", stem, 8, 8, 3, 1, 8));
        String project = m.convBn("project", depthwise, 8, 8, 1, 1, 1);
        String residual = m.relu(m.binary(BinaryFunction.ADD, project, stem));
        Window halving = Window.of(2, 2).withStrides(2, 2);
        String pooled = m.graph.add(new Pool(PoolFunction.MAX, halving, false, false, false, 2), residual);
        String deep = m.relu(m.convBn("deep", pooled, 8, 16, 3, 2, 1));
        String features = m.graph.add(new Flatten(1), m.graph.add(new GlobalPool(PoolFunction.AVERAGE), deep));
        String logits =
                m.graph.add(
                        new Gemm(1, 1, false, true),
                        features,
                        m.normal("classifier.weight", 0.3f, 10, 16),
                        m.normal("classifier.bias", 0.1f, 10));
        return m.build(logits, "logits");
    }

    /// One encoder block of a transformer. Input `ids` (INT64) `[N, L]`, output `hidden` `[N, L, 16]`.
    ///
    /// Embedding, attention of two heads, a GELU network; layer normalization and GELU are spelled out.
    public static Graph tinyTransformer(long seed) {
        Models m = new Models("tiny-transformer", seed);
        String ids = m.graph.input("ids", DType.INT64, new PartialShape(List.of(Dim.symbol("N"), Dim.symbol("L"))));
        String embedded = m.graph.add(new Gather(0), m.normal("embeddings", 1, VOCABULARY, HIDDEN), ids);
        String x = m.layerNorm("embeddings.norm", embedded);
        String attended = m.layerNorm("attention.norm", m.binary(BinaryFunction.ADD, m.attention(x), x));
        String up = m.linear("up", attended, HIDDEN, 4 * HIDDEN);
        String down = m.linear("down", m.gelu(up), 4 * HIDDEN, HIDDEN);
        return m.build(m.layerNorm("output.norm", m.binary(BinaryFunction.ADD, down, attended)), "hidden");
    }

    private Graph build(String result, String name) {
        graph.add(new Node(name, new Identity(), List.of(result), List.of(name)));
        return graph.output(name).build();
    }

    private String attention(String x) {
        String query = heads(linear("query", x, HIDDEN, HIDDEN), 0L, 2L, 1L, 3L);
        String key = heads(linear("key", x, HIDDEN, HIDDEN), 0L, 2L, 3L, 1L);
        String value = heads(linear("value", x, HIDDEN, HIDDEN), 0L, 2L, 1L, 3L);
        String scores =
                binary(
                        BinaryFunction.DIV,
                        graph.add(new MatMul(), query, key),
                        scalar(Math.sqrt(HIDDEN / (double) HEADS)));
        String context = graph.add(new MatMul(), graph.add(new Softmax(-1, false, false), scores), value);
        String merged = graph.add(new Transpose(List.of(0L, 2L, 1L, 3L)), context);
        return linear("merge", reshape(merged, 0, 0, HIDDEN), HIDDEN, HIDDEN);
    }

    private String heads(String x, Long... perm) {
        return graph.add(new Transpose(List.of(perm)), reshape(x, 0, 0, HEADS, HIDDEN / HEADS));
    }

    private String reshape(String x, long... target) {
        return graph.add(new Reshape(false), x, graph.freshConstant("shape", Tensor.vector(target)));
    }

    private String linear(String name, String x, int in, int out) {
        String product = graph.add(new MatMul(), x, normal(name + ".weight", 0.3f, in, out));
        return binary(BinaryFunction.ADD, normal(name + ".bias", 0.1f, out), product);
    }

    private String layerNorm(String name, String x) {
        Reduce mean = new Reduce(ReduceFunction.MEAN, true, false);
        String axes = graph.freshConstant("axes", Tensor.vector(-1));
        String difference = binary(BinaryFunction.SUB, x, graph.add(mean, x, axes));
        String square = binary(BinaryFunction.POW, difference, scalar(2));
        String variance = binary(BinaryFunction.ADD, graph.add(mean, square, axes), scalar(1e-12));
        String normalized = binary(BinaryFunction.DIV, difference, graph.add(Unary.of(UnaryFunction.SQRT), variance));
        String scaled = binary(BinaryFunction.MUL, normalized, uniform(name + ".weight", 0.5f, 1.5f, HIDDEN));
        return binary(BinaryFunction.ADD, scaled, normal(name + ".bias", 0.1f, HIDDEN));
    }

    private String gelu(String x) {
        String erf = graph.add(Unary.of(UnaryFunction.ERF), binary(BinaryFunction.DIV, x, scalar(Math.sqrt(2))));
        String gate = binary(BinaryFunction.ADD, erf, scalar(1));
        return binary(BinaryFunction.MUL, binary(BinaryFunction.MUL, x, gate), scalar(0.5));
    }

    private String convBn(String name, String x, int in, int out, int kernel, int stride, int group) {
        int padding = kernel / 2;
        Window window =
                Window.of(kernel, kernel).withStrides(stride, stride).withPads(padding, padding, padding, padding);
        float deviation = (float) Math.sqrt(2.0 * group / (in * kernel * kernel));
        String product =
                graph.add(
                        new Conv(window, group),
                        x,
                        normal(name + ".weight", deviation, out, in / group, kernel, kernel));
        return graph.add(
                new BatchNormalization(1e-5f),
                product,
                uniform(name + ".bn.weight", 0.5f, 1.5f, out),
                normal(name + ".bn.bias", 0.2f, out),
                normal(name + ".bn.mean", 0.2f, out),
                uniform(name + ".bn.var", 0.5f, 1.5f, out));
    }

    private String relu(String x) {
        return graph.add(Unary.of(UnaryFunction.RELU), x);
    }

    private String binary(BinaryFunction function, String a, String b) {
        return graph.add(new Binary(function), a, b);
    }

    private String scalar(double value) {
        return graph.freshConstant("scalar", Tensor.scalar((float) value));
    }

    private String normal(String name, float deviation, long... dims) {
        return graph.constant(name, weights.normals(Shape.of(dims), 0, deviation));
    }

    private String uniform(String name, float min, float max, long... dims) {
        return graph.constant(name, weights.floats(Shape.of(dims), min, max));
    }
}
