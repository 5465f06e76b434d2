package dev.octet.conformance.hostile;

import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TensorProto.DataLocation;
import dev.octet.onnx.proto.TensorShapeProto;
import dev.octet.onnx.proto.ValueInfoProto;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;

/// Changes what a graph means, as somebody would who wants to break a reader.
final class GraphMutation {
    private static final List<Long> HUGE =
            List.of(1L << 20, 1L << 24, 1L << 30, 1L << 31, 1L << 32, 1L << 40, 1L << 62, Long.MAX_VALUE, -1L, 0L);
    private static final List<String> OUTSIDE =
            List.of(
                    "../weights.bin",
                    "/etc/passwd",
                    "a/../../b",
                    "..\\weights.bin",
                    "absent.bin",
                    ".",
                    "",
                    "model.onnx",
                    "weights.bin\u0000",
                    "/".repeat(20_000),
                    "a/".repeat(20_000) + "..",
                    "file:///etc/passwd");

    private final Generator g;
    private final ModelProto.Builder model;
    private final GraphProto.Builder graph;

    GraphMutation(Generator g, ModelProto model) {
        this.g = g;
        this.model = model.toBuilder();
        this.graph = this.model.getGraphBuilder();
    }

    /// Changes one thing; `types` are operators that a node may become.
    ModelProto apply(List<String> types) {
        switch (g.integer(0, 13)) {
            case 0 -> hugeExtent();
            case 1 -> hugeConstant();
            case 2 -> cycle();
            case 3 -> duplicateName();
            case 4 -> dropDefinition();
            case 5 -> nest(g.integer(0, 3) == 0 ? g.integer(30, 400) : g.integer(1, 30));
            case 6 -> externalData();
            case 7 -> wrongType();
            case 8 -> otherOperator(types);
            case 9 -> doubling();
            case 10 -> longChain();
            case 11 -> otherOperand();
            case 12 -> attribute();
            default -> opset();
        }
        return model.build();
    }

    private NodeProto.Builder node() {
        return graph.getNodeBuilder(g.integer(0, graph.getNodeCount() - 1));
    }

    private boolean noNode() {
        return graph.getNodeCount() == 0;
    }

    /// Of an input, an output, an inner value or an initializer; several extents may overflow as a product.
    private void hugeExtent() {
        List<ValueInfoProto.Builder> values = new ArrayList<>(graph.getInputBuilderList());
        values.addAll(graph.getOutputBuilderList());
        values.addAll(graph.getValueInfoBuilderList());
        if (!values.isEmpty() && (g.flip() || graph.getInitializerCount() == 0)) {
            TensorShapeProto.Builder shape = g.oneOf(values).getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
            for (int i = g.integer(1, 4); i > 0; i--) {
                if (shape.getDimCount() > 0 && g.flip()) {
                    shape.getDimBuilder(g.integer(0, shape.getDimCount() - 1)).setDimValue(g.oneOf(HUGE));
                } else {
                    shape.addDimBuilder().setDimValue(g.oneOf(HUGE));
                }
            }
        } else if (graph.getInitializerCount() > 0) {
            TensorProto.Builder tensor = initializer();
            for (int i = g.integer(1, 3); i > 0; i--) {
                if (tensor.getDimsCount() > 0 && g.flip()) {
                    tensor.setDims(g.integer(0, tensor.getDimsCount() - 1), g.oneOf(HUGE));
                } else {
                    tensor.addDims(g.oneOf(HUGE));
                }
            }
        }
    }

    private TensorProto.Builder initializer() {
        return graph.getInitializerBuilder(g.integer(0, graph.getInitializerCount() - 1));
    }

    /// Integers that are operands: a shape, an axis, an index, a count.
    private void hugeConstant() {
        List<TensorProto.Builder> integers =
                graph.getInitializerBuilderList().stream().filter(t -> t.getDataType() == 7).toList();
        if (!integers.isEmpty()) {
            TensorProto.Builder tensor = g.oneOf(integers);
            long count = tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
            tensor.clearRawData().clearInt64Data();
            for (int i = 0; i < Math.min(count, 100); i++) {
                tensor.addInt64Data(g.flip() ? g.oneOf(HUGE) : g.integer(-8, 8));
            }
            return;
        }
        if (!noNode()) {
            String name = "huge" + graph.getInitializerCount();
            graph.addInitializer(Corpus.longs(name, g.oneOf(HUGE), g.oneOf(HUGE)));
            node().addInput(name);
        }
    }

    private void cycle() {
        if (!noNode()) {
            NodeProto.Builder reader = node();
            if (reader.getInputCount() > 0 && graph.getNode(graph.getNodeCount() - 1).getOutputCount() > 0) {
                String later = graph.getNode(g.integer(0, graph.getNodeCount() - 1)).getOutputList().getFirst();
                reader.setInput(g.integer(0, reader.getInputCount() - 1), later);
            }
        }
    }

    private void duplicateName() {
        switch (g.integer(0, 3)) {
            case 0 -> graph.addAllNode(List.copyOf(graph.getNodeList()));
            case 1 -> graph.addAllInitializer(List.copyOf(graph.getInitializerList()));
            case 2 -> graph.addAllInput(List.copyOf(graph.getInputList()));
            default -> graph.addAllOutput(List.copyOf(graph.getOutputList()));
        }
    }

    private void dropDefinition() {
        switch (g.integer(0, 4)) {
            case 0 -> graph.clearInput();
            case 1 -> graph.clearInitializer();
            case 2 -> graph.clearOutput();
            case 3 -> model.clearOpsetImport();
            default -> {
                if (!noNode()) {
                    graph.removeNode(g.integer(0, graph.getNodeCount() - 1));
                }
            }
        }
    }

