package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A node to lower: its operands' types and values, and the [Tail] that its kernel computes as well.
public final class Site {
    private final Node node;
    private final Tail tail;
    private final Values values;

    Site(Node node, Tail tail, Values values) {
        this.node = node;
        this.tail = tail;
        this.values = values;
    }

    Tail tail() {
        return tail;
    }

    Node node() {
        return node;
    }

    boolean has(int input) {
        return node.has(input);
    }

    /// Name of an input.
    String name(int input) {
        return node.input(input);
    }

    Shape shape(int input) {
        return shape(values, node.input(input));
    }

    DType dtype(int input) {
        return type(values, node.input(input)).dtype();
    }

    boolean isFloat(int input) {
        return dtype(input) == DType.FLOAT32;
    }

    /// Whether an input is INT8 or UINT8.
    boolean isByte(int input) {
        return isByte(dtype(input));
    }

    static boolean isByte(DType dtype) {
        return dtype == DType.INT8 || dtype == DType.UINT8;
    }

    /// Value of an input, or null if it is absent or not constant.
    @Nullable Tensor constant(int input) {
        return has(input) ? values.constant(node.input(input)) : null;
    }

    /// Whether an input is given but known only at run time.
    boolean isVariable(int input) {
        return has(input) && values.constant(node.input(input)) == null;
    }

    /// Shape of the first output.
    Shape outputShape() {
        return shape(values, node.output());
    }

    DType outputType() {
        return type(values, node.output()).dtype();
    }

    Values values() {
        return values;
    }

    /// The names given, then the tail's residual if it has one.
    List<String> withResidual(String... inputs) {
        List<String> all = new ArrayList<>(List.of(inputs));
        if (tail.residual() != null) {
            all.add(tail.residual());
        }
        return all;
    }

    static TypeInfo type(Values values, String value) {
        TypeInfo type = values.type(value);
        if (type == null) {
            throw new IllegalStateException("the type of '" + value + "' is not known");
        }
        return type;
    }

    static Shape shape(Values values, String value) {
        PartialShape shape = type(values, value).shape();
        if (shape == null) {
            throw new IllegalStateException("the shape of '" + value + "' is not known");
        }
        return shape.toShape();
    }
}
