package dev.octet.tensor;

import java.lang.foreign.Arena;

/// What a name in a model can stand for at run time: a tensor as a rule; a sequence of tensors or an optional value
/// between the few operators that know them.
public sealed interface Value permits Tensor, TensorSequence, OptionalValue {
    /// A copy that lives as long as it is reachable.
    Value copy();

    /// A copy owned by `arena`.
    Value copy(Arena arena);

    /// Bytes of the elements of all its tensors.
    long byteSize();

    /// What this is, for messages: a type and a shape, or a count.
    @Override
    String toString();
}
