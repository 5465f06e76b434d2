package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import org.jspecify.annotations.Nullable;

/// Numbers of element types in ONNX (`TensorProto.DataType`).
public final class OnnxTypes {
    private OnnxTypes() {}

    public static long code(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> 1;
            case UINT8 -> 2;
            case INT8 -> 3;
            case UINT16 -> 4;
            case INT16 -> 5;
            case INT32 -> 6;
            case INT64 -> 7;
            case BOOL -> 9;
            case FLOAT16 -> 10;
            case FLOAT64 -> 11;
            case UINT32 -> 12;
            case UINT64 -> 13;
            case BFLOAT16 -> 16;
            case UINT4 -> 21;
            case INT4 -> 22;
            case FLOAT8E4M3FN -> 17;
            case FLOAT8E4M3FNUZ -> 18;
            case FLOAT8E5M2 -> 19;
            case FLOAT8E5M2FNUZ -> 20;
            case FLOAT4E2M1 -> 23;
            case FLOAT8E8M0 -> 24;
            case UINT2 -> 25;
            case INT2 -> 26;
        };
    }

    /// The type that an attribute names, or null if it is absent or 0.
    static @Nullable DType find(Attributes attributes, String name) {
        long code = attributes.getInt(name, 0L);
        return code == 0 ? null : dtype(code);
    }

    /// @throws IllegalArgumentException if Octet has no such type
    public static DType dtype(long code) {
        for (DType dtype : DType.values()) {
            if (code(dtype) == code) {
                return dtype;
            }
        }
        throw new IllegalArgumentException("element type " + code + " is not supported");
    }
}
