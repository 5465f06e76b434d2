package dev.octet.test;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.StructuredOp;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs a graph node by node through the operators' own type rules and reference evaluation: what an engine or a pass
/// is compared with.
public final class ReferenceInterpreter {
    private ReferenceInterpreter() {}

    private static final byte STALE = 0x55;

    /// The outputs of the graph, which are tensors, by name.
    public static Map<String, Tensor> run(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> values = runAll(graph, inputs);
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        for (ValueInfo output : graph.outputs()) {
            Tensor value = values.get(output.name());
            if (value == null) {
                throw new IllegalStateException("output '" + output.name() + "' has no value");
            }
            outputs.put(output.name(), value);
        }
        return outputs;
    }

    /// Every tensor of the graph, by name: inputs, constants and all that nodes define, apart from sequences and
    /// optional values.
    public static Map<String, Tensor> runAll(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> tensors = new HashMap<>();
        runValues(graph, inputs)
                .forEach((name, value) -> {
                    if (value instanceof Tensor tensor) {
                        tensors.put(name, tensor);
                    }
                });
        return tensors;
    }

    private static Map<String, Value> runValues(Graph graph, Map<String, ? extends Value> inputs) {
        Map<String, Value> values = new HashMap<>(graph.constants());
        for (ValueInfo input : graph.inputs()) {
            Value value = inputs.get(input.name());
            if (value == null) {
                throw new IllegalArgumentException("no tensor is given for input '" + input.name() + "'");
            }
            values.put(input.name(), value);
        }
        graph.nodes().forEach(node -> evaluate(node, values));
        return values;
    }

    /// A graph inside a node.
    private static List<Value> runBody(Graph graph, List<Value> inputs) {
        Map<String, Value> given = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            given.put(graph.inputs().get(i).name(), inputs.get(i));
        }
        Map<String, Value> values = runValues(graph, given);
        return graph.outputs().stream().map(o -> Objects.requireNonNull(values.get(o.name()))).toList();
    }

    private static void evaluate(Node node, Map<String, Value> values) {
        List<@Nullable Value> operands = new ArrayList<>();
        node.inputs().forEach(input -> operands.add(values.get(input)));
        try {
            List<? extends Value> results =
                    node.op() instanceof StructuredOp op
                            ? op.compute(operands, ReferenceInterpreter::runBody)
                            : tensors(node, operands);
            for (int i = 0; i < node.outputs().size(); i++) {
                values.put(node.outputs().get(i), results.get(i));
            }
        } catch (RuntimeException e) {
            throw new IllegalStateException(node + " on " + operands + ": " + e.getMessage(), e);
        }
    }

    private static List<Tensor> tensors(Node node, List<@Nullable Value> values) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<@Nullable TypeInfo> types = new ArrayList<>();
        for (Value value : values) {
            operands.add((Tensor) value);
            types.add(value == null ? null : TypeInfo.of((Tensor) value));
        }
        Inference inference = new Inference(types, operands, node.outputs().size(), ShapeInference::subgraph);
        node.op().infer(inference);
        List<Tensor> results = new ArrayList<>();
        for (TypeInfo type : inference.outputs()) {
            if (type == null || type.shape() == null) {
                throw new IllegalStateException("the type rule left an output open");
            }
            Tensor result = Tensor.allocate(type.dtype(), type.shape().toShape());
            // A plan's memory holds what was there before: an operator has to write every element.
            result.data().fill(STALE);
            results.add(result);
        }
        node.op().evaluate(operands, results);
        return results;
    }
}
