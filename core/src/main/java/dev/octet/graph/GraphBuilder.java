package dev.octet.graph;

import dev.octet.graph.op.Op;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Collects the parts of a [Graph] in any order; [#build] sorts and verifies them.
///
/// ```java
/// GraphBuilder b = new GraphBuilder("tiny");
/// String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 4));
/// String w = b.constant("w", weights);
/// b.output(b.add(Unary.of(UnaryFunction.RELU), b.add(new MatMul(), x, w)));
/// Graph graph = b.build();
/// ```
public final class GraphBuilder {
    /// Newest version of the standard's operators that Octet knows.
    public static final int LATEST_OPSET = 28;

    String name;
    final List<ValueInfo> inputs = new ArrayList<>();
    final List<ValueInfo> outputs = new ArrayList<>();
    final List<Node> nodes = new ArrayList<>();
    final Map<String, Tensor> constants = new LinkedHashMap<>();
    final Map<String, TypeInfo> types = new LinkedHashMap<>();
    final Map<String, Integer> opsets = new LinkedHashMap<>();
    Metadata metadata = Metadata.EMPTY;
    private final Map<String, Integer> nameCounters = new HashMap<>();
    private final Set<String> names = new HashSet<>();

    public GraphBuilder(String name) {
        this.name = name;
    }

    GraphBuilder(Graph graph) {
        this(graph.name());
        inputs.addAll(graph.inputs());
        outputs.addAll(graph.outputs());
        nodes.addAll(graph.nodes());
        constants.putAll(graph.constants());
        types.putAll(graph.types());
        opsets.putAll(graph.opsets());
        metadata = graph.metadata();
        inputs.forEach(v -> names.add(v.name()));
        names.addAll(constants.keySet());
        nodes.forEach(this::reserveNames);
    }

    private void reserveNames(Node node) {
        names.add(node.name());
        names.addAll(node.outputs());
    }

    /// A name that no value and no node has yet: `base`, or `base_1`, `base_2`, ….
    public String freshName(String base) {
        String candidate = base;
        while (!names.add(candidate)) {
            candidate = base + "_" + nameCounters.merge(base, 1, Integer::sum);
        }
        return candidate;
    }

    public GraphBuilder name(String newName) {
        name = newName;
        return this;
    }

    public GraphBuilder metadata(Metadata newMetadata) {
        metadata = newMetadata;
        return this;
    }

    /// Sets the version of an operator domain; the standard's domain is the empty string.
    public GraphBuilder opset(String domain, int version) {
        opsets.put(domain, version);
        return this;
    }

    /// Declares an input and returns its name.
    public String input(String value, DType dtype, @Nullable PartialShape shape) {
        return input(new ValueInfo(value, new TypeInfo(dtype, shape)));
    }

    public String input(ValueInfo value) {
        names.add(value.name());
        inputs.add(value);
        return value.name();
    }

    /// Replaces all inputs.
    public GraphBuilder inputs(List<ValueInfo> newInputs) {
        inputs.clear();
        newInputs.forEach(this::input);
        return this;
    }

    /// Adds a constant under that name, or replaces it, and returns the name.
    public String constant(String value, Tensor tensor) {
        names.add(value);
        constants.put(value, tensor);
        return value;
    }

    /// Adds a constant under a fresh name that starts with `base`, and returns the name.
    public String freshConstant(String base, Tensor tensor) {
        return constant(freshName(base), tensor);
    }

    public GraphBuilder removeConstant(String value) {
        constants.remove(value);
        return this;
    }

    /// States the type of an inner value.
    public GraphBuilder type(String value, TypeInfo type) {
        types.put(value, type);
        return this;
    }

    /// Adds an operation with one output under fresh names, and returns the output's name.
    public String add(Op op, String... operands) {
        String base = freshName(op.type());
        String output = freshName(base + "_output");
        add(new Node(base, op, List.of(operands), List.of(output)));
        return output;
    }

    /// Marks where the part begins that is to be quantized, and returns the value to go on with; see [QuantStubs].
    public String quantStub(String stub, String value) {
        String output = freshName(stub + "_output");
        add(QuantStubs.begin(stub, value, output));
        return output;
    }

    /// Marks where that part ends, and returns the value to go on with.
    public String deQuantStub(String stub, String value) {
        String output = freshName(stub + "_output");
        add(QuantStubs.end(stub, value, output));
        return output;
    }

    public GraphBuilder add(Node node) {
        reserveNames(node);
        nodes.add(node);
        return this;
    }

    /// Replaces all nodes.
    public GraphBuilder nodes(List<Node> newNodes) {
        nodes.clear();
        newNodes.forEach(this::add);
        return this;
    }

    /// Declares a value as output; its type is found by inference.
    public GraphBuilder output(String value) {
        return output(new ValueInfo(value, types.getOrDefault(value, new TypeInfo(DType.FLOAT32, null))));
    }

    public GraphBuilder output(ValueInfo value) {
        outputs.add(value);
        return this;
    }

    /// Replaces all outputs.
    public GraphBuilder outputs(List<ValueInfo> newOutputs) {
        outputs.clear();
        outputs.addAll(newOutputs);
        return this;
    }

    /// Sorts the nodes and checks the graph.
    ///
    /// @throws GraphException if a value is undefined or defined twice, a name is used twice, or nodes form a cycle
    public Graph build() {
        opsets.putIfAbsent("", LATEST_OPSET);
        sort();
        Graph graph = new Graph(this);
        GraphVerifier.verify(graph);
        return graph;
    }

    /// Depth-first order: a graph that is sorted already keeps its order.
    private void sort() {
        Map<String, Integer> producer = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String output : nodes.get(i).outputs()) {
                producer.put(output, i);
            }
        }
        List<Node> sorted = new ArrayList<>(nodes.size());
        byte[] state = new byte[nodes.size()];
        for (int root = 0; root < nodes.size(); root++) {
            visit(root, producer, state, sorted);
        }
        nodes.clear();
        nodes.addAll(sorted);
    }

    private static final byte OPEN = 1;
    private static final byte DONE = 2;

    /// Depth-first with a stack of our own, since a hostile file may nest deeper than the thread's stack.
    private void visit(int root, Map<String, Integer> producer, byte[] state, List<Node> sorted) {
        Deque<Integer> stack = new ArrayDeque<>();
        stack.push(root);
        while (!stack.isEmpty()) {
            int index = stack.peek();
            if (state[index] == DONE) {
                stack.pop();
                continue;
            }
            boolean ready = true;
            state[index] = OPEN;
            List<String> operands = nodes.get(index).inputs();
            for (int i = operands.size() - 1; i >= 0; i--) {
                Integer source = operands.get(i).isEmpty() ? null : producer.get(operands.get(i));
                if (source == null || state[source] == DONE) {
                    continue;
                }
                if (state[source] == OPEN) {
                    throw new GraphException(
                            nodes.get(index) + " is part of a cycle through '" + operands.get(i) + "'");
                }
                stack.push(source);
                ready = false;
            }
            if (ready) {
                stack.pop();
                state[index] = DONE;
                sorted.add(nodes.get(index));
            }
        }
    }
}
