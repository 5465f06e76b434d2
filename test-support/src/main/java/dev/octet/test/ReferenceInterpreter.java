package dev.octet.test;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Inference;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Runs a graph node by node through the operators' own type rules and reference evaluation: what an engine or a pass
/// is compared with.
public final class ReferenceInterpreter {
    private ReferenceInterpreter() {}

    /// The outputs of the graph, by name.
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

    /// Every value of the graph, by name: inputs, constants and all that nodes define.
    public static Map<String, Tensor> runAll(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> values = new HashMap<>(graph.constants());
        for (ValueInfo input : graph.inputs()) {
            Tensor value = inputs.get(input.name());
            if (value == null) {
                throw new IllegalArgumentException("no tensor is given for input '" + input.name() + "'");
            }
            values.put(input.name(), value);
        }
        graph.nodes().forEach(node -> evaluate(node, values));
        return values;
    }

    private static void evaluate(Node node, Map<String, Tensor> values) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<@Nullable TypeInfo> types = new ArrayList<>();
        for (String input : node.inputs()) {
            Tensor operand = values.get(input);
            operands.add(operand);
            types.add(operand == null ? null : TypeInfo.of(operand));
        }
        Inference inference = new Inference(types, operands, node.outputs().size(), ShapeInference::subgraph);
        try {
            node.op().infer(inference);
            List<Tensor> results = new ArrayList<>();
            for (TypeInfo type : inference.outputs()) {
                if (type == null || type.shape() == null) {
                    throw new IllegalStateException("the type rule left an output open");
                }
                results.add(Tensor.allocate(type.dtype(), type.shape().toShape()));
            }
            node.op().evaluate(operands, results);
            for (int i = 0; i < results.size(); i++) {
                values.put(node.outputs().get(i), results.get(i));
            }
        } catch (RuntimeException e) {
            throw new IllegalStateException(node + " on " + types + ": " + e.getMessage(), e);
        }
    }
}
