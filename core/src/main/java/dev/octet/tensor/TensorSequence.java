package dev.octet.tensor;

import java.lang.foreign.Arena;
import java.util.List;

/// Any number of tensors of one element type, in order; their shapes may differ.
public record TensorSequence(DType dtype, List<Tensor> tensors) implements Value {
    /// @throws IllegalArgumentException if a tensor has another element type
    public TensorSequence {
        tensors = List.copyOf(tensors);
        for (Tensor tensor : tensors) {
            if (tensor.dtype() != dtype) {
                throw new IllegalArgumentException(
                        "element of a sequence: expected " + dtype + ", found " + tensor.dtype());
            }
        }
    }

    public int size() {
        return tensors.size();
    }

    @Override
    public TensorSequence copy() {
        return new TensorSequence(dtype, tensors.stream().map(Tensor::copy).toList());
    }

    @Override
    public TensorSequence copy(Arena arena) {
        return new TensorSequence(dtype, tensors.stream().map(t -> t.copy(arena)).toList());
    }

    @Override
    public long byteSize() {
        return tensors.stream().mapToLong(Tensor::byteSize).sum();
    }

    @Override
    public String toString() {
        return "sequence of " + tensors.size() + " " + dtype;
    }
}
