package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/// Writes the body of a [Composite]: values are known by their names, operands by their numbers.
final class Body {
    private final Attributes attributes;
    private final Inference operands;
    private final GraphBuilder builder;
    private final List<String> inputs = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();

    private Body(String name, Attributes attributes, Inference operands) {
        this.attributes = attributes;
        this.operands = operands;
        builder = new GraphBuilder(name);
        for (int i = 0; i < operands.inputCount(); i++) {
            inputs.add(operands.has(i) ? builder.input(new ValueInfo("operand_" + i, operands.type(i))) : "");
        }
    }

    /// Ends the writing of a body that needs an extent which is not known yet.
    private static final class UnknownExtent extends RuntimeException {
        private static final long serialVersionUID = 1;

        UnknownExtent() {
            super("an extent is not known", null, false, false);
        }
    }

    /// The body that a formula writes; empty if the rank of an operand, or an extent that it asks for, is not known.
    static Optional<Graph> of(String name, Attributes attributes, Inference operands, Composition.Formula formula) {
        boolean ranked =
                IntStream.range(0, operands.inputCount()).allMatch(i -> !operands.has(i) || operands.shape(i) != null);
        if (!ranked) {
            return Optional.empty();
        }
        Body body = new Body(name, attributes, operands);
        try {
            formula.write(body);
        } catch (UnknownExtent e) {
            return Optional.empty();
        }
        return Optional.of(body.build());
    }

    private Graph build() {
        for (int i = 0; i < operands.outputCount(); i++) {
            if (i >= outputs.size() || outputs.get(i).isEmpty()) {
                throw new UnsupportedOperationException("output " + i + " is not supported");
            }
            builder.output(outputs.get(i));
        }
        return builder.build();
    }

    Attributes attributes() {
        return attributes;
    }

    boolean has(int operand) {
        return operands.has(operand);
    }

    /// Name of an operand; empty if it is absent.
    String operand(int index) {
        return index < inputs.size() ? inputs.get(index) : "";
    }

    DType dtype(int operand) {
        return operands.dtype(operand);
    }

    PartialShape shape(int operand) {
        return Objects.requireNonNull(operands.shape(operand));
    }

    /// Extent of an axis of an operand; without it there is no body yet.
    long extent(int operand, int axis) {
        long extent = shape(operand).size(axis);
        if (extent < 0) {
            throw new UnknownExtent();
        }
        return extent;
    }

    int rank(int operand) {
        return shape(operand).rank();
    }

    /// Refuses an operand of fewer axes.
    void requireRank(int operand, int least) {
        if (rank(operand) < least) {
            throw Inference.mismatch("input " + operand, "at least " + least + " axes", shape(operand));
        }
    }

    boolean wants(int output) {
        return output < operands.outputCount();
    }

    /// Defines the next output; those after the node's last one are left out.
    void output(String value) {
        outputs.add(value);
    }

    String add(Op op, String... values) {
        return builder.add(op, values);
    }

    /// A node with several outputs.
    List<String> addAll(Op op, int count, String... values) {
        String name = builder.freshName(op.type());
        List<String> results = IntStream.range(0, count).mapToObj(_ -> builder.freshName(name + "_output")).toList();
        builder.add(new Node(name, op, List.of(values), results));
        return results;
    }

    String constant(Tensor value) {
        return builder.freshConstant("constant", value);
    }

    String scalar(DType dtype, double value) {
        return constant(Tensor.scalar(dtype, value));
    }

    String ints(long... values) {
        return constant(Tensor.vector(values));
    }

    String plus(String a, String b) {
        return add(new Binary(BinaryFunction.ADD), a, b);
    }

    /// The value, with an operand added if that is present.
    String plusOperand(String value, int operand) {
        return has(operand) ? plus(value, operand(operand)) : value;
    }

    String times(String a, String b) {
        return add(new Binary(BinaryFunction.MUL), a, b);
    }

    String matMul(String a, String b) {
        return add(new MatMul(), a, b);
    }

    String transpose(String x, long... perm) {
        return add(new Transpose(Arrays.stream(perm).boxed().toList()), x);
    }

    /// Seen in other extents: 0 keeps that of the axis, -1 is what is left.
    String reshape(String x, long... extents) {
        return add(new Reshape(false), x, ints(extents));
    }

    String unsqueeze(String x, long... axes) {
        return add(new Unsqueeze(), x, ints(axes));
    }

    /// A value in another type, if it has another.
    String as(DType wanted, String x, DType has) {
        return wanted == has ? x : cast(x, wanted);
    }

    String cast(String x, DType to) {
        return add(Cast.of(Attributes.builder().put("to", OnnxTypes.code(to)).build()), x);
    }

    String concat(int axis, String... parts) {
        return add(new Concat(axis), parts);
    }

    /// The elements `[from, to)` of an axis.
    String slice(String x, long from, long to, long axis) {
        return add(new Slice(), x, ints(from), ints(to), ints(axis));
    }

    /// Extent of an axis as a scalar.
    String extentOf(String x, int axis) {
        return add(new Gather(0), add(ShapeOf.of(Attributes.EMPTY), x), constant(Tensor.scalar((long) axis)));
    }

    /// `0, 1, …, count − 1`, INT64.
    String range(String count) {
        return add(Range.of(Attributes.EMPTY), constant(Tensor.scalar(0L)), count, constant(Tensor.scalar(1L)));
    }

    /// A constant of one element with as many axes as asked for.
    String scalar(DType dtype, double value, int rank) {
        long[] ones = new long[rank];
        Arrays.fill(ones, 1);
        return constant(Tensor.scalar(dtype, value).reshape(Shape.of(ones)));
    }
}
