package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.EncodedValue;
import dev.octet.graph.Attributes.IntValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Node;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Operators;
import dev.octet.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;

/// Makes nodes of a file into nodes of a graph: attributes decoded, the operator in its newest form.
final class NodeReader {
    private final GraphReader.Model model;
    private final GraphContext graph;
    private final AttributeReader attributes;

    NodeReader(GraphReader.Model model, GraphContext graph, AttributeReader attributes) {
        this.model = model;
        this.graph = graph;
        this.attributes = attributes;
    }

    static String domain(String name) {
        return name.equals("ai.onnx") ? "" : name;
    }

    /// @param name unique name for the node
    Node read(NodeProto proto, String name) {
        String domain = domain(proto.getDomain());
        FileNode old =
                new FileNode(
                        domain, proto.getOpType(), attributes.read(proto), proto.getInputList(), proto.getOutputList());
        if (old.type().isEmpty()) {
            throw new OnnxFormatException("the node has no operator type");
        }
        FileNode node =
                model.functions()
                        .find(proto, old.attributes(), model.tensors())
                        .map(old::withOp)
                        .orElseGet(() -> upgrade(old, opset(domain)));
        Op op = node.op();
        if (op == null) {
            throw new IllegalStateException(name);
        }
        List<String> inputs = new ArrayList<>(node.inputs());
        inputs.addAll(Captures.in(op.attributes()));
        return new Node(name, op, inputs, node.outputs(), Remainders.of(proto));
    }

    private int opset(String domain) {
        Integer version = model.opsets().get(domain);
        if (version == null && domain.isEmpty()) {
            throw new OnnxFormatException("the file imports no version of the standard's operators");
        }
        return version == null ? 1 : version;
    }

    /// The node with its operator.
    private FileNode upgrade(FileNode old, int opset) {
        Op opaque = new Opaque(old.domain(), old.type(), old.attributes());
        if (isForeign(old) || old.outputs().isEmpty()) {
            return old.withOp(opaque);
        }
        try {
            FileNode node = old.domain().isEmpty() ? OpsetUpgrade.apply(old, opset, graph) : old;
            Op op = node.op();
            if (op == null && isForeign(node)) {
                return node.withOp(new Opaque(node.domain(), node.type(), node.attributes()));
            }
            return op != null ? node : node.withOp(Operators.read(node.domain(), node.type(), node.attributes()));
        } catch (OnnxFormatException e) {
            throw e.within("opset " + opset);
        } catch (IllegalArgumentException e) {
            throw new OnnxFormatException("opset " + opset + ": " + e.getMessage(), e);
        }
    }

    /// Whether a node has a feature that no operator of Octet's has: a kind of attribute, an element type, or an
    /// attribute that is away from its default and changes the result.
    private static boolean isForeign(FileNode node) {
        Attributes attributes = node.attributes();
        if (attributes.asMap().values().stream().anyMatch(EncodedValue.class::isInstance)) {
            return true;
        }
        return switch (node.type()) {
            case "Cast" -> isForeignType(attributes, "to");
            case "DequantizeLinear", "QuantizeLinear" ->
                    isForeignType(attributes, "output_dtype") || isForeignType(attributes, "precision");
            case "LayerNormalization", "Range" -> isSet(attributes, "stash_type", 1);
            default -> false;
        };
    }

    private static boolean isForeignType(Attributes attributes, String name) {
        return attributes.asMap().get(name) instanceof IntValue(long code)
                && code != 0
                && !TensorReader.isSupported((int) code);
    }

    private static boolean isSet(Attributes attributes, String name, long byDefault) {
        return attributes.asMap().get(name) instanceof IntValue(long value) && value != byDefault;
    }
}
