package dev.octet.engine;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Map;

/// A small network over images of any size with branches of different length, a gate and a skip connection.
final class TwoBranches {
    private TwoBranches() {}

    static Graph graph() {
        Generator g = Generator.of(1);
        GraphBuilder b = new GraphBuilder("branches");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3, -1, -1));
        String stem = relu(b, conv(b, g, x, 3, 16));
        String left = conv(b, g, relu(b, conv(b, g, stem, 16, 16)), 16, 16);
        String sum = relu(b, b.add(new Binary(BinaryFunction.ADD), left, stem));
        String pooled = b.add(new GlobalPool(PoolFunction.AVERAGE), sum);
        String gate = b.add(Unary.of(UnaryFunction.SIGMOID), pooled);
        String gated = b.add(new Binary(BinaryFunction.MUL), sum, gate);
        String joined = b.add(new Concat(1), gated, stem);
        b.output(conv(b, g, joined, 32, 4)).output(pooled);
        return b.build();
    }

    static Map<String, Tensor> inputs(Generator g, int size) {
        return Map.of("x", g.floats(Shape.of(1 + size % 2, 3, size, size + 3), -1, 1));
    }

    private static String conv(GraphBuilder b, Generator g, String x, int in, int out) {
        String w = b.freshConstant("w", g.floats(Shape.of(out, in, 3, 3), -0.2f, 0.2f));
        String bias = b.freshConstant("b", g.floats(Shape.of(out), -0.2f, 0.2f));
        return b.add(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1), x, w, bias);
    }

    private static String relu(GraphBuilder b, String x) {
        return b.add(Unary.of(UnaryFunction.RELU), x);
    }
}
