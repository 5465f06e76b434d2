package dev.octet.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.octet.graph.Attributes;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.Metadata;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.MatMulCodebook;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.pass.NestedTypes;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TypeProto;
import dev.octet.onnx.proto.ValueInfoProto;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Encodes one graph, all but its constants: those are returned apart, so that a model's weights need not pass through
/// the heap.
final class GraphWriter implements OpsetDowngrade.Target {
    private final Graph graph;
    private final int opset;
    private final GraphProto.Builder builder;
    private final Map<String, TensorProto> constantRemainders;
    private final Map<String, ValueInfoProto> typeRemainders;
    private final Map<String, Tensor> constants;
    private final Set<String> names = new HashSet<>();
    private final Set<String> nodeNames;
    private final Set<String> read = new HashSet<>();
    private final NestedTypes types;

    /// @param opset version of the standard's operators
    GraphWriter(Graph graph, int opset) {
        this(graph, opset, new NestedTypes());
    }

    /// @param types of the graph around a subgraph, too
    private GraphWriter(Graph graph, int opset, NestedTypes types) {
        this.graph = graph;
        this.types = types;
        this.opset = opset;
        GraphProto rest = remainder(graph.metadata()).getGraph();
        constantRemainders =
                rest.getInitializerList().stream()
                        .collect(Collectors.toMap(TensorProto::getName, t -> t, (first, _) -> first));
        typeRemainders =
                rest.getValueInfoList().stream()
                        .collect(Collectors.toMap(ValueInfoProto::getName, v -> v, (first, _) -> first));
        builder =
                rest.toBuilder()
                        .clearInitializer()
                        .clearValueInfo()
                        .setName(graph.name().isEmpty() ? "main" : graph.name());
        constants = new LinkedHashMap<>(graph.constants());
        names.addAll(constants.keySet());
        graph.inputs().forEach(v -> names.add(v.name()));
        graph.nodes().forEach(n -> names.addAll(n.outputs()));
        nodeNames = graph.nodes().stream().map(Node::name).collect(Collectors.toCollection(HashSet::new));
    }

    /// What the file said beyond what the graph has a place for.
    static ModelProto remainder(Metadata metadata) {
        try {
            return ModelProto.parseFrom(metadata.unknownFields());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("the graph's unknown fields are not those of an ONNX file", e);
        }
    }

    /// Constants to be written with [#write]'s result: those of the graph that the written nodes still read, and new
    /// ones.
    Map<String, Tensor> constants() {
        return constants;
    }

    /// What the file said about a constant beyond its value, with its name.
    TensorProto constantRemainder(String name) {
        TensorProto rest = constantRemainders.get(name);
        return rest != null ? rest : TensorProto.newBuilder().setName(name).build();
    }

    /// @param outerNames for each captured value the name that the enclosing graph now has for it; see [Captures]
    GraphProto.Builder write(Map<String, String> outerNames) {
        graph.inputs().stream().filter(v -> !Captures.isCaptured(v)).forEach(v -> builder.addInput(value(v)));
        graph.outputs().forEach(v -> builder.addOutput(value(new ValueInfo(v.name(), outputType(v), v.metadata()))));
        outerNames.forEach((inner, outer) -> {
            if (!inner.equals(outer)) {
                builder.addNode(
                        NodeProto.newBuilder()
                                .setName(fresh(nodeNames, "Capture_" + inner))
                                .setOpType("Identity")
                                .addInput(outer)
                                .addOutput(inner));
            }
        });
        graph.nodes().forEach(this::node);
        dropFolded();
        innerTypes();
        return builder;
    }

    /// A constant that became an attribute is not written beside it.
    private void dropFolded() {
        graph.outputs().forEach(v -> read.add(v.name()));
        constants.keySet().removeIf(name -> !read.contains(name) && !graph.consumers(name).isEmpty());
    }

    private void innerTypes() {
        Map<String, TypeInfo> stated = new LinkedHashMap<>(graph.types());
        Set<String> values = graph.nodes().stream().flatMap(n -> n.outputs().stream()).collect(Collectors.toSet());
        graph.outputs().forEach(v -> values.remove(v.name()));
        typeRemainders.forEach((name, rest) -> stated.putIfAbsent(name, Types.of(rest.getType())));
        stated.keySet().retainAll(values);
        stated.entrySet().removeIf(e -> contradicts(e.getKey(), e.getValue()));
        stated.forEach((name, type) -> {
            ValueInfoProto rest = typeRemainders.getOrDefault(name, ValueInfoProto.getDefaultInstance());
            builder.addValueInfo(value(name, type, rest));
        });
    }

    /// A builder that is not told a type states the same as a reader that finds none: inference knows better.
    private TypeInfo outputType(ValueInfo output) {
        if (!output.type().equals(Types.UNKNOWN)) {
            return output.type();
        }
        TypeInfo found = types.of(graph).get(output.name());
        return found == null || found.dtype() == Types.UNKNOWN.dtype() ? output.type() : found;
    }

    /// A type that the file stated may be that of a value which has changed since. Runtimes refuse a wrong one.
    private boolean contradicts(String name, TypeInfo stated) {
        TypeInfo found = types.of(graph).get(name);
        if (found == null || stated.isForeign() || stated.equals(Types.UNKNOWN)) {
            return false;
        }
        PartialShape shape = found.shape();
        PartialShape statedShape = stated.shape();
        return found.dtype() != stated.dtype()
                || shape != null
                        && statedShape != null
                        && (shape.rank() != statedShape.rank() || contradict(shape, statedShape));
    }

