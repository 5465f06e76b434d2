package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.EncodedValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Metadata;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.SparseTensorProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.ValueInfoProto;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads one graph: the model's, or a subgraph of a node.
final class GraphReader implements GraphContext {
    /// What all graphs of a file share.
    record Model(Map<String, Integer> opsets, TensorReader tensors, LocalFunctions functions) {}

    private final Model model;
    private final GraphProto proto;
    private final @Nullable GraphReader outer;
    private final GraphBuilder builder;
    private final NodeReader nodes;
    private final Map<String, Tensor> constants = new HashMap<>();
    private final Map<String, TypeInfo> types = new HashMap<>();
    private final Set<String> defined = new HashSet<>();
    private final List<Node> made = new ArrayList<>();
    private final Set<String> nodeNames = new HashSet<>();

    /// Names of values and nodes in the whole file, and those of ours: each new one must differ.
    private final Set<String> taken;

    /// The number that was last added to a name to make a new one.
    private final Map<String, Integer> counters;

    /// Names that something in the whole file reads.
    private final Set<String> read;

    /// @param outer the graph around a subgraph
    GraphReader(Model model, GraphProto proto, @Nullable GraphReader outer) {
        this.model = model;
        this.proto = proto;
        this.outer = outer;
        taken = outer == null ? new HashSet<>() : outer.taken;
        read = outer == null ? new HashSet<>() : outer.read;
        counters = outer == null ? new HashMap<>() : outer.counters;
        if (outer == null) {
            collectNames(proto);
        }
        builder = new GraphBuilder(proto.getName());
        nodes =
                new NodeReader(
                        model,
                        this,
                        new AttributeReader(
                                model.tensors, g -> new GraphReader(model, g, this).read(Remainders.ofSubgraph(g))));
    }

    /// @param metadata of the graph to be made
    Graph read(Metadata metadata) {
        model.opsets.forEach(builder::opset);
        builder.metadata(metadata);
        proto.getInitializerList().forEach(this::initializer);
        proto.getSparseInitializerList().forEach(this::sparseInitializer);
        proto.getInputList().forEach(this::input);
        proto.getValueInfoList().forEach(this::innerType);
        for (int i = 0; i < proto.getNodeCount(); i++) {
            node(proto.getNode(i), i);
        }
        for (ValueInfoProto output : proto.getOutputList()) {
            builder.output(value(output));
        }
        capture();
        try {
            return builder.build();
        } catch (GraphException e) {
            throw new OnnxFormatException("graph '" + proto.getName() + "': " + e.getMessage(), e);
        }
    }

    private void collectNames(GraphProto graph) {
        graph.getInitializerList().forEach(t -> taken.add(t.getName()));
        graph.getInputList().forEach(v -> taken.add(v.getName()));
        graph.getOutputList().forEach(v -> read.add(v.getName()));
        for (NodeProto node : graph.getNodeList()) {
            taken.add(node.getName());
            taken.addAll(node.getOutputList());
            read.addAll(node.getInputList());
            node.getAttributeList().stream().filter(AttributeProto::hasG).forEach(a -> collectNames(a.getG()));
        }
        taken.addAll(read);
    }

    private void define(String name, String what) {
        if (name.isEmpty()) {
            throw new OnnxFormatException(what + " has no name");
        }
        if (!defined.add(name)) {
            throw new OnnxFormatException("value '" + name + "' is defined twice, the second time by " + what);
        }
    }

    private void initializer(TensorProto tensor) {
        define(tensor.getName(), "an initializer");
        if (TensorReader.isSupported(tensor.getDataType())) {
            addConstant(tensor.getName(), tensor, "initializer '" + tensor.getName() + "'");
        } else {
            opaqueConstant(
                    tensor.getName(),
                    AttributeProto.newBuilder()
                            .setName("value")
                            .setType(AttributeType.TENSOR)
                            .setT(model.tensors.selfContained(tensor))
                            .build());
        }
    }

    private void addConstant(String name, TensorProto tensor, String place) {
        try {
            addConstant(name, model.tensors.read(tensor));
        } catch (OnnxFormatException e) {
            throw e.within(place);
        }
    }

    private void addConstant(String name, Tensor tensor) {
        defined.add(name);
        constants.put(name, tensor);
        builder.constant(name, tensor);
    }

    private void sparseInitializer(SparseTensorProto sparse) {
        String name = sparse.getValues().getName();
        define(name, "a sparse initializer");
        AttributeProto.Builder value =
                AttributeProto.newBuilder()
                        .setName("sparse_value")
                        .setType(AttributeType.SPARSE_TENSOR)
                        .setSparseTensor(sparse);
        try {
            if (!sparseConstant(name, sparse)) {
                opaqueConstant(name, value.build());
            }
        } catch (OnnxFormatException e) {
            throw e.within("sparse initializer '" + name + "'");
        }
    }

    /// Makes a sparse tensor a constant; false if no [Tensor] can hold it.
    private boolean sparseConstant(String name, SparseTensorProto sparse) {
        Optional<Tensor> dense = SparseTensors.dense(sparse, model.tensors);
        dense.ifPresent(tensor -> addConstant(name, tensor));
        return dense.isPresent();
    }

    /// A constant that no [Tensor] can hold stays a node that defines it.
    private void opaqueConstant(String name, AttributeProto value) {
        Attributes attributes =
                Attributes.builder().put(value.getName(), new EncodedValue(value.toByteArray())).build();
        Opaque op = new Opaque("", "Constant", attributes);
        add(new Node(freshNodeName("Constant_" + name), op, List.of(), List.of(name)));
    }

