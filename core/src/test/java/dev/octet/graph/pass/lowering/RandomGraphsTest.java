package dev.octet.graph.pass.lowering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.graph.pass.IntegerLowering.Target;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Graphs of random operators with quantizers in random places. Each operator of the lowered graph is given what the
/// graph before computed, so that errors do not add up, and must give what that gave.
class RandomGraphsTest {
    private static final int GRAPHS = 80;
    private static final List<UnaryFunction> FUNCTIONS =
            List.of(
                    UnaryFunction.RELU,
                    UnaryFunction.SIGMOID,
                    UnaryFunction.HARD_SWISH,
                    UnaryFunction.LEAKY_RELU,
                    UnaryFunction.EXP);

    private final Map<String, Integer> operators = new HashMap<>();

    @ParameterizedTest
    @EnumSource
    void computeTheSame(Target target) {
        for (int seed = 0; seed < GRAPHS; seed++) {
            check(seed, target);
        }
        // The random graphs reach every pattern.
        assertThat(operators.keySet())
                .contains("QLinearConv", "QGemm", "QLinearAdd", "QLinearMul", "QLinearConcat", "QLinearSigmoid")
                .contains("QLinearGlobalAveragePool", "QLinearMatMul", "MaxPool", "Transpose", "Reshape");
        assertThat(operators).containsKey(target == Target.ENGINE ? "QLinearHardSwish" : "HardSwish");
    }

    private void check(int seed, Target target) {
        Qdq q = new Qdq(seed);
        Graph graph = q.graph(build(q, new SplittableRandom(seed)));
        Graph lowered = new IntegerLowering(target).apply(graph);
        Map<String, Tensor> expected = Qdq.runAll(graph, q.draw());
        Map<String, Tensor> values = new HashMap<>(expected);
        values.putAll(lowered.constants());
        long elements = 0;
        long different = 0;
        for (Node node : lowered.nodes()) {
            operators.merge(node.op().type(), 1, Integer::sum);
            Qdq.evaluate(node, values);
            for (String output : node.outputs()) {
                Tensor e = expected.get(output);
                if (e != null) {
                    different += different(seed + ": " + node, e, values.get(output));
                    elements += e.elementCount();
                    values.put(output, e);
                }
            }
        }
        assertThat(different)
                .as("elements of seed %d that differ, of %d", seed, elements)
                .isLessThanOrEqualTo(2 + elements / 50);
    }

    private static long different(String where, Tensor expected, Tensor actual) {
        assertThat(actual.toString()).as(where).isEqualTo(expected.toString());
        boolean integer = !expected.dtype().isFloating();
        long count = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            double difference = Math.abs(expected.getDouble(i) - actual.getDouble(i));
            // FLOAT32 results differ by the rounding of a bias to steps of the sums, too.
            double allowed = integer ? 1 : 2e-3 + 1e-5 * Math.abs(expected.getDouble(i));
            assertThat(difference).as(where).isLessThanOrEqualTo(allowed);
            count += integer && difference != 0 ? 1 : 0;
        }
        return count;
    }

    /// Values of shape `[1, 4, 6, 6]`, of which later operators take any.
    private static String[] build(Qdq q, SplittableRandom random) {
        DType dtype = random.nextBoolean() ? DType.UINT8 : DType.INT8;
        List<String> planes = new ArrayList<>();
        planes.add(q.pair(q.input(1, 4, 6, 6), dtype, 0.0317f, 3));
        planes.add(q.pair(q.input(1, 4, 6, 6), dtype, 0.0291f, 30));
        for (int i = 0; i < 6; i++) {
            String y = step(q, random, dtype, pick(planes, random), pick(planes, random));
            planes.add(random.nextInt(4) == 0 ? y : q.pair(y, dtype, scale(random), random.nextInt(0, 100)));
        }
        String last = planes.getLast();
        String pooled = q.pair(q.op(new GlobalPool(PoolFunction.AVERAGE), last), dtype, 0.0213f, 0);
        String row = q.op(new Reshape(false), pooled, q.constant(Tensor.vector(1, 4)));
        String gemm = q.op(new Gemm(1, 1, false, true), row, q.weights(DType.INT8, 0, 5, 4), q.floats(5));
        String integers = q.op(new QuantizeLinear(), last, q.constant(Tensor.scalar(0.05f)), q.zeroPoint(dtype, 9));
        return new String[] {gemm, integers, planes.get(planes.size() - 2)};
    }

    private static float scale(SplittableRandom random) {
        return (float) random.nextDouble(0.01, 0.06);
    }

    private static String pick(List<String> values, SplittableRandom random) {
        return values.get(random.nextInt(values.size()));
    }

    private static String step(Qdq q, SplittableRandom random, DType dtype, String a, String b) {
        return switch (random.nextInt(9)) {
            case 0, 1 -> convolution(q, random, a);
            case 2 -> q.op(Unary.of(FUNCTIONS.get(random.nextInt(FUNCTIONS.size()))), convolution(q, random, a));
            case 3 -> q.op(Unary.of(FUNCTIONS.get(random.nextInt(FUNCTIONS.size()))), a);
            case 4 -> q.op(new Binary(random.nextBoolean() ? BinaryFunction.ADD : BinaryFunction.MUL), a, b);
            case 5 -> half(q, q.pair(q.op(new Concat(1), a, b), dtype, scale(random), 50));
            case 6 -> q.op(maxPool(), a);
            case 7 -> q.op(new MatMul(), a, q.op(new Transpose(List.of(0L, 1L, 3L, 2L)), b));
            default -> {
                String flat = q.op(new Reshape(false), a, q.constant(Tensor.vector(1, 36, 4)));
                yield q.op(new Reshape(false), flat, q.constant(Tensor.vector(1, 4, 6, 6)));
            }
        };
    }

    private static String half(Qdq q, String joined) {
        String[] bounds = {q.constant(Tensor.vector(2)), q.constant(Tensor.vector(6)), q.constant(Tensor.vector(1))};
        return q.op(Operators.read("", "Slice", Attributes.EMPTY), joined, bounds[0], bounds[1], bounds[2]);
    }

    private static Op maxPool() {
        Attributes attributes =
                Attributes.builder().put("kernel_shape", List.of(3L, 3L)).put("pads", List.of(1L, 1L, 1L, 1L)).build();
        return Operators.read("", "MaxPool", attributes);
    }

    private static String convolution(Qdq q, SplittableRandom random, String x) {
        int group = random.nextInt(3) == 0 ? 4 : 1;
        String w = q.weights(random.nextBoolean() ? DType.INT8 : DType.UINT8, 0, 4, 4 / group, 3, 3);
        Conv conv = new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), group);
        return random.nextBoolean() ? q.op(conv, x, w) : q.op(conv, x, w, q.floats(4));
    }
}