    private static boolean contradict(PartialShape a, PartialShape b) {
        return IntStream.range(0, a.rank())
                .anyMatch(axis -> a.size(axis) >= 0 && b.size(axis) >= 0 && a.size(axis) != b.size(axis));
    }

    private static ValueInfoProto value(ValueInfo value) {
        try {
            Metadata metadata = value.metadata();
            ValueInfoProto.Builder rest = ValueInfoProto.newBuilder().mergeFrom(metadata.unknownFields());
            if (!metadata.documentation().isEmpty()) {
                rest.setDocString(metadata.documentation());
            }
            rest.addAllMetadataProps(properties(metadata));
            return value(value.name(), value.type(), rest.build());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(
                    "the unknown fields of value '" + value.name() + "' are not those of an ONNX file", e);
        }
    }

    /// Keeps the file's form of the type as long as it means the same, also that of having none.
    private static ValueInfoProto value(String name, TypeInfo type, ValueInfoProto rest) {
        ValueInfoProto.Builder value = rest.toBuilder().setName(name);
        boolean same = type.isForeign() || rest.hasType() && Types.of(rest.getType()).equals(type);
        if (!same) {
            value.setType(Types.encode(type));
        } else if (rest.getType().equals(TypeProto.getDefaultInstance())) {
            value.clearType();
        }
        return value.build();
    }

    static List<StringStringEntryProto> properties(Metadata metadata) {
        List<StringStringEntryProto> entries = new ArrayList<>();
        metadata.properties()
                .forEach((key, text) ->
                        entries.add(StringStringEntryProto.newBuilder().setKey(key).setValue(text).build()));
        return entries;
    }

    private void node(Node node) {
        requireWritable(node);
        List<String> captured = Captures.in(node.op().attributes());
        int formal = node.inputs().size() - captured.size();
        Map<String, String> outerNames = new HashMap<>();
        for (int i = 0; i < captured.size(); i++) {
            outerNames.put(captured.get(i), node.inputs().get(formal + i));
        }
        read.addAll(outerNames.values());
        List<FileNode> lowered = OpsetDowngrade.apply(node, opset, this);
        for (int i = 0; i < lowered.size(); i++) {
            FileNode file = lowered.get(i);
            boolean last = i == lowered.size() - 1;
            List<String> inputs = captured.isEmpty() ? file.inputs() : file.inputs().subList(0, formal);
            read.addAll(inputs);
            NodeProto.Builder proto = last ? described(node) : NodeProto.newBuilder();
            proto.setName(last ? node.name() : fresh(nodeNames, node.name() + "_" + file.type()))
                    .setOpType(file.type())
                    .addAllInput(inputs)
                    .addAllOutput(file.outputs());
            if (!file.domain().isEmpty()) {
                proto.setDomain(file.domain());
            }
            attributes(file.attributes(), proto, outerNames);
            builder.addNode(proto);
        }
    }

    /// Octet's own forms exist in memory only, apart from weights that no other operator can express.
    private static void requireWritable(Node node) {
        Op op = node.op();
        boolean own =
                op.domain().equals(Epilogue.DOMAIN) && !(op instanceof MatMulCodebook)
                        || op instanceof QLinearConv && !node.has(6)
                        || op instanceof QLinearMatMul && (!node.has(6) || node.has(8));
        if (own) {
            throw new GraphException(node + " is a fused form that only Octet runs: it cannot be written to a file");
        }
    }

    private static NodeProto.Builder described(Node node) {
        try {
            NodeProto.Builder proto = NodeProto.newBuilder().mergeFrom(node.metadata().unknownFields());
            if (!node.metadata().documentation().isEmpty()) {
                proto.setDocString(node.metadata().documentation());
            }
            return proto.addAllMetadataProps(properties(node.metadata()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("the unknown fields of " + node + " are not those of an ONNX file", e);
        }
    }

    private void attributes(Attributes attributes, NodeProto.Builder proto, Map<String, String> outerNames) {
        Map<String, AttributeProto> rest =
                proto.getAttributeList().stream()
                        .collect(Collectors.toMap(AttributeProto::getName, a -> a, (first, _) -> first));
        proto.clearAttribute();
        attributes
                .asMap()
                .forEach((name, value) ->
                        proto.addAttribute(
                                AttributeWriter.write(
                                        name,
                                        value,
                                        rest.getOrDefault(name, AttributeProto.getDefaultInstance()),
                                        subgraph -> subgraph(subgraph, outerNames))));
    }

    private GraphProto subgraph(Graph subgraph, Map<String, String> outerNames) {
        types.of(graph);
        GraphWriter writer = new GraphWriter(subgraph, opset, types);
        Map<String, String> own = new LinkedHashMap<>();
        Captures.in(subgraph).forEach(name -> own.put(name, outerNames.getOrDefault(name, name)));
        GraphProto.Builder encoded = writer.write(own);
        writer.constants()
                .forEach((name, tensor) ->
                        encoded.addInitializer(
                                TensorWriter.write(name, tensor).toBuilder()
                                        .mergeFrom(writer.constantRemainder(name))));
        return encoded.build();
    }

    private static String fresh(Set<String> taken, String base) {
        String name = base;
        for (int i = 1; !taken.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }

    @Override
    public @Nullable Tensor value(String name) {
        return graph.constants().get(name);
    }

    @Override
    public @Nullable PartialShape shape(String name) {
        TypeInfo type = types.of(graph).get(name);
        return type == null ? null : type.shape();
    }

    @Override
    public String constant(String base, Tensor value) {
        String name = name(base);
        constants.put(name, value);
        return name;
    }

    @Override
    public String name(String base) {
        return fresh(names, base);
    }
}