    private void input(ValueInfoProto input) {
        // Before IR version 4 each initializer is an input as well.
        if (!constants.containsKey(input.getName())) {
            define(input.getName(), "a graph input");
            ValueInfo value = value(input);
            // Only the inputs of a body may leave it to the node around them.
            boolean typed = outer != null || Types.isStated(input.getType());
            ValueInfo known =
                    typed ? value : new ValueInfo(value.name(), TypeInfo.foreign("no type"), value.metadata());
            if (!known.type().isForeign()) {
                types.put(known.name(), known.type());
            }
            builder.input(known);
        }
    }

    private static ValueInfo value(ValueInfoProto proto) {
        return new ValueInfo(proto.getName(), Types.of(proto.getType()), Remainders.of(proto));
    }

    private void innerType(ValueInfoProto value) {
        Types.decode(value.getType())
                .ifPresent(type -> {
                    types.putIfAbsent(value.getName(), type);
                    builder.type(value.getName(), type);
                });
    }

    private void node(NodeProto node, int index) {
        String wanted = node.getName().isEmpty() ? node.getOpType() + "_" + index : node.getName();
        String place = node.getOpType() + " '" + wanted + "'";
        try {
            node.getOutputList().stream().filter(o -> !o.isEmpty()).forEach(o -> define(o, place));
            if (!isConstant(node) || !constantNode(node)) {
                String name = node.getName().isEmpty() ? freshNodeName(wanted) : uniqueNodeName(wanted);
                add(nodes.read(node, name));
            }
        } catch (OnnxFormatException e) {
            throw e.within(place);
        }
    }

    private String uniqueNodeName(String name) {
        return nodeNames.add(name) ? name : freshNodeName(name);
    }

    private String freshNodeName(String base) {
        String name = base;
        while (taken.contains(name) || !nodeNames.add(name)) {
            name = base + "_" + counters.merge(base, 1, Integer::sum);
        }
        return name;
    }

    private void add(Node node) {
        made.add(node);
        builder.add(node);
    }

    /// In a subgraph, what nothing inside defines is the enclosing graph's; see [Captures].
    private void capture() {
        if (outer == null) {
            return;
        }
        Stream.concat(
                        made.stream().flatMap(n -> n.inputs().stream()),
                        proto.getOutputList().stream().map(ValueInfoProto::getName))
                .filter(name -> !name.isEmpty() && defined.add(name))
                .forEach(name -> {
                    TypeInfo type = outer.type(name);
                    builder.input(Captures.input(name, type == null ? Types.UNKNOWN : type));
                });
    }

    private static boolean isConstant(NodeProto node) {
        return node.getOpType().equals("Constant") && NodeReader.domain(node.getDomain()).isEmpty();
    }

    /// Makes the node's value a constant; false if no [Tensor] can hold it.
    private boolean constantNode(NodeProto node) {
        if (node.getOutputCount() != 1 || node.getAttributeCount() != 1) {
            throw new OnnxFormatException(
                    "expected one output and one attribute, found "
                            + node.getOutputCount()
                            + " and "
                            + node.getAttributeCount());
        }
        AttributeProto value = node.getAttribute(0);
        String name = node.getOutput(0);
        switch (value.getName()) {
            case "value" -> {
                if (!TensorReader.isSupported(value.getT().getDataType())) {
                    return false;
                }
                addConstant(name, value.getT(), "attribute value");
            }
            case "value_float" -> addConstant(name, Tensor.scalar(value.getF()));
            case "value_int" -> addConstant(name, Tensor.scalar(value.getI()));
            case "value_floats" -> {
                float[] floats = new float[value.getFloatsCount()];
                for (int i = 0; i < floats.length; i++) {
                    floats[i] = value.getFloats(i);
                }
                addConstant(name, Tensor.of(Shape.of(floats.length), floats));
            }
            case "value_ints" ->
                    addConstant(name, Tensor.vector(value.getIntsList().stream().mapToLong(Long::longValue).toArray()));
            case "sparse_value" -> {
                return sparseConstant(name, value.getSparseTensor());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private String freshValueName(String base) {
        String name = base;
        while (!taken.add(name)) {
            name = base + "_" + counters.merge(base, 1, Integer::sum);
        }
        return name;
    }

    @Override
    public String constant(String base, Tensor value) {
        String name = freshValueName(base);
        addConstant(name, value);
        return name;
    }

    @Override
    public String node(Op op, String... inputs) {
        String output = freshValueName(op.type() + "_output");
        defined.add(output);
        define(output, op, inputs);
        return output;
    }

    @Override
    public void define(String output, Op op, String... inputs) {
        add(new Node(freshNodeName(op.type()), op, List.of(inputs), List.of(output)));
    }

    @Override
    public @Nullable Tensor value(String name) {
        Tensor own = constants.get(name);
        return own != null || outer == null || defined.contains(name) ? own : outer.value(name);
    }

    @Override
    public @Nullable TypeInfo type(String name) {
        Tensor constant = constants.get(name);
        if (constant != null) {
            return TypeInfo.of(constant);
        }
        TypeInfo type = types.get(name);
        return type != null || outer == null || defined.contains(name) ? type : outer.type(name);
    }

    @Override
    public boolean isRead(String name) {
        return read.contains(name);
    }
}
