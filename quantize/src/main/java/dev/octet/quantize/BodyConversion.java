package dev.octet.quantize;

import dev.octet.graph.Attributes;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Operators;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Quantizes the graphs inside a node dynamically. Weights that they take from the graph around them are theirs before
/// that, or products would not know them as constants; those that nothing has quantized are taken from outside again.
final class BodyConversion {
    private final Graph outer;
    private final DynamicSpec spec;
    private final String scope;
    private final List<Conversion> inside = new ArrayList<>();

    /// @param outer the graph of the node
    /// @param scope what the names of new values begin with
    BodyConversion(Graph outer, DynamicSpec spec, String scope) {
        this.outer = outer;
        this.spec = spec;
        this.scope = scope;
    }

    /// What became of the graphs inside the nodes so far.
    List<Conversion> inside() {
        return inside;
    }

    /// The node with the graphs inside it quantized; itself if it has none.
    Node convert(Node node) {
        List<String> captured = Captures.in(node.op().attributes());
        int formal = node.inputs().size() - captured.size();
        Map<String, String> operands = new HashMap<>();
        for (int i = 0; i < captured.size(); i++) {
            operands.put(captured.get(i), node.input(formal + i));
        }
        Attributes.Builder changed = Attributes.builder();
        boolean any = false;
        for (Map.Entry<String, Attributes.Value> attribute : node.op().attributes().asMap().entrySet()) {
            if (attribute.getValue() instanceof Attributes.GraphValue(Graph body)) {
                String inner = scope + node.name() + "_" + attribute.getKey() + "/";
                changed.put(attribute.getKey(), new Attributes.GraphValue(convert(body, operands, inner)));
                any = true;
            } else {
                changed.put(attribute.getKey(), attribute.getValue());
            }
        }
        if (!any) {
            return node;
        }
        Attributes attributes = changed.build();
        List<String> inputs = new ArrayList<>(node.inputs().subList(0, formal));
        Captures.in(attributes).forEach(name -> inputs.add(operands.get(name)));
        return node.withOp(Operators.read("", node.op().type(), attributes)).withInputs(inputs);
    }

    private Graph convert(Graph body, Map<String, String> operands, String innerScope) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        for (String name : Captures.in(body)) {
            Tensor constant = outer.constants().get(operands.get(name));
            if (constant != null && constant.dtype() == DType.FLOAT32 && constant.shape().rank() > 0) {
                weights.put(name, constant);
            }
        }
        Conversion conversion = Quantizer.dynamic(withConstants(body, weights), spec, innerScope);
        inside.add(conversion);
        return withCaptures(conversion.graph(), body, weights);
    }

    private static Graph withConstants(Graph body, Map<String, Tensor> weights) {
        List<ValueInfo> inputs = body.inputs().stream().filter(i -> !weights.containsKey(i.name())).toList();
        GraphBuilder builder = body.toBuilder().inputs(inputs);
        weights.forEach(builder::constant);
        return builder.build();
    }

    /// @param body as it was before
    private static Graph withCaptures(Graph converted, Graph body, Map<String, Tensor> weights) {
        List<ValueInfo> inputs = new ArrayList<>(converted.inputs());
        GraphBuilder builder = converted.toBuilder();
        for (ValueInfo input : body.inputs()) {
            Tensor weight = weights.get(input.name());
            // The very tensor: a pass may have put another in its place.
            if (weight != null && converted.constants().get(input.name()) == weight) {
                builder.removeConstant(input.name());
                inputs.add(Captures.input(input.name(), TypeInfo.of(weight.dtype(), weight.shape())));
            }
        }
        return builder.inputs(inputs).build();
    }
}
