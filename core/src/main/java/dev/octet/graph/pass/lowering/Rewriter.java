package dev.octet.graph.pass.lowering;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Op;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A graph while it is rewritten: nodes come and go, and who defines and who reads a value stays known.
final class Rewriter {
    private final GraphBuilder builder;
    private final Set<String> opsets;
    private final Map<String, Tensor> constants;
    private final Map<String, TypeInfo> types;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Set<Node> present = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<String, Node> producers = new HashMap<>();
    private final Map<String, Set<String>> consumers = new HashMap<>();
    private final Set<String> outputs = new HashSet<>();

    /// @param types types of the graph's values, as far as they are known
    Rewriter(Graph graph, Map<String, TypeInfo> types) {
        this.builder = graph.toBuilder();
        this.opsets = graph.opsets().keySet();
        this.constants = new HashMap<>(graph.constants());
        this.types = new HashMap<>(types);
        graph.outputs().forEach(o -> outputs.add(o.name()));
        graph.nodes().forEach(this::add);
    }

    /// The nodes of the moment.
    List<Node> nodes() {
        return new ArrayList<>(nodes.values());
    }

    /// Whether a node is still part of the graph, as it is.
    boolean contains(Node node) {
        return present.contains(node);
    }

    @Nullable Node producer(String value) {
        return producers.get(value);
    }

    List<Node> consumers(String value) {
        List<Node> found = new ArrayList<>();
        for (String name : consumers.getOrDefault(value, Set.of())) {
            found.add(Objects.requireNonNull(nodes.get(name)));
        }
        return found;
    }

    /// The one node that reads a value, once, or null if there are more readers or the graph returns it.
    @Nullable Node soleConsumer(String value) {
        List<Node> found = consumers(value);
        boolean sole =
                found.size() == 1
                        && !isOutput(value)
                        && found.get(0).inputs().stream().filter(value::equals).count() == 1;
        return sole ? found.get(0) : null;
    }

    boolean isOutput(String value) {
        return outputs.contains(value);
    }

    @Nullable Tensor constant(String value) {
        return constants.get(value);
    }

    String addConstant(String base, Tensor tensor) {
        String name = builder.freshConstant(base, tensor);
        constants.put(name, tensor);
        types.put(name, TypeInfo.of(tensor));
        return name;
    }

    String freshName(String base) {
        return builder.freshName(base);
    }

    @Nullable TypeInfo type(String value) {
        return types.get(value);
    }

    @Nullable DType dtype(String value) {
        TypeInfo type = types.get(value);
        return type == null ? null : type.dtype();
    }

    /// Rank of a value, or -1 if it is not known.
    int rank(String value) {
        TypeInfo type = types.get(value);
        return type == null || type.shape() == null ? -1 : type.shape().rank();
    }

    /// States the type of a new value.
    void declare(String value, DType dtype, String shapedAs) {
        TypeInfo like = types.get(shapedAs);
        types.put(value, new TypeInfo(dtype, like == null ? null : like.shape()));
    }

    void add(Node node) {
        nodes.put(node.name(), node);
        present.add(node);
        node.outputs().stream().filter(o -> !o.isEmpty()).forEach(o -> producers.put(o, node));
        for (String input : node.inputs()) {
            if (!input.isEmpty()) {
                consumers.computeIfAbsent(input, _ -> new LinkedHashSet<>()).add(node.name());
            }
        }
    }

    void remove(Node node) {
        present.remove(nodes.remove(node.name()));
        node.outputs().forEach(o -> producers.remove(o, node));
        for (String input : node.inputs()) {
            Set<String> readers = consumers.get(input);
            if (readers != null) {
                readers.remove(node.name());
            }
        }
    }

    /// Puts one node in the place of others.
    void replace(Collection<Node> old, Node node) {
        old.forEach(this::remove);
        add(node);
    }

    /// Lets all readers of one value read another; the value must not be an output of the graph.
    void redirect(String from, String to) {
        UnaryOperator<String> rename = i -> i.equals(from) ? to : i;
        for (Node consumer : consumers(from)) {
            remove(consumer);
            add(consumer.withInputs(consumer.inputs().stream().map(rename).toList()));
        }
    }

    /// Gives a value that a node defines another name.
    void rename(Node producer, String from, String to) {
        remove(producer);
        add(producer.withOutputs(producer.outputs().stream().map(o -> o.equals(from) ? to : o).toList()));
        redirect(from, to);
    }

    /// Nodes and constants that the outputs depend on, as a graph.
    Graph toGraph() {
        Set<String> live = new LinkedHashSet<>(outputs);
        Deque<String> open = new ArrayDeque<>(outputs);
        Set<String> kept = new HashSet<>();
        while (!open.isEmpty()) {
            Node node = producers.get(open.pop());
            if (node != null && kept.add(node.name())) {
                node.inputs().stream().filter(live::add).forEach(open::push);
            }
        }
        List<Node> remaining = nodes().stream().filter(n -> kept.contains(n.name())).toList();
        constants.keySet().stream().filter(c -> !live.contains(c)).forEach(builder::removeConstant);
        remaining.stream().map(Node::op).map(Op::domain).filter(d -> !d.isEmpty()).forEach(this::importDomain);
        return builder.nodes(remaining).build();
    }

    private void importDomain(String domain) {
        if (!opsets.contains(domain)) {
            builder.opset(domain, 1);
        }
    }
}
