package dev.octet.conformance.oracle;

import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.stream.LongStream;

/// Products of matrices.
final class MatrixCases {
    private MatrixCases() {}

    /// Shapes of two operands of a product; batch axes broadcast, and either may be a vector.
    record Operands(Shape a, Shape b) {
        static Operands draw(Generator g) {
            long m = extent(g);
            long k = extent(g);
            long n = extent(g);
            return switch (g.integer(0, 7)) {
                case 0 -> new Operands(Shape.of(k), Shape.of(k));
                case 1 -> new Operands(Shape.of(k), join(batch(g, g.integer(0, 2)), k, n));
                case 2 -> new Operands(join(batch(g, g.integer(0, 2)), m, k), Shape.of(k));
                case 3, 4, 5 -> {
                    long rows = g.integer(0, 24) == 0 ? 0 : m;
                    yield new Operands(join(batch(g, g.integer(0, 2)), rows, k), Shape.of(k, n));
                }
                default -> {
                    Shape batch = batch(g, g.integer(1, 3));
                    yield new Operands(join(Draw.broadcastTo(g, batch), m, k), join(Draw.broadcastTo(g, batch), k, n));
                }
            };
        }

        /// Without vectors.
        static Operands drawMatrices(Generator g) {
            Operands drawn = draw(g);
            return drawn.a.rank() < 2 || drawn.b.rank() < 2 ? drawMatrices(g) : drawn;
        }

        private static long extent(Generator g) {
            return g.integer(0, 4) == 0 ? g.integer(17, 70) : g.integer(1, 9);
        }

        private static Shape batch(Generator g, int rank) {
            return Shape.of(Draw.extents(g, rank, 1, 4));
        }

        private static Shape join(Shape batch, long rows, long columns) {
            return Shape.of(LongStream.concat(LongStream.of(batch.dims()), LongStream.of(rows, columns)).toArray());
        }
    }

    static OracleCase matMul(Generator g) {
        DType dtype =
                g.oneOf(List.of(DType.FLOAT32, DType.FLOAT32, DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64));
        CaseBuilder b = new CaseBuilder(g, dtype.isFloating() ? 7 : 9);
        Operands shapes = Operands.draw(g);
        return b.build(
                new Tolerance(5e-5, 1e-5),
                b.add(
                        new MatMul(),
                        b.input(Draw.values(g, dtype, shapes.a)),
                        b.operand(Draw.values(g, dtype, shapes.b))));
    }

    static OracleCase gemm(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7);
        long m = Operands.extent(g);
        long k = Operands.extent(g);
        long n = Operands.extent(g);
        Gemm op =
                new Gemm(
                        g.flip() ? 1 : g.uniform(-2, 2),
                        g.flip() ? 1 : g.uniform(-2, 2),
                        g.integer(0, 2) == 0,
                        g.flip());
        String a = b.input(g.floats(op.transA() ? Shape.of(k, m) : Shape.of(m, k), -2, 2));
        String w = b.weights(g.floats(op.transB() ? Shape.of(n, k) : Shape.of(k, n), -2, 2));
        Tolerance tolerance = new Tolerance(5e-5, 1e-5);
        if (b.opset() >= 11 && g.integer(0, 3) == 0) {
            return b.build(tolerance, b.add(op, a, w));
        }
        Shape c =
                g.oneOf(
                        List.of(
                                Shape.SCALAR,
                                Shape.of(n),
                                Shape.of(1, n),
                                Shape.of(m, 1),
                                Shape.of(m, n),
                                Shape.of(1)));
        Tensor bias = g.floats(c, -2, 2);
        return b.build(tolerance, b.add(op, a, w, b.weights(bias)));
    }
}
