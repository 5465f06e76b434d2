package dev.octet.graph.op;

import dev.octet.graph.TypeInfo;
import dev.octet.graph.TypeInfo.Kind;
import dev.octet.tensor.DType;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What operators on sequences and optional values ask of their operands, with one wording of the refusals.
final class Structured {
    private Structured() {}

    static Value get(List<@Nullable Value> inputs, int input) {
        Value value = find(inputs, input);
        if (value == null) {
            throw new IllegalArgumentException("input " + input + " is missing");
        }
        return value;
    }

    /// The operand, or null if it is absent.
    static @Nullable Value find(List<@Nullable Value> inputs, int input) {
        return input < inputs.size() ? inputs.get(input) : null;
    }

    static Tensor tensor(List<@Nullable Value> inputs, int input) {
        return tensor(get(inputs, input), "input " + input);
    }

    /// An optional tensor that is there passes for one.
    static Tensor tensor(Value value, String what) {
        return switch (value) {
            case Tensor tensor -> tensor;
            case OptionalValue(Value content) when content instanceof Tensor tensor -> tensor;
            case OptionalValue _, TensorSequence _ -> throw Inference.mismatch(what, "a tensor", value);
        };
    }

    static TensorSequence sequence(List<@Nullable Value> inputs, int input) {
        return switch (get(inputs, input)) {
            case TensorSequence sequence -> sequence;
            case OptionalValue(Value content) when content instanceof TensorSequence sequence -> sequence;
            case Value other -> throw Inference.mismatch("input " + input, "a sequence", other);
        };
    }

    /// The type of an operand that must be a sequence.
    static TypeInfo requireSequence(Inference inference, int input) {
        TypeInfo type = inference.type(input).content();
        if (type.kind() != Kind.SEQUENCE) {
            throw Inference.mismatch("input " + input, "a sequence", type);
        }
        return type;
    }

    /// The type of an operand that must be a tensor.
    static TypeInfo requireTensor(Inference inference, int input) {
        TypeInfo type = inference.type(input).content();
        if (!type.isTensor()) {
            throw Inference.mismatch("input " + input, "a tensor", type);
        }
        return type;
    }

    /// The number that a scalar operand holds.
    static long scalar(List<@Nullable Value> inputs, int input) {
        Tensor tensor = tensor(inputs, input);
        if (tensor.elementCount() != 1) {
            throw Inference.mismatch("shape of input " + input, "a scalar", tensor.shape());
        }
        return tensor.getLong(0);
    }

    static Tensor bool(boolean value) {
        return Tensor.of(DType.BOOL, Shape.SCALAR, (byte) (value ? 1 : 0));
    }
}
