package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.octet.graph.Graph;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// All passes together on graphs in which everything that they look for occurs in any order, is shared, or is an
/// output.
final class RandomGraphTest {
    @Test
    void resultsStayTheSame() {
        for (long seed = 1; seed <= 100; seed++) {
            PassCase c = new PassCase(seed);
            Graph graph = new RandomGraph(c).graph();
            assertThatCode(() -> c.check(Fusion.standard(), graph, 1e-4))
                    .as("seed %d", seed)
                    .doesNotThrowAnyException();
        }
    }

    private static final class RandomGraph {
        private static final int CHANNELS = 4;

        private final PassCase c;
        private final List<String> values = new ArrayList<>();

        RandomGraph(PassCase c) {
            this.c = c;
        }

        Graph graph() {
            values.add(c.input("x", 2, CHANNELS, 5, 5));
            int nodes = c.integer(3, 15);
            for (int i = 0; i < nodes; i++) {
                values.add(extend(recent()));
            }
            List<String> outputs = new ArrayList<>(List.of(values.getLast()));
            if (c.integer(0, 2) == 0 && !outputs.contains(recent())) {
                outputs.add(c.add(new Identity(), recent()));
            }
            String inner = recent();
            if (!inner.equals("x") && !outputs.contains(inner)) {
                outputs.add(inner);
            }
            return c.build(outputs.toArray(String[]::new));
        }

        /// Mostly the last value, so that chains arise.
        private String recent() {
            int back = c.integer(0, 3) == 0 ? c.integer(1, values.size()) : 1;
            return values.get(values.size() - back);
        }

        private String extend(String x) {
            return switch (c.integer(0, 13)) {
                case 0, 1 -> conv(x, c.integer(0, 1) == 0 ? 1 : 3, c.integer(0, 1) == 0 ? 1 : CHANNELS);
                case 2 -> convTranspose(x);
                case 3, 4 -> batchNormalization(x);
                case 5 -> c.binary(BinaryFunction.MUL, x, perChannel());
                case 6 -> c.binary(BinaryFunction.ADD, perChannel(), x);
                case 7 -> c.binary(BinaryFunction.SUB, c.scalar(c.integer(0, 1)), x);
                case 8 -> c.binary(BinaryFunction.DIV, x, c.scalar(c.integer(1, 2)));
                case 9 -> hardSwish(x);
                case 10 -> c.add(new Identity(), x);
                case 11 ->
                        c.add(
                                new Reshape(false),
                                x,
                                c.builder.freshConstant("shape", Tensor.vector(0, CHANNELS, 0, -1)));
                case 12 -> c.add(new Transpose(List.of(0L, 1L, 3L, 2L)), x);
                default -> c.binary(BinaryFunction.ADD, c.unary(UnaryFunction.RELU, x), recent());
            };
        }

        private String perChannel() {
            String name = c.builder.freshName("k");
            return c.integer(0, 1) == 0 ? c.constant(name, 0.5, 1.5, CHANNELS, 1, 1) : c.constant(name, -1.0, 1.0, 1);
        }

        private String conv(String x, int kernel, int group) {
            int pad = kernel / 2;
            Window window = Window.of(kernel, kernel).withPads(pad, pad, pad, pad);
            String weights = c.constant(c.builder.freshName("w"), CHANNELS, CHANNELS / group, kernel, kernel);
            return c.integer(0, 1) == 0
                    ? c.add(new Conv(window, group), x, weights)
                    : c.add(new Conv(window, group), x, weights, c.constant(c.builder.freshName("b"), CHANNELS));
        }

        private String convTranspose(String x) {
            ConvTranspose op = new ConvTranspose(Window.of(3, 3).withPads(1, 1, 1, 1), 2, List.of(), List.of());
            return c.add(op, x, c.constant(c.builder.freshName("w"), CHANNELS, CHANNELS / 2, 3, 3));
        }

        private String batchNormalization(String x) {
            return c.add(
                    new BatchNormalization(1e-5f),
                    x,
                    c.constant(c.builder.freshName("gamma"), 0.5, 1.5, CHANNELS),
                    c.constant(c.builder.freshName("beta"), CHANNELS),
                    c.constant(c.builder.freshName("mean"), CHANNELS),
                    c.constant(c.builder.freshName("var"), 0.5, 1.5, CHANNELS));
        }

        private String hardSwish(String x) {
            String relu6 = c.add(new Clip(), c.binary(BinaryFunction.ADD, x, c.scalar(3)), c.scalar(0), c.scalar(6));
            return c.binary(BinaryFunction.DIV, c.binary(BinaryFunction.MUL, relu6, x), c.scalar(6));
        }
    }
}
