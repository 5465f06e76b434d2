package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// A value of a graph while it is trained: an array, or a tensor of numbers that do not depend on the data, such as a
/// shape.
public sealed interface Value {
    /// A value that may have a gradient.
    record Computed(NDArray array) implements Value {
        @Override
        public NDArray array(NDManager manager) {
            return array;
        }

        @Override
        public TypeInfo type() {
            return new TypeInfo(
                    TensorArrays.dtype(array.getDataType()), PartialShape.of(Shape.of(array.getShape().getShape())));
        }

        @Override
        public @Nullable Tensor constant() {
            return null;
        }
    }

    /// A value that has none.
    record Constant(Tensor tensor) implements Value {
        @Override
        public NDArray array(NDManager manager) {
            return TensorArrays.toArray(manager, tensor);
        }

        @Override
        public TypeInfo type() {
            return TypeInfo.of(tensor);
        }

        @Override
        public Tensor constant() {
            return tensor;
        }
    }

    /// The numbers as an array; made by `manager` if they are none yet.
    NDArray array(NDManager manager);

    TypeInfo type();

    /// The numbers, if they do not depend on the data.
    @Nullable Tensor constant();
}
