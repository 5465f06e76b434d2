package dev.octet.onnx;

import com.google.protobuf.ByteString;
import dev.octet.graph.Graph;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.OperatorSetIdProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TypeProto;
import dev.octet.onnx.proto.ValueInfoProto;
import java.util.List;

/// Makes small models in the file's terms.
final class Models {
    static final int FLOAT = 1;
    static final int INT64 = 7;

    private Models() {}

    static ModelProto model(int opset, GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(4)
                .setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .build();
    }

    /// A model of one node with float inputs `x`, or those named, and output `y`.
    static ModelProto model(int opset, NodeProto.Builder node) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("g").addNode(node);
        node.getInputList().stream().filter(i -> !i.isEmpty()).distinct().forEach(i -> graph.addInput(value(i, FLOAT)));
        graph.addOutput(value("y", FLOAT));
        return model(opset, graph);
    }

    static Graph read(ModelProto model) {
        return OnnxReader.read(model.toByteArray());
    }

    /// What a graph is in a file.
    static ModelProto write(Graph graph) throws Exception {
        return ModelProto.parseFrom(OnnxWriter.toBytes(graph));
    }

    static NodeProto.Builder node(String type, List<String> inputs, String... outputs) {
        return NodeProto.newBuilder().setOpType(type).addAllInput(inputs).addAllOutput(List.of(outputs));
    }

    static AttributeProto.Builder ints(String name, long... values) {
        AttributeProto.Builder attribute = attribute(name, AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute;
    }

    static AttributeProto.Builder integer(String name, long value) {
        return attribute(name, AttributeType.INT).setI(value);
    }

    static AttributeProto.Builder number(String name, float value) {
        return attribute(name, AttributeType.FLOAT).setF(value);
    }

    static AttributeProto.Builder text(String name, String value) {
        return attribute(name, AttributeType.STRING).setS(ByteString.copyFromUtf8(value));
    }

    static AttributeProto.Builder attribute(String name, AttributeType type) {
        return AttributeProto.newBuilder().setName(name).setType(type);
    }

    static TensorProto.Builder floats(String name, float... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(FLOAT).addDims(values.length);
        for (float value : values) {
            tensor.addFloatData(value);
        }
        return tensor;
    }

    static TensorProto.Builder longs(String name, long... values) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(INT64).addDims(values.length);
        for (long value : values) {
            tensor.addInt64Data(value);
        }
        return tensor;
    }

    /// A tensor value of unknown rank, or with the given extents.
    static ValueInfoProto.Builder value(String name, int type, long... dims) {
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type);
        for (long dim : dims) {
            tensor.getShapeBuilder().addDimBuilder().setDimValue(dim);
        }
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor));
    }
}
