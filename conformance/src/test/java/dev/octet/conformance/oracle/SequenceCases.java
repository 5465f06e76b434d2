package dev.octet.conformance.oracle;

import dev.octet.graph.GraphBuilder;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.ConcatFromSequence;
import dev.octet.graph.op.OptionalGetElement;
import dev.octet.graph.op.OptionalHasElement;
import dev.octet.graph.op.OptionalOf;
import dev.octet.graph.op.SequenceAt;
import dev.octet.graph.op.SequenceConstruct;
import dev.octet.graph.op.SequenceEmpty;
import dev.octet.graph.op.SequenceErase;
import dev.octet.graph.op.SequenceInsert;
import dev.octet.graph.op.SequenceLength;
import dev.octet.graph.op.SequenceMap;
import dev.octet.graph.op.SplitToSequence;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;

/// Operators on sequences and optional values, each between others that make tensors of its result.
final class SequenceCases {
    private static final DType FLOAT = DType.FLOAT32;

    private SequenceCases() {}

    /// A sequence of tensors of one shape that are computed, so that their memory is used again.
    private static String sequence(Generator g, CaseBuilder b, Shape shape, int count) {
        String[] tensors = new String[count];
        for (int i = 0; i < count; i++) {
            String x = b.input(g.floats(shape, -3, 3));
            tensors[i] = g.flip() ? b.add(Unary.of(UnaryFunction.ABS), x) : x;
        }
        return b.add(new SequenceConstruct(), tensors);
    }

    private static String position(Generator g, CaseBuilder b, int from, int to) {
        return b.operand(Tensor.scalar((long) g.integer(from, to)));
    }

    static OracleCase at(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int count = g.integer(1, 4);
        String sequence = sequence(g, b, g.shape(1, 3, 4), count);
        String x = b.add(new SequenceAt(), sequence, position(g, b, -count, count - 1));
        return b.build(Tolerance.FUNCTION, b.add(Unary.of(UnaryFunction.TANH), x));
    }

    /// Erases, inserts, counts, and joins what is left.
    static OracleCase edit(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        int count = g.integer(2, 4);
        Shape shape = g.shape(1, 3, 4);
        String sequence = sequence(g, b, shape, count);
        String shorter =
                g.flip()
                        ? b.add(new SequenceErase(), sequence)
                        : b.add(new SequenceErase(), sequence, position(g, b, -count, count - 1));
        String x = b.input(g.floats(shape, -3, 3));
        String longer =
                g.flip()
                        ? b.add(new SequenceInsert(), shorter, x)
                        : b.add(new SequenceInsert(), shorter, x, position(g, b, 1 - count, count - 1));
        String length = b.add(new SequenceLength(), shorter);
        return b.build(Tolerance.EXACT, b.add(concat(g, shape.rank()), longer), length);
    }

    private static ConcatFromSequence concat(Generator g, int rank) {
        boolean newAxis = g.flip();
        return new ConcatFromSequence(Draw.axis(g, newAxis ? rank + 1 : rank), newAxis);
    }

    static OracleCase empty(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(1, 3, 4);
        String sequence = b.add(new SequenceEmpty(FLOAT));
        String before = b.add(new SequenceLength(), sequence);
        String one = b.add(new SequenceInsert(), sequence, b.input(g.floats(shape, -3, 3)));
        return b.build(Tolerance.EXACT, b.add(concat(g, shape.rank()), one), before);
    }

    static OracleCase split(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(2, 3, 6);
        int axis = Draw.axis(g, shape.rank());
        long extent = shape.dim(Shape.normalizeAxis(axis, shape.rank()));
        String x = b.input(g.floats(shape, -3, 3));
        boolean keep = g.flip();
        String sequence =
                switch (g.integer(0, 2)) {
                    case 0 -> b.add(new SplitToSequence(axis, keep), x);
                    case 1 ->
                            b.add(new SplitToSequence(axis, true), x, b.operand(Tensor.scalar((long) g.integer(1, 4))));
                    default -> {
                        long first = g.integer(0, (int) extent);
                        yield b.add(
                                new SplitToSequence(axis, true), x, b.operand(Tensor.vector(first, extent - first)));
                    }
                };
        String length = b.add(new SequenceLength(), sequence);
        return b.build(Tolerance.EXACT, b.add(new SequenceAt(), sequence, position(g, b, -1, 0)), length);
    }

    static OracleCase map(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 17);
        int count = g.integer(1, 4);
        Shape shape = g.shape(1, 3, 4);
        boolean pairs = g.flip();
        GraphBuilder body = new GraphBuilder("body");
        String x = body.input("x", FLOAT, null);
        String y = body.input("y", FLOAT, null);
        String sum = body.add(new Binary(BinaryFunction.ADD), x, y);
        body.output(new ValueInfo(sum, new TypeInfo(FLOAT, null)));
        String mapped =
                b.add(
                        new SequenceMap(body.build()),
                        sequence(g, b, shape, count),
                        pairs ? sequence(g, b, shape, count) : b.input(g.floats(shape, -3, 3)));
        return b.build(Tolerance.SUM, b.add(concat(g, shape.rank()), mapped));
    }

    static OracleCase optional(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 18);
        Shape shape = g.shape(1, 3, 4);
        String x = b.add(Unary.of(UnaryFunction.ABS), b.input(g.floats(shape, -3, 3)));
        String optional = b.add(new OptionalOf(null), x);
        String has = b.add(new OptionalHasElement(), optional);
        String missing = b.add(new OptionalOf(new TypeInfo(FLOAT, null)));
        String content = b.add(new OptionalGetElement(), optional);
        String y = b.add(Unary.of(UnaryFunction.TANH), content);
        return b.build(Tolerance.FUNCTION, List.of(y, has, b.add(new OptionalHasElement(), missing)));
    }
}
