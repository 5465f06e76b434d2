package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A node as a file of some operator set has it, on its way to that of another.
///
/// @param op the operator, where attributes of no operator set can say which it is
record FileNode(
        String domain, String type, Attributes attributes, List<String> inputs, List<String> outputs, @Nullable Op op) {
    FileNode {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }

    FileNode(String domain, String type, Attributes attributes, List<String> inputs, List<String> outputs) {
        this(domain, type, attributes, inputs, outputs, null);
    }

    static FileNode standard(String type, Attributes attributes, List<String> inputs, String output) {
        return new FileNode("", type, attributes, inputs, List.of(output));
    }

    /// Name of an input, or the empty string if it is absent.
    String input(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    FileNode withType(String newType) {
        return new FileNode(domain, newType, attributes, inputs, outputs, op);
    }

    FileNode withOp(Op newOp) {
        return new FileNode(domain, type, attributes, inputs, outputs, newOp);
    }

    FileNode with(String name, Attributes.Value value) {
        Map<String, Attributes.Value> values = new LinkedHashMap<>(attributes.asMap());
        values.put(name, value);
        return withAttributes(Attributes.of(values));
    }

    FileNode without(String... names) {
        Map<String, Attributes.Value> values = new LinkedHashMap<>(attributes.asMap());
        List.of(names).forEach(values::remove);
        return withAttributes(Attributes.of(values));
    }

    private FileNode withAttributes(Attributes newAttributes) {
        return new FileNode(domain, type, newAttributes, inputs, outputs, op);
    }

    FileNode withInputs(String... newInputs) {
        return new FileNode(domain, type, attributes, List.of(newInputs), outputs, op);
    }

    /// This node with one input set; those that lack before it become absent.
    FileNode withInput(int index, String value) {
        List<String> list = new ArrayList<>(inputs);
        list.addAll(Collections.nCopies(Math.max(0, index + 1 - list.size()), ""));
        list.set(index, value);
        return new FileNode(domain, type, attributes, list, outputs, op);
    }

    /// This node with the first inputs only.
    FileNode withInputCount(int count) {
        return count >= inputs.size()
                ? this
                : new FileNode(domain, type, attributes, inputs.subList(0, count), outputs, op);
    }

    /// This node with the first outputs only.
    FileNode withOutputCount(int count) {
        return count >= outputs.size()
                ? this
                : new FileNode(domain, type, attributes, inputs, outputs.subList(0, count), op);
    }
}
