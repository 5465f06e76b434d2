package dev.octet.graph.op;

import dev.octet.tensor.DType;

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
        };
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
