package dev.octet.conformance.oracle;

import dev.octet.graph.Captures;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.If;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.Scan;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;

/// Operators that run graphs of their own.
final class ControlCases {
    private static final Binary ADD = new Binary(BinaryFunction.ADD);
    private static final Binary MUL = new Binary(BinaryFunction.MUL);

    private ControlCases() {}

    static Tensor bool(boolean value) {
        return Tensor.of(DType.BOOL, Shape.SCALAR, (byte) (value ? 1 : 0));
    }

    private static ValueInfo output(String name, DType dtype) {
        return new ValueInfo(name, new TypeInfo(dtype, null));
    }

    /// A value of the graph around a subgraph.
    private static String capture(CaseBuilder b, GraphBuilder body, String name) {
        return body.input(Captures.input(name, b.type(name)));
    }

    /// Both branches read a value from outside; one reads a constant of its own, too.
    static OracleCase choose(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        // ONNX Runtime 1.26 loses a constant of 128 bytes in a branch that it takes out.
        Shape shape = g.shape(1, 3, 3);
        String condition = b.operand(bool(g.flip()));
        String x = b.input(g.floats(shape, -3, 3));
        String w = b.operand(g.floats(shape, -3, 3));
        GraphBuilder then = new GraphBuilder("then");
        then.output(output(then.add(Unary.of(UnaryFunction.RELU), capture(b, then, x)), DType.FLOAT32));
        GraphBuilder otherwise = new GraphBuilder("else");
        String product = otherwise.add(MUL, capture(b, otherwise, x), capture(b, otherwise, w));
        String own = otherwise.freshConstant("own", g.floats(shape, -3, 3));
        otherwise.output(output(otherwise.add(ADD, product, own), DType.FLOAT32));
        String y = b.add(new If(then.build(), otherwise.build()), condition, x, w);
        return b.build(Tolerance.SUM, b.add(Unary.of(UnaryFunction.TANH), y));
    }

    /// Adds a captured value to the state until a count is reached or the condition says no, and keeps every sum; or
    /// appends to the state, whose shape then changes on each trip.
    static OracleCase loop(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 13);
        Shape shape = g.shape(1, 2, 4);
        int trips = g.integer(0, 5);
        boolean grows = g.flip();
        String start = b.input(g.floats(shape, -3, 3));
        String step = b.operand(g.floats(shape, -3, 3));
        GraphBuilder body = new GraphBuilder("body");
        String trip = body.input("trip", DType.INT64, PartialShape.of());
        String condition = body.input("condition", DType.BOOL, PartialShape.of());
        String state = body.input("state", DType.FLOAT32, grows ? null : PartialShape.of(shape));
        String captured = capture(b, body, step);
        String next = grows ? body.add(new Concat(0), state, captured) : body.add(ADD, state, captured);
        String last = body.freshConstant("last", Tensor.scalar((long) g.integer(0, 5)));
        String goesOn = g.flip() ? body.add(new Binary(BinaryFunction.LESS), trip, last) : condition;
        body.output(output(goesOn.equals(condition) ? body.add(new Identity(), condition) : goesOn, DType.BOOL));
        body.output(output(next, DType.FLOAT32));
        body.output(output(body.add(MUL, captured, captured), DType.FLOAT32));
        String limit = b.operand(Tensor.scalar((long) trips));
        String first = g.flip() ? b.operand(bool(trips > 0 || g.flip())) : "";
        List<String> outputs = b.add(new Loop(body.build()), 2, limit, first, start, step);
        // What the rows look like if there is none is not stated, so ONNX Runtime's guess is not asked for.
        boolean mayBeEmpty = trips == 0 || !first.isEmpty();
        return b.build(Tolerance.SUM, mayBeEmpty ? outputs.subList(0, 1) : outputs);
    }

    /// A running sum along any axis, forwards or backwards.
    static OracleCase scan(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11);
        Shape part = g.shape(1, 2, 4);
        int axis = g.integer(0, part.rank());
        Shape whole = inserted(part, axis, g.integer(1, 5));
        GraphBuilder body = new GraphBuilder("body");
        String sum = body.input("sum", DType.FLOAT32, PartialShape.of(part));
        String x = body.input("part", DType.FLOAT32, PartialShape.of(part));
        String state = b.input(g.floats(part, -3, 3));
        String scanned = b.input(g.floats(whole, -3, 3));
        String factor = b.operand(g.floats(part, -1, 1));
        String next = body.add(ADD, sum, body.add(MUL, x, capture(b, body, factor)));
        body.output(output(next, DType.FLOAT32));
        body.output(output(body.add(Unary.of(UnaryFunction.TANH), next), DType.FLOAT32));
        Scan op =
                new Scan(
                        body.build(),
                        1,
                        List.of((long) axis),
                        List.of((long) g.integer(0, 1)),
                        List.of((long) g.integer(0, part.rank())),
                        g.flip() ? List.of() : List.of((long) g.integer(0, 1)));
        return b.build(Tolerance.SUM, b.add(op, 2, state, scanned, factor));
    }

    private static Shape inserted(Shape shape, int axis, long extent) {
        long[] dims = new long[shape.rank() + 1];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = i == axis ? extent : shape.dim(i < axis ? i : i - 1);
        }
        return Shape.of(dims);
    }
}
