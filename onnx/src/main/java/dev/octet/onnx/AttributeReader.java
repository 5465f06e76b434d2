package dev.octet.onnx;

import com.google.protobuf.ByteString;
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
import dev.octet.onnx.proto.AttributeProto;
import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.onnx.proto.NodeProto;
import java.util.List;
import java.util.function.Function;

/// Decodes the attributes of a node. What an operator of Octet's never has stays encoded.
final class AttributeReader {
    private final TensorReader tensors;
    private final Function<GraphProto, Graph> subgraphs;

    AttributeReader(TensorReader tensors, Function<GraphProto, Graph> subgraphs) {
        this.tensors = tensors;
        this.subgraphs = subgraphs;
    }

    Attributes read(NodeProto node) {
        Attributes.Builder builder = Attributes.builder();
        for (AttributeProto attribute : node.getAttributeList()) {
            try {
                builder.put(attribute.getName(), read(attribute));
            } catch (OnnxFormatException e) {
                throw e.within("attribute " + attribute.getName());
            }
        }
        Attributes attributes = builder.build();
        if (attributes.names().size() != node.getAttributeCount()) {
            throw new OnnxFormatException("two attributes have one name");
        }
        return attributes;
    }

    private Attributes.Value read(AttributeProto attribute) {
        return switch (kind(attribute)) {
            case FLOAT -> new FloatValue(attribute.getF());
            case INT -> new IntValue(attribute.getI());
            case STRING ->
                    attribute.getS().isValidUtf8()
                            ? new StringValue(attribute.getS().toStringUtf8())
                            : encoded(attribute);
            case TENSOR ->
                    TensorReader.isSupported(attribute.getT().getDataType())
                            ? new TensorValue(tensors.read(attribute.getT()))
                            : encoded(attribute);
            case GRAPH -> new GraphValue(subgraphs.apply(attribute.getG()));
            case FLOATS -> new FloatsValue(List.copyOf(attribute.getFloatsList()));
            case INTS -> new IntsValue(List.copyOf(attribute.getIntsList()));
            case STRINGS ->
                    attribute.getStringsList().stream().allMatch(ByteString::isValidUtf8)
                            ? new StringsValue(
                                    attribute.getStringsList().stream().map(ByteString::toStringUtf8).toList())
                            : encoded(attribute);
            case TYPE_PROTO ->
                    Types.decode(attribute.getTp())
                            .<Attributes.Value>map(TypeValue::new)
                            .orElseGet(() -> encoded(attribute));
            default -> encoded(attribute);
        };
    }

    private EncodedValue encoded(AttributeProto attribute) {
        AttributeProto.Builder copy = attribute.toBuilder();
        if (copy.hasT()) {
            copy.setT(tensors.selfContained(copy.getT()));
        }
        return new EncodedValue(copy.build().toByteArray());
    }

    /// The kind the file states; where it states none, that of the field that is there.
    private static AttributeType kind(AttributeProto attribute) {
        if (attribute.getType() != AttributeType.UNDEFINED || attribute.hasRefAttrName()) {
            return attribute.getType();
        }
        if (attribute.hasF()) {
            return AttributeType.FLOAT;
        } else if (attribute.hasI()) {
            return AttributeType.INT;
        } else if (attribute.hasS()) {
            return AttributeType.STRING;
        } else if (attribute.hasT()) {
            return AttributeType.TENSOR;
        } else if (attribute.hasG()) {
            return AttributeType.GRAPH;
        } else if (attribute.getFloatsCount() > 0) {
            return AttributeType.FLOATS;
        } else if (attribute.getIntsCount() > 0) {
            return AttributeType.INTS;
        }
        return attribute.getStringsCount() > 0 ? AttributeType.STRINGS : AttributeType.UNDEFINED;
    }
}