    /// The graph inside a choice inside a choice …
    private void nest(int depth) {
        GraphProto inner = graph.clone().clearInput().clearInitializer().build();
        for (int i = 0; i < depth; i++) {
            inner = Corpus.branch(Corpus.choice("n" + i, inner, inner.getNodeCount() > 3 ? tiny() : inner));
            if (inner.getSerializedSize() > 1 << 20) {
                break;
            }
        }
        graph.addInput(Corpus.value("cond", 9)).addAllNode(inner.getNodeList());
    }

    private static GraphProto tiny() {
        return GraphProto.newBuilder().setName("tiny").addOutput(Corpus.value("cond", 9)).build();
    }

    private void externalData() {
        if (graph.getInitializerCount() == 0) {
            return;
        }
        TensorProto.Builder tensor = initializer().setDataLocation(DataLocation.EXTERNAL);
        if (g.flip()) {
            tensor.clearExternalData()
                    .addExternalData(Corpus.entry("location", g.flip() ? HostileFile.WEIGHTS : g.oneOf(OUTSIDE)));
        }
        if (g.flip()) {
            tensor.addExternalData(Corpus.entry("offset", number()));
        }
        if (g.flip()) {
            tensor.addExternalData(Corpus.entry("length", number()));
        }
    }

    private String number() {
        return g.oneOf(
                List.of("0", "1", "4", "-1", "", "x", "9223372036854775807", "9223372036854775800", "1e9", "64"));
    }

    private void wrongType() {
        int type = g.integer(-1, 27);
        if (g.flip() && graph.getInitializerCount() > 0) {
            initializer().setDataType(type);
        } else if (graph.getInputCount() > 0) {
            graph.getInputBuilder(g.integer(0, graph.getInputCount() - 1))
                    .getTypeBuilder()
                    .getTensorTypeBuilder()
                    .setElemType(type);
        }
    }

    private void otherOperator(List<String> types) {
        if (!noNode()) {
            String type = g.oneOf(types);
            int colon = type.indexOf(':');
            node().setDomain(type.substring(0, colon)).setOpType(type.substring(colon + 1));
        }
    }

    /// Values that grow to twice, or the square, of their size at each node.
    private void doubling() {
        String value = graph.getInputCount() > 0 ? graph.getInput(0).getName() : "missing";
        if (g.flip() && graph.getInitializerCount() > 0) {
            value = graph.getInitializer(g.integer(0, graph.getInitializerCount() - 1)).getName();
        }
        String type = g.oneOf(List.of("Concat", "Add", "Mul", "Einsum", "Tile"));
        for (int i = g.integer(10, 80); i > 0; i--) {
            NodeProto.Builder twice =
                    NodeProto.newBuilder().setOpType(type).addInput(value).addInput(value).addOutput("twice" + i);
            if (type.equals("Concat")) {
                twice.addAttribute(integer("axis", 0));
            }
            graph.addNode(twice);
            value = "twice" + i;
        }
        graph.addOutput(Corpus.value(value, 1));
    }

    private static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INT).setI(value).build();
    }

    /// As deep as a recursive walk could not go, in reverse order.
    private void longChain() {
        String value = graph.getInputCount() > 0 ? graph.getInput(0).getName() : "missing";
        int length = g.integer(0, 4) == 0 ? 4000 : 300;
        for (int i = length; i > 0; i--) {
            String source = i == 1 ? value : "chain" + (i - 1);
            graph.addNode(NodeProto.newBuilder().setOpType("Neg").addInput(source).addOutput("chain" + i));
        }
        graph.addOutput(Corpus.value("chain" + length, 1));
    }

    private void otherOperand() {
        if (noNode()) {
            return;
        }
        List<String> values = new ArrayList<>(List.of("", "missing"));
        graph.getInputList().forEach(v -> values.add(v.getName()));
        graph.getInitializerList().forEach(v -> values.add(v.getName()));
        graph.getNodeList().forEach(n -> values.addAll(n.getOutputList()));
        NodeProto.Builder node = node();
        if (node.getInputCount() > 0 && g.integer(0, 3) > 0) {
            node.setInput(g.integer(0, node.getInputCount() - 1), g.oneOf(values));
        } else {
            node.addInput(g.oneOf(values));
        }
    }

    private void attribute() {
        if (noNode() || graph.getNodeBuilderList().stream().allMatch(n -> n.getAttributeCount() == 0)) {
            return;
        }
        NodeProto.Builder node =
                g.oneOf(graph.getNodeBuilderList().stream().filter(n -> n.getAttributeCount() > 0).toList());
        AttributeProto.Builder attribute = node.getAttributeBuilder(g.integer(0, node.getAttributeCount() - 1));
        switch (attribute.getType()) {
            case INT -> attribute.setI(g.flip() ? g.oneOf(HUGE) : g.integer(-5, 9));
            case INTS -> {
                for (int i = 0; i < attribute.getIntsCount(); i++) {
                    if (g.flip()) {
                        attribute.setInts(i, g.flip() ? g.oneOf(HUGE) : g.integer(-5, 9));
                    }
                }
                if (g.integer(0, 3) == 0) {
                    attribute.addInts(g.oneOf(HUGE));
                }
            }
            case FLOAT -> attribute.setF(g.extreme());
            default -> node.removeAttribute(0);
        }
    }

    private void opset() {
        model.getOpsetImportBuilderList().forEach(o -> o.setVersion(g.flip() ? g.integer(-1, 40) : g.oneOf(HUGE)));
    }
}
