package dev.octet.conformance.oracle;

import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// A few float operators in a row, as networks have them: what passes fuse and what shares memory.
final class ChainCases {
    private static final Tolerance TOLERANCE = new Tolerance(2e-4, 1e-4);

    private static final List<UnaryFunction> ACTIVATIONS =
            List.of(
                    UnaryFunction.RELU,
                    UnaryFunction.SIGMOID,
                    UnaryFunction.HARD_SIGMOID,
                    UnaryFunction.TANH,
                    UnaryFunction.LEAKY_RELU,
                    UnaryFunction.ERF);

    private final Generator g;
    private final CaseBuilder b;

    /// Values of one shape, any of which may be read again.
    private final List<String> values = new ArrayList<>();

    private ChainCases(Generator g) {
        this.g = g;
        b = new CaseBuilder(g, 14);
    }

    private String last() {
        return values.getLast();
    }

    private void then(String value) {
        values.add(value);
    }

    static OracleCase image(Generator g) {
        ChainCases chain = new ChainCases(g);
        int channels = g.integer(1, 9);
        Shape shape = WindowCases.shape(g.integer(1, 2), channels, g.integer(3, 9), g.integer(3, 9));
        chain.then(chain.b.input(g.floats(shape, -1, 1)));
        for (int i = g.integer(3, 8); i > 0; i--) {
            chain.imageOperator(channels);
        }
        return chain.finish();
    }

    /// Every operator here keeps the shape, so that values can be added to each other.
    private void imageOperator(int channels) {
        switch (g.integer(0, 7)) {
            case 0, 1 -> conv(channels, g.flip() ? channels : 1);
            case 2 -> normalize(channels);
            case 3 -> activation();
            case 4 -> residual();
            case 5 -> hardSwish();
            case 6 -> gate(channels);
            default -> pooledBeside(channels);
        }
    }

    private void conv(int channels, int group) {
        float bound = group == 1 ? 1f / (3 * channels) : 0.3f;
        Conv op = new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), group);
        String w = b.constant(g.floats(Shape.of(channels, channels / group, 3, 3), -bound, bound));
        then(g.flip() ? b.add(op, last(), w) : b.add(op, last(), w, vector(channels)));
    }

    private String vector(int channels) {
        return b.constant(g.floats(Shape.of(channels), -1, 1));
    }

    private void normalize(int channels) {
        String variance = b.constant(g.floats(Shape.of(channels), 0.5f, 2));
        String scale = vector(channels);
        then(b.add(new BatchNormalization(1e-3f), last(), scale, vector(channels), vector(channels), variance));
    }

    private void activation() {
        then(b.add(Unary.of(g.oneOf(ACTIVATIONS)), last()));
    }

    private void residual() {
        BinaryFunction function = g.oneOf(List.of(BinaryFunction.ADD, BinaryFunction.SUB, BinaryFunction.MUL));
        then(b.add(new Binary(function), last(), g.oneOf(values)));
    }

    /// `x·hardSigmoid(x)`, as exporters write it.
    private void hardSwish() {
        String gate = b.add(new Unary(UnaryFunction.HARD_SIGMOID, 1 / 6f, 0.5f), last());
        then(b.add(new Binary(BinaryFunction.MUL), last(), gate));
    }

    private void gate(int channels) {
        String mean = b.add(new GlobalPool(PoolFunction.AVERAGE), last());
        String w = b.constant(g.floats(Shape.of(channels, channels, 1, 1), -0.5f, 0.5f));
        String gate = b.add(Unary.of(UnaryFunction.SIGMOID), b.add(new Conv(Window.of(1, 1), 1), mean, w));
        then(b.add(new Binary(BinaryFunction.MUL), last(), gate));
    }

    /// A pooled copy joined with the value and mixed back to as many channels.
    private void pooledBeside(int channels) {
        Pool pool =
                new Pool(
                        g.flip() ? PoolFunction.MAX : PoolFunction.AVERAGE,
                        Window.of(3, 3).withPads(1, 1, 1, 1),
                        false,
                        false,
                        false,
                        2);
        String joined = b.add(new Concat(1), last(), b.add(pool, last()));
        String w = b.constant(g.floats(Shape.of(channels, 2 * channels, 1, 1), -0.4f, 0.4f));
        then(b.add(new Conv(Window.of(1, 1), 1), joined, w));
    }

    static OracleCase sequence(Generator g) {
        ChainCases chain = new ChainCases(g);
        int width = g.integer(2, 24);
        chain.then(chain.b.input(g.floats(Shape.of(g.integer(1, 2), g.integer(1, 9), width), -1, 1)));
        for (int i = g.integer(3, 7); i > 0; i--) {
            switch (g.integer(0, 5)) {
                case 0, 1 -> chain.linear(width);
                case 2 -> chain.gelu();
                case 3 -> chain.layerNormalization(width);
                case 4 -> chain.attention();
                default -> chain.residual();
            }
        }
        return chain.finish();
    }

    private void linear(int width) {
        String w = b.constant(g.floats(Shape.of(width, width), -1f / width, 1f / width));
        String product = b.add(new MatMul(), last(), w);
        then(g.flip() ? product : b.add(new Binary(BinaryFunction.ADD), product, vector(width)));
    }

    private String scalar(float value) {
        return b.constant(Tensor.scalar(value));
    }

    /// `x/2·(1 + erf(x/√2))` in the pieces that exporters write.
    private void gelu() {
        String x = last();
        String scaled = b.add(new Binary(BinaryFunction.DIV), x, scalar((float) Math.sqrt(2)));
        String erf = b.add(Unary.of(UnaryFunction.ERF), scaled);
        String sum = b.add(new Binary(BinaryFunction.ADD), erf, scalar(1));
        String product = b.add(new Binary(BinaryFunction.MUL), x, sum);
        then(b.add(new Binary(BinaryFunction.MUL), product, scalar(0.5f)));
    }

    /// The normalization in the pieces that exporters write.
    private void layerNormalization(int width) {
        Reduce mean = new Reduce(ReduceFunction.MEAN, true, false);
        String axes = b.constant(Tensor.vector(-1));
        String centred = b.add(new Binary(BinaryFunction.SUB), last(), b.add(mean, last(), axes));
        String squares = b.add(new Binary(BinaryFunction.POW), centred, scalar(2));
        String variance = b.add(new Binary(BinaryFunction.ADD), b.add(mean, squares, axes), scalar(0.01f));
        String deviation = b.add(Unary.of(UnaryFunction.SQRT), variance);
        String normal = b.add(new Binary(BinaryFunction.DIV), centred, deviation);
        String scaled = b.add(new Binary(BinaryFunction.MUL), normal, vector(width));
        then(b.add(new Binary(BinaryFunction.ADD), scaled, vector(width)));
    }

    private void attention() {
        String x = last();
        String transposed = b.add(new Transpose(List.of(0L, 2L, 1L)), x);
        String weights = b.add(new Softmax(-1, false, false), b.add(new MatMul(), x, transposed));
        then(b.add(new MatMul(), weights, x));
    }

    private OracleCase finish() {
        return g.flip()
                ? b.build(TOLERANCE, last())
                : b.build(TOLERANCE, List.of(g.oneOf(values.subList(1, values.size() - 1)), last()));
    }
}
