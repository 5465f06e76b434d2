package dev.octet.graph.op;

import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/// A graph inside a node, with where the values are that it takes from around the node; see [Captures].
///
/// @param operands index of each captured value among the node's operands
record Closure(Graph graph, List<Integer> operands) {
    /// @param op of which the graph is an attribute
    /// @param operandCount how many operands the node has, the captured ones included
    static Closure of(Op op, Graph graph, int operandCount) {
        List<String> all = Captures.in(op.attributes());
        int formal = operandCount - all.size();
        if (formal < 0) {
            throw Inference.mismatch("operands", "at least the " + all.size() + " captured values", operandCount);
        }
        return new Closure(graph, Captures.in(graph).stream().map(name -> formal + all.indexOf(name)).toList());
    }

    /// How many operands of a node are the operator's own.
    static int formalCount(Op op, int operandCount) {
        return operandCount - Captures.in(op.attributes()).size();
    }

    /// @param formal the graph's own inputs
    /// @param inputs all operands of the node
    List<Value> run(StructuredOp.Runner runner, List<Value> formal, List<@Nullable Value> inputs) {
        requireCount(formal.size());
        // A loop may go on for ever: whoever waits for it must be able to stop it.
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted before graph '" + graph.name() + "'");
        }
        List<Value> values = new ArrayList<>(formal);
        operands.forEach(i -> values.add(Structured.get(inputs, i)));
        return runner.run(graph, values);
    }

    /// Types of the graph's outputs; null where nothing is known.
    ///
    /// @param formal types of the graph's own inputs
    List<@Nullable TypeInfo> infer(Inference inference, List<@Nullable TypeInfo> formal) {
        requireCount(formal.size());
        List<@Nullable TypeInfo> types = new ArrayList<>(formal);
        List<@Nullable Tensor> values = new ArrayList<>();
        formal.forEach(_ -> values.add(null));
        for (int operand : operands) {
            types.add(inference.type(operand));
            values.add(inference.constant(operand));
        }
        try {
            return inference.subgraph(graph, types, values);
        } catch (GraphException e) {
            throw new IllegalArgumentException("in graph '" + graph.name() + "': " + e.getMessage(), e);
        }
    }

    private void requireCount(int formal) {
        int expected = graph.inputs().size() - operands.size();
        if (formal != expected) {
            throw Inference.mismatch("inputs of graph '" + graph.name() + "'", formal, expected);
        }
    }

    void requireOutputs(int count) {
        if (graph.outputs().size() != count) {
            throw Inference.mismatch("outputs of graph '" + graph.name() + "'", count, graph.outputs().size());
        }
    }
}
