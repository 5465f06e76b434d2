package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Inference;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs an operator whose shapes depend on data: finds them from the operands' values, then allocates and evaluates.
///
/// @param inputs null where an optional operand is absent
/// @param outputs all dynamic
record DynamicStep(Node node, List<@Nullable PlannedValue> inputs, List<PlannedValue> outputs) implements Step {
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
        return "dynamic";
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        return run -> run(run, tensors);
    }

    private void run(Run run, @Nullable Tensor[] tensors) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<@Nullable TypeInfo> types = new ArrayList<>();
        for (PlannedValue input : inputs) {
            Tensor operand = input == null ? null : tensors[input.index()];
            operands.add(operand);
            types.add(operand == null ? null : TypeInfo.of(operand));
        }
        Inference inference = new Inference(types, operands, outputs.size(), ShapeInference::subgraph);
        try {
            node.op().infer(inference);
        } catch (IllegalArgumentException e) {
            throw new GraphException(node + ": " + e.getMessage(), e);
        }
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            TypeInfo type = inference.outputs().get(i);
            if (type == null || type.shape() == null || !type.isFixed()) {
                throw new GraphException(
                        node
                                + ": output "
                                + i
                                + " does not follow from operands "
                                + types.stream().map(t -> t == null ? "absent" : t.toString()).toList());
            }
            results.add(run.allocate(type.dtype(), type.shape().toShape()));
        }
        EvaluateStep.evaluate(node, operands, results);
        for (int i = 0; i < results.size(); i++) {
            tensors[outputs.get(i).index()] = results.get(i);
        }
    }
}
