package dev.octet.engine;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Inference;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A graph made ready to run.
///
/// ```java
/// try (Session session = Session.open(graph)) {
///     Tensor y = session.run(Map.of("x", x)).get("y");
/// }
/// ```
///
/// [#run] may be called from many threads at once. Results are the same bits for any number of threads.
public final class Session implements AutoCloseable {
    private final Graph graph;
    private final SessionOptions options;
    private volatile boolean closed;

    private Session(Graph graph, SessionOptions options) {
        this.graph = graph;
        this.options = options;
    }

    /// Opens a session with [SessionOptions#defaults].
    public static Session open(Graph graph) {
        return open(graph, SessionOptions.defaults());
    }

    /// Checks and optimizes a graph.
    ///
    /// @throws UnsupportedOperatorException naming every node that cannot run
    /// @throws GraphException if operands do not fit their operator
    /// @throws IllegalArgumentException if a watched value is not in the graph
    public static Session open(Graph graph, SessionOptions options) {
        for (String value : options.watchedValues()) {
            if (!graph.isInput(value) && graph.constant(value).isEmpty() && graph.producer(value).isEmpty()) {
                throw new IllegalArgumentException(
                        "watched value '" + value + "' is not in graph '" + graph.name() + "'");
            }
        }
        SupportCheck.check(graph);
        return new Session(graph, options);
    }

    /// Inputs that [#run] expects.
    public List<ValueInfo> inputs() {
        return graph.inputs();
    }

    /// Outputs that [#run] returns.
    public List<ValueInfo> outputs() {
        return graph.outputs();
    }

    /// Computes the outputs by name, in the order of [#outputs]. They live as long as they are reachable.
    ///
    /// @param inputs every input by name
    /// @throws IllegalArgumentException if an input is missing, unknown, or not of the declared type and shape
    /// @throws IllegalStateException if the session is closed
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return run(inputs, (_, _) -> {});
    }

    /// Computes the outputs and shows the watched values to a listener as they are computed.
    public Map<String, Tensor> run(Map<String, Tensor> inputs, ValueListener listener) {
        if (closed) {
            throw new IllegalStateException("the session of graph '" + graph.name() + "' is closed");
        }
        InputCheck.check(graph, inputs);
        Map<String, Tensor> values = new HashMap<>(graph.constants());
        values.putAll(inputs);
        for (String value : options.watchedValues()) {
            if (values.containsKey(value)) {
                listener.accept(value, Objects.requireNonNull(values.get(value)));
            }
        }
        for (Node node : graph.nodes()) {
            evaluate(node, values);
            for (String output : node.outputs()) {
                if (options.watchedValues().contains(output)) {
                    listener.accept(output, Objects.requireNonNull(values.get(output)));
                }
            }
        }
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        graph.outputs().forEach(o -> outputs.put(o.name(), Objects.requireNonNull(values.get(o.name())).copy()));
        return outputs;
    }

    private static void evaluate(Node node, Map<String, Tensor> values) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<@Nullable TypeInfo> types = new ArrayList<>();
        for (String input : node.inputs()) {
            Tensor operand = values.get(input);
            operands.add(operand);
            types.add(operand == null ? null : TypeInfo.of(operand));
        }
        Inference inference = new Inference(types, operands, node.outputs().size());
        try {
            node.op().infer(inference);
        } catch (IllegalArgumentException e) {
            throw new GraphException(node + ": " + e.getMessage(), e);
        }
        List<Tensor> results = new ArrayList<>();
        for (int i = 0; i < node.outputs().size(); i++) {
            TypeInfo type = inference.outputs().get(i);
            if (type == null || type.shape() == null) {
                throw new GraphException(node + ": output " + i + " has no shape");
            }
            Tensor result = Tensor.allocate(type.dtype(), type.shape().toShape());
            results.add(result);
            values.put(node.outputs().get(i), result);
        }
        values.remove("");
        node.op().evaluate(operands, results);
    }

    /// Ends the session; runs in progress end first, later ones are refused.
    @Override
    public void close() {
        closed = true;
    }
}
