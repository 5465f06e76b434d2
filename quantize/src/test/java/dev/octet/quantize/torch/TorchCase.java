package dev.octet.quantize.torch;

import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.layer.TorchLayers;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A network of PyTorch's with inputs and what it gave for them.
record TorchCase(String name, Map<String, Tensor> state, List<Tensor> inputs, List<Tensor> outputs, JsonNode json) {
    /// Writes the network: from the names of its inputs to those of its outputs.
    interface Network {
        List<String> write(TorchLayers net, List<String> inputs);
    }

    /// All cases of a file beside this class.
    static Stream<TorchCase> read(String file) {
        try (InputStream in = TorchCase.class.getResourceAsStream(file)) {
            return JsonMapper.shared()
                    .readTree(Objects.requireNonNull(in))
                    .get("cases")
                    .valueStream()
                    .map(TorchCase::of);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static TorchCase of(JsonNode json) {
        Map<String, Tensor> state = new HashMap<>();
        json.get("state").propertyStream().forEach(p -> state.put(p.getKey(), tensor(p.getValue())));
        return new TorchCase(
                json.get("name").asString(), state, tensors(json, "inputs"), tensors(json, "outputs"), json);
    }

    static List<Tensor> tensors(JsonNode json, String name) {
        return json.get(name).valueStream().map(TorchCase::tensor).toList();
    }

    static Tensor tensor(JsonNode json) {
        long[] dims = json.get("shape").valueStream().mapToLong(JsonNode::asLong).toArray();
        JsonNode data = json.get("data");
        Tensor tensor =
                Tensor.allocate(
                        DType.valueOf(json.get("dtype").asString().toUpperCase(java.util.Locale.ROOT)), Shape.of(dims));
        for (int i = 0; i < data.size(); i++) {
            if (tensor.dtype() == DType.FLOAT32) {
                tensor.setFloat(i, (float) data.get(i).asDouble());
            } else {
                tensor.setLong(i, data.get(i).asLong());
            }
        }
        return tensor;
    }

    /// The graph of the network, with inputs `x0`, `x1`, … of the case's shapes.
    Graph graph(Network network) {
        GraphBuilder builder = new GraphBuilder("net");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            names.add(builder.input("x" + i, inputs.get(i).dtype(), PartialShape.of(inputs.get(i).shape())));
        }
        network.write(new TorchLayers(builder, state), names).forEach(builder::output);
        return builder.build();
    }

    /// What the graph gives for inputs, in the order of its outputs.
    static List<Tensor> run(Graph graph, List<Tensor> inputs) {
        try (Session session = Session.open(graph)) {
            Map<String, Tensor> results = session.run(named(inputs));
            return graph.outputs().stream().map(o -> results.get(o.name())).toList();
        }
    }

    static Map<String, Tensor> named(List<Tensor> inputs) {
        Map<String, Tensor> named = new LinkedHashMap<>();
        inputs.forEach(i -> named.put("x" + named.size(), i));
        return named;
    }

    @Override
    public String toString() {
        return name;
    }
}
