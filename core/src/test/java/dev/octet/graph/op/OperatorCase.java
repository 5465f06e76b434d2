package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// One node with its operands and the results that ONNX's reference evaluator found; see make_operator_cases.py.
record OperatorCase(Op op, List<Tensor> inputs, List<Tensor> outputs) {
    static List<OperatorCase> all() throws IOException {
        try (InputStream in = OperatorCase.class.getResourceAsStream("operator_cases.json")) {
            List<OperatorCase> cases = new ArrayList<>();
            new ObjectMapper().readTree(in).forEach(node -> cases.add(of(node)));
            return cases;
        }
    }

    private static OperatorCase of(JsonNode node) {
        Attributes.Builder attributes = Attributes.builder();
        node.get("attributes").properties().forEach(e -> put(attributes, e.getKey(), e.getValue()));
        Op op = Operators.read("", node.get("op").asString(), attributes.build());
        return new OperatorCase(op, tensors(node.get("inputs")), tensors(node.get("outputs")));
    }

    private static void put(Attributes.Builder attributes, String name, JsonNode value) {
        if (value.isString()) {
            attributes.put(name, value.asString());
        } else if (value.isArray()) {
            attributes.put(name, StreamSupport.stream(value.spliterator(), false).map(JsonNode::asLong).toList());
        } else if (value.has("float")) {
            attributes.put(name, value.get("float").floatValue());
        } else if (value.has("tensor")) {
            attributes.put(name, tensor(value.get("tensor")));
        } else {
            attributes.put(name, value.asLong());
        }
    }

    private static List<Tensor> tensors(JsonNode nodes) {
        List<Tensor> tensors = new ArrayList<>();
        nodes.forEach(n -> tensors.add(n.isNull() ? null : tensor(n)));
        return tensors;
    }

    private static Tensor tensor(JsonNode node) {
        long[] dims = StreamSupport.stream(node.get(1).spliterator(), false).mapToLong(JsonNode::asLong).toArray();
        Tensor tensor = Tensor.allocate(DType.valueOf(node.get(0).asString()), Shape.of(dims));
        tensor.data().copyFrom(MemorySegment.ofArray(Base64.getDecoder().decode(node.get(2).asString())));
        return tensor;
    }

    List<TypeInfo> inputTypes() {
        List<TypeInfo> types = new ArrayList<>();
        inputs.forEach(t -> types.add(t == null ? null : TypeInfo.of(t)));
        return types;
    }

    @Override
    public String toString() {
        return op + " of " + inputs;
    }
}
