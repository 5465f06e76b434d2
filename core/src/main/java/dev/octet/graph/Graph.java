package dev.octet.graph;

import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// A model: nodes in an order in which they can run, over values that each have one definition.
///
/// A value is an input, a constant or the output of one node, and is known by its name. Immutable: a pass is a function
/// from graph to graph. Obtained from [GraphBuilder]; checked by [GraphVerifier].
public final class Graph {
    private final String name;
    private final List<ValueInfo> inputs;
    private final List<ValueInfo> outputs;
    private final List<Node> nodes;
    private final Map<String, Tensor> constants;
    private final Map<String, TypeInfo> types;
    private final Map<String, Integer> opsets;
    private final Metadata metadata;
    private final Map<String, Node> producers;
    private final Map<String, List<Node>> consumers;
    private final Map<Class<?>, Object> analyses = new ConcurrentHashMap<>();

    Graph(GraphBuilder builder) {
        name = builder.name;
        inputs = List.copyOf(builder.inputs);
        outputs = List.copyOf(builder.outputs);
        nodes = List.copyOf(builder.nodes);
        constants = Collections.unmodifiableMap(new LinkedHashMap<>(builder.constants));
        types = Collections.unmodifiableMap(new LinkedHashMap<>(builder.types));
        opsets = Collections.unmodifiableMap(new LinkedHashMap<>(builder.opsets));
        metadata = builder.metadata;
        producers = new HashMap<>();
        consumers = new HashMap<>();
        for (Node node : nodes) {
            node.outputs().stream().filter(o -> !o.isEmpty()).forEach(o -> producers.put(o, node));
            node.inputs().stream()
                    .filter(i -> !i.isEmpty())
                    .distinct()
                    .forEach(i -> consumers.computeIfAbsent(i, _ -> new ArrayList<>()).add(node));
        }
    }

    /// A builder that holds this graph's content, to make a changed copy.
    public GraphBuilder toBuilder() {
        return new GraphBuilder(this);
    }

    public String name() {
        return name;
    }

    /// Values that a caller gives.
    public List<ValueInfo> inputs() {
        return inputs;
    }

    /// Values that a caller gets.
    public List<ValueInfo> outputs() {
        return outputs;
    }

    /// Nodes, each after those that define its inputs.
    public List<Node> nodes() {
        return nodes;
    }

    /// Weights and other constants by value name, in the file's order. Never modified.
    public Map<String, Tensor> constants() {
        return constants;
    }

    /// The constant of that name, if it is one.
    public Optional<Tensor> constant(String value) {
        return Optional.ofNullable(constants.get(value));
    }

    /// Types that the file states for inner values; they may be absent or wrong, inference decides.
    public Map<String, TypeInfo> types() {
        return types;
    }

    /// Version of each operator set by domain; the standard's domain is the empty string.
    public Map<String, Integer> opsets() {
        return opsets;
    }

    public Metadata metadata() {
        return metadata;
    }

    /// The node that defines a value; empty for inputs and constants.
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    /// The nodes that read a value, in order, each once. A graph output counts as no consumer; see [#isOutput].
    public List<Node> consumers(String value) {
        return Collections.unmodifiableList(consumers.getOrDefault(value, List.of()));
    }

    /// What follows from this graph alone and several passes ask for; found once and kept as long as the graph.
    ///
    /// @param kind of the result, which says what is asked for
    /// @param analyze finds the result
    public <T> T analysis(Class<T> kind, Function<Graph, T> analyze) {
        Object known = analyses.get(kind);
        if (known != null) {
            return kind.cast(known);
        }
        T found = analyze.apply(this);
        analyses.put(kind, found);
        return found;
    }

    public boolean isInput(String value) {
        return inputs.stream().anyMatch(v -> v.name().equals(value));
    }

    public boolean isOutput(String value) {
        return outputs.stream().anyMatch(v -> v.name().equals(value));
    }
}
