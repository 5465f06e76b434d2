package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs an operator's own evaluation, on the calling thread, over tensors that are in place.
///
/// @param inputs null where an optional operand is absent
record EvaluateStep(Node node, List<@Nullable PlannedValue> inputs, List<PlannedValue> outputs) implements Step {
    @Override
    public String name() {
        return node.name();
    }

    @Override
    public String operator() {
        return node.op().type();
    }

    @Override
    public String by() {
        return "reference";
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        List<@Nullable Tensor> in = new ArrayList<>();
        for (PlannedValue input : inputs) {
            in.add(input == null ? null : Objects.requireNonNull(tensors[input.index()]));
        }
        List<Tensor> out = outputs.stream().map(v -> Objects.requireNonNull(tensors[v.index()])).toList();
        return _ -> evaluate(node, in, out);
    }

    /// What an operator refuses about its operands' values is the caller's fault, at this node.
    static void evaluate(Node node, List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        try {
            node.op().evaluate(inputs, outputs);
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw new GraphException(node + ": " + e.getMessage(), e);
        }
    }
}
