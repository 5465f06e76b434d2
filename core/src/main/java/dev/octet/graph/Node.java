package dev.octet.graph;

import dev.octet.graph.op.Op;
import java.util.List;

/// One operation of a [Graph]: reads values by name and defines others.
///
/// @param name unique among the nodes of a graph; what messages and configuration rules call it
/// @param inputs value names; the empty string is an optional input that is absent
/// @param outputs value names; the empty string is an optional output that nobody reads
public record Node(String name, Op op, List<String> inputs, List<String> outputs, Metadata metadata) {
    public Node {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    public Node(String name, Op op, List<String> inputs, List<String> outputs) {
        this(name, op, inputs, outputs, Metadata.EMPTY);
    }

    /// Name of an input, or the empty string if it is absent.
    public String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    /// Whether an input is present.
    public boolean has(int index) {
        return !input(index).isEmpty();
    }

    public String output() {
        return outputs.get(0);
    }

    public Node withOp(Op newOp) {
        return new Node(name, newOp, inputs, outputs, metadata);
    }

    public Node withInputs(List<String> newInputs) {
        return new Node(name, op, newInputs, outputs, metadata);
    }

    public Node withOutputs(List<String> newOutputs) {
        return new Node(name, op, inputs, newOutputs, metadata);
    }

    /// Operator and name, as messages cite a node: `Conv 'conv1'`.
    @Override
    public String toString() {
        return op.type() + " '" + name + "'";
    }
}
