package dev.octet.graph;

import dev.octet.tensor.DType;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What is known of a value before the model runs.
///
/// @param dtype element type of the tensor, or of the tensors inside
/// @param shape null if not even the rank is known; of a sequence, what all its tensors have in common
/// @param foreign the name of a type that Octet has no values of, such as text; null of all others
public record TypeInfo(DType dtype, @Nullable PartialShape shape, Kind kind, @Nullable String foreign) {
    /// What the value is.
    public enum Kind {
        TENSOR,
        SEQUENCE,
        /// A tensor that may be missing.
        OPTIONAL,
        OPTIONAL_SEQUENCE,
        /// What a file may state, and no operator of Octet's takes; it has neither element type nor shape.
        FOREIGN
    }

    /// The type of a tensor, or of a sequence or optional of such tensors.
    public TypeInfo(DType dtype, @Nullable PartialShape shape, Kind kind) {
        this(dtype, shape, kind, null);
    }

    /// The type of a tensor.
    public TypeInfo(DType dtype, @Nullable PartialShape shape) {
        this(dtype, shape, Kind.TENSOR);
    }

    /// A type that Octet has no values of.
    ///
    /// @param name for messages
    public static TypeInfo foreign(String name) {
        return new TypeInfo(DType.FLOAT32, null, Kind.FOREIGN, name);
    }

    public static TypeInfo of(Tensor tensor) {
        return of(tensor.dtype(), tensor.shape());
    }

    public static TypeInfo of(DType dtype, Shape shape) {
        return new TypeInfo(dtype, PartialShape.of(shape));
    }

    /// The type of a value. Of an optional that is missing only the value's user can say what it would be.
    ///
    /// @param expected the type that an empty optional has
    public static TypeInfo of(Value value, TypeInfo expected) {
        return switch (value) {
            case Tensor tensor -> of(tensor);
            case TensorSequence sequence -> new TypeInfo(sequence.dtype(), null, Kind.SEQUENCE);
            case OptionalValue(Value content) -> content == null ? expected : of(content, expected).asOptional();
        };
    }

    public boolean isTensor() {
        return kind == Kind.TENSOR;
    }

    public boolean isOptional() {
        return kind == Kind.OPTIONAL || kind == Kind.OPTIONAL_SEQUENCE;
    }

    public boolean isForeign() {
        return kind == Kind.FOREIGN;
    }

    /// Whether this is a tensor whose whole shape is known.
    public boolean isFixed() {
        return isTensor() && shape != null && shape.isFixed();
    }

    /// A sequence of such tensors.
    public TypeInfo asSequence() {
        return new TypeInfo(dtype, shape, Kind.SEQUENCE);
    }

    /// An optional of this; of an optional, itself.
    public TypeInfo asOptional() {
        return switch (kind) {
            case TENSOR -> new TypeInfo(dtype, shape, Kind.OPTIONAL);
            case SEQUENCE -> new TypeInfo(dtype, shape, Kind.OPTIONAL_SEQUENCE);
            case OPTIONAL, OPTIONAL_SEQUENCE, FOREIGN -> this;
        };
    }

    /// What an optional holds; of another value, itself.
    public TypeInfo content() {
        return switch (kind) {
            case TENSOR, SEQUENCE, FOREIGN -> this;
            case OPTIONAL -> new TypeInfo(dtype, shape);
            case OPTIONAL_SEQUENCE -> asSequence();
        };
    }

    /// The tensors of a sequence.
    public TypeInfo element() {
        return new TypeInfo(dtype, shape);
    }

    /// What is true of a value that has either type, or null if these are of different kinds or element types.
    public @Nullable TypeInfo join(TypeInfo other) {
        if (dtype != other.dtype || kind != other.kind) {
            return null;
        }
        PartialShape a = shape;
        PartialShape b = other.shape;
        if (a == null || b == null || a.rank() != b.rank()) {
            return new TypeInfo(dtype, null, kind);
        }
        List<Dim> dims = new ArrayList<>();
        for (int axis = 0; axis < a.rank(); axis++) {
            dims.add(a.dim(axis).equals(b.dim(axis)) ? a.dim(axis) : Dim.UNKNOWN);
        }
        return new TypeInfo(dtype, new PartialShape(dims), kind);
    }

    @Override
    public String toString() {
        String tensor = dtype + " " + (shape == null ? "of unknown rank" : shape);
        return switch (kind) {
            case TENSOR -> tensor;
            case SEQUENCE -> "sequence of " + tensor;
            case OPTIONAL -> "optional " + tensor;
            case OPTIONAL_SEQUENCE -> "optional sequence of " + tensor;
            case FOREIGN -> String.valueOf(foreign);
        };
    }
}
