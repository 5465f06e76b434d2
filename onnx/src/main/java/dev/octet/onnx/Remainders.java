package dev.octet.onnx;

import dev.octet.graph.Metadata;
import dev.octet.graph.TypeInfo;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.onnx.proto.NodeProto;
import dev.octet.onnx.proto.StringStringEntryProto;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.ValueInfoProto;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What messages say beyond what a [dev.octet.graph.Graph] has a place for. It is kept as the encoded message without
/// the fields that have one ([Metadata#unknownFields]); the writer starts from that message.
final class Remainders {
    private Remainders() {}

    /// The model without its graph's content. A graph's documentation is the model's; what the graph itself says stays
    /// in the remainder.
    static Metadata of(ModelProto model) {
        ModelProto.Builder rest = model.toBuilder().clearOpsetImport().clearDocString().clearMetadataProps();
        return metadata(
                model.getDocString(),
                model.getMetadataPropsList(),
                rest.setGraph(of(model.getGraph())).build().toByteArray());
    }

    /// The remainder of a subgraph has the form of a model's.
    static Metadata ofSubgraph(GraphProto graph) {
        GraphProto rest = of(graph);
        return metadata(
                "",
                List.of(),
                rest.getSerializedSize() == 0
                        ? new byte[0]
                        : ModelProto.newBuilder().setGraph(rest).build().toByteArray());
    }

    private static GraphProto of(GraphProto graph) {
        GraphProto.Builder rest =
                graph.toBuilder()
                        .clearName()
                        .clearNode()
                        .clearInput()
                        .clearOutput()
                        .clearInitializer()
                        .clearSparseInitializer()
                        .clearValueInfo();
        for (TensorProto tensor : graph.getInitializerList()) {
            TensorProto kept = of(tensor);
            if (kept.getSerializedSize() > 0) {
                rest.addInitializer(kept.toBuilder().setName(tensor.getName()));
            }
        }
        for (ValueInfoProto value : graph.getValueInfoList()) {
            ValueInfoProto kept = type(value).clearName().build();
            if (kept.getSerializedSize() > 0) {
                rest.addValueInfo(kept.toBuilder().setName(value.getName()));
            }
        }
        return rest.build();
    }

    private static TensorProto of(TensorProto tensor) {
        return tensor.toBuilder()
                .clearName()
                .clearDims()
                .clearDataType()
                .clearFloatData()
                .clearInt32Data()
                .clearInt64Data()
                .clearStringData()
                .clearDoubleData()
                .clearUint64Data()
                .clearRawData()
                .clearMappedOffset()
                .clearMappedLength()
                .clearExternalData()
                .clearDataLocation()
                .build();
    }

    static Metadata of(ValueInfoProto value) {
        ValueInfoProto.Builder rest = type(value).clearName().clearDocString().clearMetadataProps();
        return metadata(value.getDocString(), value.getMetadataPropsList(), rest.build().toByteArray());
    }

    /// Keeps the file's form of the type only where ours says less; an empty one says that the file has none.
    private static ValueInfoProto.Builder type(ValueInfoProto value) {
        Optional<TypeInfo> type = Types.decode(value.getType());
        boolean same = type.isPresent() && Types.encode(type.get()).equals(value.getType());
        return same ? value.toBuilder().clearType() : value.toBuilder().setType(value.getType());
    }

    static Metadata of(NodeProto node) {
        NodeProto.Builder rest =
                node.toBuilder()
                        .clearName()
                        .clearOpType()
                        .clearDomain()
                        .clearInput()
                        .clearOutput()
                        .clearAttribute()
                        .clearDocString()
                        .clearMetadataProps();
        for (AttributeProto attribute : node.getAttributeList()) {
            AttributeProto kept = of(attribute);
            if (kept.getSerializedSize() > 0) {
                rest.addAttribute(kept.toBuilder().setName(attribute.getName()));
            }
        }
        return metadata(node.getDocString(), node.getMetadataPropsList(), rest.build().toByteArray());
    }

    private static AttributeProto of(AttributeProto attribute) {
        return attribute.toBuilder()
                .clearName()
                .clearType()
                .clearF()
                .clearI()
                .clearS()
                .clearT()
                .clearG()
                .clearTp()
                .clearSparseTensor()
                .clearFloats()
                .clearInts()
                .clearStrings()
                .clearTensors()
                .clearGraphs()
                .clearTypeProtos()
                .clearSparseTensors()
                .build();
    }

    private static Metadata metadata(String documentation, List<StringStringEntryProto> properties, byte[] rest) {
        if (documentation.isEmpty() && properties.isEmpty() && rest.length == 0) {
            return Metadata.EMPTY;
        }
        Map<String, String> map = new LinkedHashMap<>();
        properties.forEach(p -> map.put(p.getKey(), p.getValue()));
        return new Metadata(documentation, map, rest);
    }
}
