package dev.octet.graph.pass.lowering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Op;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.graph.pass.IntegerLowering.Target;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Lowers a graph and compares what both compute.
final class LoweringAssert {
    private final Qdq qdq;
    private final Graph graph;
    private final Graph lowered;

    private LoweringAssert(Qdq qdq, Graph graph, Target target) {
        this.qdq = qdq;
        this.graph = graph;
        this.lowered = new IntegerLowering(target).apply(graph);
    }

    static LoweringAssert engine(Qdq qdq, String... outputs) {
        return new LoweringAssert(qdq, qdq.graph(outputs), Target.ENGINE);
    }

    static LoweringAssert onnxRuntime(Qdq qdq, String... outputs) {
        return new LoweringAssert(qdq, qdq.graph(outputs), Target.ONNX_RUNTIME);
    }

    Graph lowered() {
        return lowered;
    }

    /// The lowered graph has exactly these operators, in any order.
    LoweringAssert hasOperators(String... types) {
        assertThat(lowered.nodes().stream().map(Node::op).map(Op::type)).containsExactlyInAnyOrder(types);
        lowered.constants().keySet().forEach(c -> assertThat(lowered.consumers(c)).isNotEmpty());
        return this;
    }

    /// Results have the same bits.
    LoweringAssert isExact() {
        compare(0, 0);
        return this;
    }

    /// Integer results differ by one step in at most one of a hundred elements, FLOAT32 ones by float rounding.
    LoweringAssert isClose() {
        compare(0.01, 1e-5);
        return this;
    }

    /// Results differ by what the rounding of a bias explains.
    LoweringAssert isCloseUpToBiasRounding(double absolute) {
        compare(0.03, absolute);
        return this;
    }

    private void compare(double share, double tolerance) {
        Map<String, Tensor> inputs = qdq.draw();
        List<Tensor> expected = Qdq.run(graph, inputs);
        List<Tensor> actual = Qdq.run(lowered, inputs);
        for (int i = 0; i < expected.size(); i++) {
            Tensor e = expected.get(i);
            Tensor a = actual.get(i);
            assertThat(a.toString()).isEqualTo(e.toString());
            assertThat(differing(e, a, tolerance))
                    .as("elements that differ")
                    .isLessThanOrEqualTo((long) (share * e.elementCount()));
            // A test of constants proves nothing.
            assertThat(e.toFloatArray()).as("expected values").isNotEqualTo(new float[(int) e.elementCount()]);
        }
    }

    private static long differing(Tensor expected, Tensor actual, double tolerance) {
        long count = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            double difference = Math.abs(expected.getDouble(i) - actual.getDouble(i));
            boolean integer = expected.dtype() != DType.FLOAT32;
            assertThat(difference)
                    .isLessThanOrEqualTo(integer ? 1 : tolerance * Math.max(1, Math.abs(expected.getDouble(i))));
            count += integer && difference > 0 ? 1 : 0;
        }
        return count;
    }
}
