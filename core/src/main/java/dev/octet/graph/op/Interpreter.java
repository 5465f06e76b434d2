package dev.octet.graph.op;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs a graph node by node through the operators' own type rules and evaluation.
final class Interpreter {
    private Interpreter() {}

    /// The outputs, in the graph's order.
    ///
    /// @param inputs a value for each input of the graph
    /// @throws IllegalArgumentException if a node cannot compute these inputs
    static List<Value> run(Graph graph, List<? extends Value> inputs) {
        Map<String, Value> values = new HashMap<>(graph.constants());
        for (int i = 0; i < inputs.size(); i++) {
            values.put(graph.inputs().get(i).name(), inputs.get(i));
        }
        for (Node node : graph.nodes()) {
            try {
                run(node, values);
            } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
                throw new IllegalArgumentException("in its body: " + node + ": " + e.getMessage(), e);
            }
        }
        return graph.outputs().stream().map(v -> Objects.requireNonNull(values.get(v.name()), v.name())).toList();
    }

    private static void run(Node node, Map<String, Value> values) {
        List<@Nullable Value> operands = new ArrayList<>();
        node.inputs().forEach(input -> operands.add(values.get(input)));
        List<? extends Value> results =
                switch (node.op()) {
                    case StructuredOp op -> op.compute(operands, Interpreter::run);
                    case Identity _ -> List.of(Structured.get(operands, 0));
                    default -> evaluate(node, operands);
                };
        for (int i = 0; i < node.outputs().size(); i++) {
            values.put(node.outputs().get(i), results.get(i));
        }
    }

    private static List<Tensor> evaluate(Node node, List<@Nullable Value> values) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            Value value = values.get(i);
            operands.add(value == null ? null : Structured.tensor(value, "input " + i));
        }
        Inference inference = Inference.of(operands, node.outputs().size());
        node.op().infer(inference);
        List<Tensor> results = new ArrayList<>();
        for (TypeInfo type : inference.outputs()) {
            if (type == null || type.shape() == null || !type.isFixed()) {
                throw new IllegalArgumentException("the shape of an output does not follow from " + operands);
            }
            results.add(Tensor.allocate(type.dtype(), type.shape().toShape()));
        }
        node.op().evaluate(operands, results);
        return results;
    }
}
