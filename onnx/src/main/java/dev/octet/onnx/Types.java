package dev.octet.onnx;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.OnnxTypes;
import dev.octet.onnx.proto.TensorShapeProto;
import dev.octet.onnx.proto.TensorShapeProto.Dimension;
import dev.octet.onnx.proto.TypeProto;
import dev.octet.tensor.DType;
import java.util.Optional;

/// Types of values, from the file's form and to it.
final class Types {
    /// Stands for a type that the file does not state.
    static final TypeInfo UNKNOWN = new TypeInfo(DType.FLOAT32, null);

    private Types() {}

    /// The type, a foreign one if Octet has no such values, or [#UNKNOWN]. The file's form of it goes with the value.
    static TypeInfo of(TypeProto proto) {
        return decode(proto).orElseGet(() -> isStated(proto) ? TypeInfo.foreign(name(proto)) : UNKNOWN);
    }

    /// An element type of 0 is none.
    static boolean isStated(TypeProto proto) {
        return proto.hasTensorType()
                ? proto.getTensorType().getElemType() != 0
                : proto.getValueCase() != TypeProto.ValueCase.VALUE_NOT_SET;
    }

    /// For messages about types that Octet does not have.
    private static String name(TypeProto proto) {
        return switch (proto.getValueCase()) {
            case TENSOR_TYPE -> elementName(proto.getTensorType().getElemType()) + " tensor";
            case SEQUENCE_TYPE -> "sequence of " + name(proto.getSequenceType().getElemType());
            case OPTIONAL_TYPE -> "optional " + name(proto.getOptionalType().getElemType());
            case MAP_TYPE -> "map";
            case SPARSE_TENSOR_TYPE -> "sparse tensor";
            case VALUE_NOT_SET -> "no type";
        };
    }

    private static String elementName(int code) {
        return switch (code) {
            case 8 -> "STRING";
            case 14 -> "COMPLEX64";
            case 15 -> "COMPLEX128";
            default -> TensorReader.isSupported(code) ? OnnxTypes.dtype(code).toString() : "element type " + code;
        };
    }

    /// Empty if the type is not that of a tensor of an element type of Octet's, a sequence of such tensors, or an
    /// optional of either.
    static Optional<TypeInfo> decode(TypeProto proto) {
        if (proto.hasSequenceType()) {
            return decode(proto.getSequenceType().getElemType()).filter(TypeInfo::isTensor).map(TypeInfo::asSequence);
        }
        if (proto.hasOptionalType()) {
            return decode(proto.getOptionalType().getElemType()).filter(t -> !t.isOptional()).map(TypeInfo::asOptional);
        }
        if (!proto.hasTensorType() || !TensorReader.isSupported(proto.getTensorType().getElemType())) {
            return Optional.empty();
        }
        TypeProto.Tensor tensor = proto.getTensorType();
        PartialShape shape =
                tensor.hasShape()
                        ? new PartialShape(tensor.getShape().getDimList().stream().map(Types::decode).toList())
                        : null;
        return Optional.of(new TypeInfo(OnnxTypes.dtype(tensor.getElemType()), shape));
    }

    /// Exporters also write `-1` or the name `?` for an extent that they do not know.
    private static Dim decode(Dimension dimension) {
        if (dimension.hasDimValue()) {
            return dimension.getDimValue() < 0 ? Dim.UNKNOWN : Dim.of(dimension.getDimValue());
        }
        String name = dimension.getDimParam();
        return name.isEmpty() || name.equals("?") ? Dim.UNKNOWN : Dim.symbol(name);
    }

    static TypeProto encode(TypeInfo type) {
        if (type.isOptional()) {
            TypeProto.Optional.Builder optional = TypeProto.Optional.newBuilder().setElemType(encode(type.content()));
            return TypeProto.newBuilder().setOptionalType(optional).build();
        }
        if (!type.isTensor()) {
            TypeProto.Sequence.Builder sequence = TypeProto.Sequence.newBuilder().setElemType(encode(type.element()));
            return TypeProto.newBuilder().setSequenceType(sequence).build();
        }
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType((int) OnnxTypes.code(type.dtype()));
        PartialShape shape = type.shape();
        if (shape != null) {
            TensorShapeProto.Builder dims = tensor.getShapeBuilder();
            shape.dims().forEach(d -> dims.addDim(encode(d)));
        }
        return TypeProto.newBuilder().setTensorType(tensor).build();
    }

    private static Dimension encode(Dim dim) {
        return switch (dim) {
            case Dim.Fixed fixed -> Dimension.newBuilder().setDimValue(fixed.size()).build();
            case Dim.Symbol symbol -> Dimension.newBuilder().setDimParam(symbol.name()).build();
            case Dim.Unknown _ -> Dimension.getDefaultInstance();
        };
    }
}
