package dev.octet.conformance.hostile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.octet.conformance.oracle.OracleModels;
import dev.octet.conformance.qdq.QdqModels;
import dev.octet.onnx.OnnxWriter;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TensorProto.DataLocation;
import dev.octet.onnx.proto.ValueInfoProto;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Small valid models: every operator that the oracle draws, quantized networks, subgraphs, weights in a file beside
/// the model.
final class Corpus {
    private static final long SEED = 17;
    private static final int NETWORKS = 12;

    private Corpus() {}

    static List<HostileFile> files() {
        List<HostileFile> files = new ArrayList<>();
        OracleModels.forEach(
                SEED, (name, model, inputs) -> files.add(new HostileFile(name, model, new byte[0], inputs)));
        QdqModels.forEach(
                SEED,
                NETWORKS,
                (name, graph, inputs) ->
                        files.add(new HostileFile(name, OnnxWriter.toBytes(graph), new byte[0], inputs)));
        int inside = files.size();
        for (int i = 0; i < inside; i += 3) {
            HostileFile external = withExternalWeights(files.get(i));
            if (external != null) {
                files.add(external);
            }
        }
        files.add(branches());
        return files;
    }

    static ModelProto parse(byte[] model) {
        try {
            return ModelProto.parseFrom(model);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /// The model with the bytes of its initializers in a file beside it; null if it has none that can.
    private static @Nullable HostileFile withExternalWeights(HostileFile file) {
        ModelProto.Builder model = parse(file.model()).toBuilder();
        ByteArrayOutputStream weights = new ByteArrayOutputStream();
        for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
            if (!tensor.getRawData().isEmpty()) {
                tensor.addExternalData(entry("location", HostileFile.WEIGHTS))
                        .addExternalData(entry("offset", Integer.toString(weights.size())))
                        .addExternalData(entry("length", Integer.toString(tensor.getRawData().size())))
                        .setDataLocation(DataLocation.EXTERNAL);
                weights.writeBytes(tensor.getRawData().toByteArray());
                tensor.clearRawData();
            }
        }
        return weights.size() == 0
                ? null
                : new HostileFile(
                        file.origin() + " (external data)", model.build(), weights.toByteArray(), file.inputs());
    }

    static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /// A choice between two graphs, one of which holds another choice.
    private static HostileFile branches() {
        GraphProto inner = branch(node("Exp", "a", "i"));
        GraphProto then = branch(choice("t", inner, branch(node("Neg", "x", "o"))));
        ModelProto.Builder model = ModelProto.newBuilder().setIrVersion(8);
        model.addOpsetImportBuilder().setVersion(17);
        model.getGraphBuilder()
                .setName("g")
                .addInput(value("x", 1))
                .addInput(value("cond", 9))
                .addNode(node("Relu", "x", "a"))
                .addNode(choice("y", then, branch(node("Abs", "a", "e"))))
                .addOutput(value("y", 1));
        Map<String, Tensor> inputs =
                Map.of(
                        "x", Generator.of(SEED).floats(Shape.of(2, 3), -1, 1),
                        "cond", Tensor.scalar(DType.BOOL, 1));
        return new HostileFile("branches", model.build(), new byte[0], inputs);
    }

    static ValueInfoProto value(String name, int type) {
        ValueInfoProto.Builder value = ValueInfoProto.newBuilder().setName(name);
        value.getTypeBuilder().getTensorTypeBuilder().setElemType(type);
        return value.build();
    }

    private static NodeProto node(String type, String input, String output) {
        return NodeProto.newBuilder()
                .setName(type + "_" + output)
                .setOpType(type)
                .addInput(input)
                .addOutput(output)
                .build();
    }

    static GraphProto branch(NodeProto node) {
        return GraphProto.newBuilder().setName("branch").addNode(node).addOutput(value(node.getOutput(0), 1)).build();
    }

    static NodeProto choice(String output, GraphProto then, GraphProto otherwise) {
        return node("If", "cond", output).toBuilder()
                .addAttribute(graph("then_branch", then))
                .addAttribute(graph("else_branch", otherwise))
                .build();
    }

    private static AttributeProto graph(String name, GraphProto graph) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.GRAPH).setG(graph).build();
    }

    static TensorProto longs(String name, long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(7).addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        return tensor.build();
    }

    static TensorProto raw(String name, int type, ByteString data, long... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type).setRawData(data);
        for (long dim : dims) {
            tensor.addDims(dim);
        }
        return tensor.build();
    }
}
