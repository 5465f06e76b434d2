package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Metadata;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Composition;
import dev.octet.graph.op.Inference;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.FunctionProto;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The operators that a file defines itself. A node of one is a [Composite] whose body is the function's, with the
/// attributes of the node put in; it is read by the operator sets that the function imports.
final class LocalFunctions {
    /// Functions that call functions can stand for more nodes than any memory holds.
    private static final long MAX_NODES = 1_000_000;

    private static final long OPEN = -1;

    private final Map<String, FunctionProto> functions = new LinkedHashMap<>();

    /// How many nodes a function becomes, calls included; [#OPEN] while they are counted.
    private final Map<String, Long> sizes = new HashMap<>();

    /// @throws OnnxFormatException if two functions have one name, or one calls itself
    LocalFunctions(ModelProto model) {
        for (FunctionProto function : model.getFunctionsList()) {
            String key = key(function.getDomain(), function.getName(), function.getOverload());
            if (functions.putIfAbsent(key, function) != null) {
                throw new OnnxFormatException("two functions are named " + key);
            }
        }
        functions.keySet().forEach(this::size);
        if (nodes(model.getGraph().getNodeList()) > MAX_NODES) {
            throw new OnnxFormatException("the graph stands for more than " + MAX_NODES + " nodes of functions");
        }
    }

    private static String key(String domain, String name, String overload) {
        return NodeReader.domain(domain) + ":" + name + (overload.isEmpty() ? "" : ":" + overload);
    }

    private static String key(NodeProto call) {
        return key(call.getDomain(), call.getOpType(), call.getOverload());
    }

    private long size(String key) {
        Long known = sizes.get(key);
        if (known != null && known != OPEN) {
            return known;
        }
        if (known != null) {
            throw new OnnxFormatException("function " + key + " calls itself");
        }
        sizes.put(key, OPEN);
        FunctionProto function = functions.get(key);
        long size = function == null ? 1 : nodes(function.getNodeList());
        sizes.put(key, size);
        return size;
    }

    private long nodes(List<NodeProto> nodes) {
        long sum = 0;
        for (NodeProto node : nodes) {
            long size = functions.containsKey(key(node)) ? size(key(node)) : 1;
            for (AttributeProto attribute : node.getAttributeList()) {
                size += attribute.hasG() ? nodes(attribute.getG().getNodeList()) : 0;
            }
            sum = Math.min(sum + size, MAX_NODES + 1);
        }
        return sum;
    }

    /// The operator of a node that calls a function; empty if it calls none.
    ///
    /// @param attributes of the node, decoded
    Optional<Composite> find(NodeProto call, Attributes attributes, TensorReader tensors) {
        FunctionProto function = functions.get(key(call));
        if (function == null) {
            return Optional.empty();
        }
        if (call.getInputCount() > function.getInputCount() || call.getOutputCount() > function.getOutputCount()) {
            throw new OnnxFormatException(
                    "function "
                            + key(call)
                            + ": expected at most "
                            + function.getInputCount()
                            + " inputs and "
                            + function.getOutputCount()
                            + " outputs, found "
                            + call.getInputCount()
                            + " and "
                            + call.getOutputCount());
        }
        Graph body;
        try {
            body = body(function, call, tensors);
        } catch (OnnxFormatException e) {
            throw e.within("function " + key(call));
        }
        String domain = NodeReader.domain(call.getDomain());
        Composition composition =
                new Composition(
                        domain, call.getOpType(), 1, (_, operands) -> Optional.of(firstOutputs(body, operands)));
        return Optional.of(new Composite(composition, attributes));
    }

    /// Passes drop outputs at the end that nobody reads.
    private static Graph firstOutputs(Graph body, Inference operands) {
        int count = operands.outputCount();
        return count == body.outputs().size()
                ? body
                : body.toBuilder().outputs(body.outputs().subList(0, count)).build();
    }

    private Graph body(FunctionProto function, NodeProto call, TensorReader tensors) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName(function.getName());
        Set<String> absent = new HashSet<>();
        for (int i = 0; i < function.getInputCount(); i++) {
            String input = function.getInput(i);
            if (i < call.getInputCount() && !call.getInput(i).isEmpty()) {
                graph.addInput(ValueInfoProto.newBuilder().setName(input));
            } else {
                absent.add(input);
            }
        }
        for (int i = 0; i < call.getOutputCount(); i++) {
            graph.addOutput(ValueInfoProto.newBuilder().setName(function.getOutput(i)));
        }
        graph.addAllValueInfo(function.getValueInfoList());
        Map<String, AttributeProto> arguments = arguments(function, call);
        function.getNodeList().forEach(node -> graph.addNode(bound(node, absent, arguments)));
        Map<String, Integer> opsets = OnnxReader.opsets(function.getOpsetImportList(), function.getName());
        GraphReader.Model model = new GraphReader.Model(opsets, tensors, this);
        return new GraphReader(model, graph.build(), null).read(Metadata.EMPTY);
    }

    /// The attributes of the call, and the defaults of those that it leaves out.
    private static Map<String, AttributeProto> arguments(FunctionProto function, NodeProto call) {
        Map<String, AttributeProto> arguments = new HashMap<>();
        function.getAttributeProtoList().forEach(a -> arguments.put(a.getName(), a));
        call.getAttributeList().forEach(a -> arguments.put(a.getName(), a));
        return arguments;
    }

    /// A node of the body, with what it refers to put in. An attribute that refers to one that is not given is absent.
    private static NodeProto bound(NodeProto node, Set<String> absent, Map<String, AttributeProto> arguments) {
        NodeProto.Builder bound = node.toBuilder().clearInput().clearAttribute();
        node.getInputList().forEach(input -> bound.addInput(absent.contains(input) ? "" : input));
        for (AttributeProto attribute : node.getAttributeList()) {
            AttributeProto value = bound(attribute, absent, arguments);
            if (value != null) {
                bound.addAttribute(value);
            }
        }
        return bound.build();
    }

    private static @Nullable AttributeProto bound(
            AttributeProto attribute, Set<String> absent, Map<String, AttributeProto> arguments) {
        if (attribute.hasRefAttrName()) {
            AttributeProto argument = arguments.get(attribute.getRefAttrName());
            return argument == null ? null : argument.toBuilder().setName(attribute.getName()).build();
        }
        if (!attribute.hasG()) {
            return attribute;
        }
        List<NodeProto> nodes = new ArrayList<>();
        attribute.getG().getNodeList().forEach(node -> nodes.add(bound(node, absent, arguments)));
        GraphProto graph = attribute.getG().toBuilder().clearNode().addAllNode(nodes).build();
        return attribute.toBuilder().setG(graph).build();
    }
}
