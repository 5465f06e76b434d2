package dev.octet.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.EncodedValue;
import dev.octet.graph.Attributes.FloatValue;
import dev.octet.graph.Attributes.FloatsValue;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Attributes.IntValue;
import dev.octet.graph.Attributes.IntsValue;
import dev.octet.graph.Attributes.StringValue;
import dev.octet.graph.Attributes.StringsValue;
import dev.octet.graph.Attributes.TensorValue;
import dev.octet.graph.Attributes.TypeValue;
import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import java.util.function.Function;

/// Encodes attributes.
final class AttributeWriter {
    private AttributeWriter() {}

    /// @param rest what the file said about the attribute beyond its value
    /// @param subgraphs encodes the graphs among the values
    static AttributeProto write(
            String name, Attributes.Value value, AttributeProto rest, Function<Graph, GraphProto> subgraphs) {
        AttributeProto.Builder builder = rest.toBuilder().setName(name);
        switch (value) {
            case FloatValue(float f) -> builder.setType(AttributeType.FLOAT).setF(f);
            case IntValue(long i) -> builder.setType(AttributeType.INT).setI(i);
            case StringValue(String s) -> builder.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(s));
            case TensorValue(var tensor) -> builder.setType(AttributeType.TENSOR).setT(TensorWriter.write("", tensor));
            case GraphValue(Graph graph) -> builder.setType(AttributeType.GRAPH).setG(subgraphs.apply(graph));
            case FloatsValue(var floats) -> builder.setType(AttributeType.FLOATS).addAllFloats(floats);
            case IntsValue(var ints) -> builder.setType(AttributeType.INTS).addAllInts(ints);
            case StringsValue(var strings) -> {
                builder.setType(AttributeType.STRINGS);
                strings.forEach(s -> builder.addStrings(ByteString.copyFromUtf8(s)));
            }
            case TypeValue(TypeInfo type) -> builder.setType(AttributeType.TYPE_PROTO).setTp(Types.encode(type));
            case EncodedValue(byte[] encoded) -> {
                return decode(encoded).toBuilder().setName(name).build();
            }
        }
        return builder.build();
    }

    private static AttributeProto decode(byte[] encoded) {
        try {
            return AttributeProto.parseFrom(encoded);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("an encoded attribute is not one of an ONNX file", e);
        }
    }
}
