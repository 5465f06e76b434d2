package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.kernels.Layout;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A node to lower: its operands' types and values, the [Tail] that its kernel computes as well, and the layout of its
/// images. Shapes are those of the graph, whatever the layout, unless they are called stored.
public final class Site {
    private final Node node;
    private final Tail tail;
    private final Values values;
    private final Layout layout;

    Site(Node node, Tail tail, Values values, Layout layout) {
        this.node = node;
        this.tail = tail;
        this.values = values;
        this.layout = layout;
    }

    /// In which the images lie that the node reads and writes.
    Layout layout() {
        return layout;
    }

    boolean isChannelsLast() {
        return layout == Layout.CHANNELS_LAST;
    }

    /// Shape of an input as it lies in memory, with leading axes of extent 1 if it has fewer than the result.
    Shape storedShape(int input) {
        return layout.stored(withRank(shape(input), outputShape().rank()));
    }

    /// Where an axis of the first input lies.
    int place(int axis) {
        return layout.place(axis, shape(0).rank());
    }

    /// A shape with leading axes of extent 1 if it has fewer than `rank`.
    public static Shape withRank(Shape shape, int rank) {
        if (shape.rank() >= rank) {
            return shape;
        }
        long[] dims = new long[rank];
        for (int i = 0; i < rank; i++) {
            int axis = i - rank + shape.rank();
            dims[i] = axis < 0 ? 1 : shape.dim(axis);
        }
        return Shape.of(dims);
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

    boolean isConstant(String value) {
        return values.constant(value) != null;
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

    public static TypeInfo type(Values values, String value) {
        TypeInfo type = values.type(value);
        if (type == null) {
            throw new IllegalStateException("the type of '" + value + "' is not known");
        }
        return type;
    }

    public static Shape shape(Values values, String value) {
        PartialShape shape = type(values, value).shape();
        if (shape == null) {
            throw new IllegalStateException("the shape of '" + value + "' is not known");
        }
        return shape.toShape();
    }
}
