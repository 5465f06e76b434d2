package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.op.StructuredOp;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs an operator on sequences and optional values, or one that runs graphs of its own.
///
/// @param inputs null where an optional operand is absent
record StructuredStep(
        Node node, StructuredOp op, List<@Nullable PlannedValue> inputs, List<PlannedValue> outputs, BodyPlans bodies)
        implements Step {
    @Override
    public String name() {
        return node.name();
    }

    @Override
    public String operator() {
        return op.type();
    }

    @Override
    public String by() {
        return "control";
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        return run -> run(run, tensors);
    }

    private void run(Run run, @Nullable Tensor[] tensors) {
        // Memory of the plan is used again, so what may be part of a result must not lie there.
        boolean keeps = outputs.stream().anyMatch(o -> !(o instanceof PlannedValue.Placed));
        List<@Nullable Value> operands = new ArrayList<>();
        for (PlannedValue input : inputs) {
            operands.add(input == null ? null : operand(input, keeps, run, tensors));
        }
        List<Value> results;
        try {
            results = op.compute(operands, (graph, values) -> bodies.run(graph, values, run));
        } catch (OutOfMemoryError e) {
            throw new GraphException(
                    node + ": a run needs more memory than the Java virtual machine has: " + e.getMessage(), e);
        } catch (GraphException e) {
            throw new GraphException("in " + node + ": " + e.getMessage(), e);
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw new GraphException(node + ": " + e.getMessage(), e);
        }
        if (results.size() < outputs.size()) {
            throw new GraphException(
                    node + ": has " + outputs.size() + " outputs, but the operator only " + results.size());
        }
        for (int i = 0; i < outputs.size(); i++) {
            put(outputs.get(i), results.get(i), i, run, tensors);
        }
    }

    private static Value operand(PlannedValue input, boolean keeps, Run run, @Nullable Tensor[] tensors) {
        if (input instanceof PlannedValue.Structured) {
            return run.structured(input.index());
        }
        Tensor tensor = Objects.requireNonNull(tensors[input.index()]);
        return keeps && input instanceof PlannedValue.Placed ? tensor.copy() : tensor;
    }

    private void put(PlannedValue output, Value result, int index, Run run, @Nullable Tensor[] tensors) {
        switch (output) {
            case PlannedValue.Structured _ -> run.putStructured(output.index(), result);
            case PlannedValue.Dynamic _ -> tensors[output.index()] = tensor(result, index);
            case PlannedValue.Placed placed -> {
                Tensor tensor = tensor(result, index);
                if (tensor.dtype() != placed.dtype() || !tensor.shape().equals(placed.shape())) {
                    throw new GraphException(
                            node
                                    + ": output "
                                    + index
                                    + ": expected "
                                    + placed.dtype()
                                    + " "
                                    + placed.shape()
                                    + ", found "
                                    + tensor);
                }
                Objects.requireNonNull(tensors[output.index()]).data().copyFrom(tensor.data());
            }
            case PlannedValue.Constant _ -> throw new IllegalStateException(node + " defines a constant");
        }
    }

    private Tensor tensor(Value value, int index) {
        if (value instanceof Tensor tensor) {
            return tensor;
        }
        throw new GraphException(node + ": output " + index + ": expected a tensor, found " + value);
    }
}
