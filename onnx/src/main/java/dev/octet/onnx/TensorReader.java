package dev.octet.onnx;

import com.google.protobuf.UnsafeByteOperations;
import dev.octet.graph.op.OnnxTypes;
import dev.octet.onnx.proto.TensorProto;
import dev.octet.onnx.proto.TensorProto.DataLocation;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Decodes tensors. What the file has as raw bytes is not copied: the tensor is a read-only view of the mapped file.
final class TensorReader {
    private final MemorySegment file;
    private final ExternalData external;

    /// @param file the encoded message from which the tensors were parsed
    TensorReader(MemorySegment file, ExternalData external) {
        this.file = file;
        this.external = external;
    }

    /// Whether Octet has the element type; the others (text, complex numbers, floats of 6 bits) are carried encoded.
    static boolean isSupported(int dataType) {
        return Arrays.stream(DType.values()).anyMatch(t -> OnnxTypes.code(t) == dataType);
    }

    /// @throws OnnxFormatException if the type is unknown, or the data are not as many as the shape says; the message
    ///   does not name the tensor
    Tensor read(TensorProto proto) {
        if (!isSupported(proto.getDataType())) {
            throw new OnnxFormatException("element type " + proto.getDataType() + " is not supported here");
        }
        if (proto.hasSegment()) {
            throw new OnnxFormatException("tensors in several segments are not supported");
        }
        DType dtype = OnnxTypes.dtype(proto.getDataType());
        Shape shape;
        long bytes;
        try {
            shape = Shape.of(proto.getDimsList().stream().mapToLong(Long::longValue).toArray());
            bytes = dtype.bytes(shape.elementCount());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new OnnxFormatException("dims " + proto.getDimsList() + " are not a shape: " + e.getMessage(), e);
        }
        if (proto.getDataLocation() == DataLocation.EXTERNAL) {
            return view(dtype, shape, external.find(proto, bytes));
        }
        if (hasRawData(proto)) {
            return view(dtype, shape, rawData(proto, dtype, shape, bytes));
        }
        return typed(proto, dtype, shape).asReadOnly();
    }

    /// The message as it was in the file, with its bytes inside.
    TensorProto selfContained(TensorProto proto) {
        if (proto.getDataLocation() == DataLocation.EXTERNAL && isSupported(proto.getDataType())) {
            Tensor tensor = read(proto);
            return embed(proto, tensor.data()).clearDataLocation().clearExternalData().build();
        }
        return proto.hasMappedLength()
                ? embed(proto, file.asSlice(proto.getMappedOffset(), proto.getMappedLength())).build()
                : proto;
    }

    private static TensorProto.Builder embed(TensorProto proto, MemorySegment data) {
        return proto.toBuilder()
                .clearMappedOffset()
                .clearMappedLength()
                .setRawData(UnsafeByteOperations.unsafeWrap(data.toArray(ValueLayout.JAVA_BYTE)));
    }

    private static boolean hasRawData(TensorProto proto) {
        return proto.getMappedLength() > 0 || proto.getRawData().size() > 0;
    }

    private MemorySegment rawData(TensorProto proto, DType dtype, Shape shape, long bytes) {
        long found = proto.hasMappedLength() ? proto.getMappedLength() : proto.getRawData().size();
        if (found != bytes) {
            throw new OnnxFormatException(
                    "raw_data: expected " + bytes + " bytes for " + dtype + " " + shape + ", found " + found);
        }
        if (proto.hasMappedLength()) {
            return file.asSlice(proto.getMappedOffset(), bytes);
        }
        Tensor copy = Tensor.allocate(dtype, shape);
        copy.data().copyFrom(MemorySegment.ofBuffer(proto.getRawData().asReadOnlyByteBuffer()));
        return copy.data();
    }

    private static Tensor view(DType dtype, Shape shape, MemorySegment data) {
        Tensor tensor = Tensor.wrap(dtype, shape, data.asReadOnly());
        // A byte other than 0 and 1 is no BOOL, but means "true" to every reader.
        return dtype == DType.BOOL ? tensor.reinterpret(DType.UINT8).cast(DType.BOOL).asReadOnly() : tensor;
    }

    private static Tensor typed(TensorProto proto, DType dtype, Shape shape) {
        long count = shape.elementCount();
        return switch (dtype) {
            case FLOAT32 -> {
                require("float_data", dtype, shape, count, proto.getFloatDataCount());
                yield fill(dtype, shape, (t, i) -> t.setFloat(i, proto.getFloatData(i)));
            }
            case FLOAT64 -> {
                require("double_data", dtype, shape, count, proto.getDoubleDataCount());
                yield fill(dtype, shape, (t, i) -> t.setDouble(i, proto.getDoubleData(i)));
            }
            case INT64 -> {
                require("int64_data", dtype, shape, count, proto.getInt64DataCount());
                yield fill(dtype, shape, (t, i) -> t.setLong(i, proto.getInt64Data(i)));
            }
            case UINT32, UINT64 -> {
                require("uint64_data", dtype, shape, count, proto.getUint64DataCount());
                yield fill(dtype, shape, (t, i) -> t.setLong(i, proto.getUint64Data(i)));
            }
            case FLOAT16, BFLOAT16 -> {
                require("int32_data", dtype, shape, count, proto.getInt32DataCount());
                yield fill(DType.UINT16, shape, (t, i) -> t.setLong(i, proto.getInt32Data(i))).reinterpret(dtype);
            }
            case INT2, UINT2, INT4, UINT4, FLOAT4E2M1 -> {
                long packed = dtype.bytes(count);
                require("int32_data", dtype, shape, packed, proto.getInt32DataCount());
                Tensor bytes = fill(DType.UINT8, Shape.of(packed), (t, i) -> t.setLong(i, proto.getInt32Data(i)));
                yield Tensor.wrap(dtype, shape, bytes.data());
            }
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT8E8M0 -> {
                require("int32_data", dtype, shape, count, proto.getInt32DataCount());
                yield fill(DType.UINT8, shape, (t, i) -> t.setLong(i, proto.getInt32Data(i))).reinterpret(dtype);
            }
            default -> {
                require("int32_data", dtype, shape, count, proto.getInt32DataCount());
                yield fill(dtype, shape, (t, i) -> t.setLong(i, proto.getInt32Data(i)));
            }
        };
    }

    private static void require(String field, DType dtype, Shape shape, long expected, int found) {
        if (found != expected) {
            throw new OnnxFormatException(
                    field + ": expected " + expected + " numbers for " + dtype + " " + shape + ", found " + found);
        }
    }

    private interface Element {
        void set(Tensor tensor, int index);
    }

    private static Tensor fill(DType dtype, Shape shape, Element element) {
        Tensor tensor = Tensor.allocate(dtype, shape);
        for (int i = 0; i < tensor.elementCount(); i++) {
            element.set(tensor, i);
        }
        return tensor;
    }
}
