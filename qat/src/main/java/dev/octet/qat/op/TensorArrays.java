package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// Copies between Octet's tensors and DJL's arrays.
public final class TensorArrays {
    private TensorArrays() {}

    /// An array of the tensor's numbers, owned by the manager.
    ///
    /// @throws IllegalArgumentException if arrays have no such type
    public static NDArray toArray(NDManager manager, Tensor tensor) {
        ai.djl.ndarray.types.Shape shape = new ai.djl.ndarray.types.Shape(tensor.shape().dims());
        return switch (tensor.dtype()) {
            // Never the tensor's own memory: training writes to arrays.
            case FLOAT32 -> manager.create(tensor.toFloatArray(), shape);
            case INT64 -> manager.create(tensor.toLongArray(), shape);
            case INT32 -> manager.create(tensor.toIntArray(), shape);
            case BOOL -> manager.create(tensor.toIntArray(), shape).toType(DataType.BOOLEAN, false);
            case INT8, UINT8, INT16 -> manager.create(tensor.toIntArray(), shape);
            case FLOAT16, BFLOAT16, FLOAT64 -> manager.create(tensor.toFloatArray(), shape);
            default -> throw new IllegalArgumentException(tensor + " has no counterpart in training");
        };
    }

    /// A tensor of the array's numbers.
    public static Tensor toTensor(NDArray array) {
        Shape shape = Shape.of(array.getShape().getShape());
        return switch (array.getDataType()) {
            case FLOAT32 -> Tensor.of(shape, array.toFloatArray());
            case INT64 -> Tensor.of(shape, array.toLongArray());
            case BOOLEAN -> Tensor.of(shape, array.toType(DataType.INT32, true).toIntArray()).cast(DType.BOOL);
            case INT32 -> Tensor.of(shape, array.toIntArray());
            default -> Tensor.of(shape, array.toType(DataType.FLOAT32, true).toFloatArray());
        };
    }

    /// The type that an array of Octet's type has.
    public static DataType dataType(DType dtype) {
        return switch (dtype) {
            case INT64 -> DataType.INT64;
            case BOOL -> DataType.BOOLEAN;
            case INT8, UINT8, INT16, INT32 -> DataType.INT32;
            default -> DataType.FLOAT32;
        };
    }

    /// The type that a tensor of an array's type has.
    public static DType dtype(DataType type) {
        return switch (type) {
            case INT64 -> DType.INT64;
            case BOOLEAN -> DType.BOOL;
            case INT32 -> DType.INT32;
            default -> DType.FLOAT32;
        };
    }
}
