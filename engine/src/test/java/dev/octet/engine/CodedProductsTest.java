package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulNBits;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Weights of few bits in blocks stay so in memory, whichever way a file writes them.
class CodedProductsTest {
    private static final Binary ADD = new Binary(BinaryFunction.ADD);

    private final Generator g = Generator.of(13);
    private final Runs runs = new Runs();

    private String constant(Tensor tensor) {
        return runs.graph.freshConstant("c", tensor);
    }

    /// A product of weights with 70 columns in blocks of 16, the last of which is short.
    private String matMulNBits(String a, int bits, Tensor... more) {
        List<String> operands = new ArrayList<>(List.of(a));
        operands.add(constant(g.integers(DType.UINT8, Shape.of(24, 5, 16 * bits / 8))));
        operands.add(constant(g.floats(Shape.of(24, 5), -1, 1)));
        for (Tensor tensor : more) {
            operands.add(constant(tensor));
        }
        String y = runs.graph.freshName("y");
        runs.graph.add(new Node(runs.graph.freshName("n"), new MatMulNBits(70, 24, bits, 16), operands, List.of(y)));
        return y;
    }

    private String dequantized(DType dtype, Shape shape, int axis, boolean zeroPoints) {
        long[] blocks = shape.dims();
        blocks[axis] = Math.ceilDiv(blocks[axis], 16);
        List<String> operands = new ArrayList<>();
        operands.add(constant(g.integers(dtype, shape)));
        operands.add(constant(g.floats(Shape.of(blocks), -1, 1)));
        if (zeroPoints) {
            operands.add(constant(g.integers(dtype, Shape.of(blocks))));
        }
        return runs.graph.add(new DequantizeLinear(axis, 16), operands.toArray(new String[0]));
    }

    private String input(long... dims) {
        return runs.input("x", g.floats(Shape.of(dims), -1, 1));
    }

    @Test
    void productsOfEachNumberOfBits() {
        String x = input(2, 3, 70);
        assertThat(
                        runs.check(
                                matMulNBits(x, 2),
                                matMulNBits(x, 4, g.integers(DType.UINT8, Shape.of(24, 3))),
                                matMulNBits(x, 8, g.floats(Shape.of(24, 5), 0, 255))))
                .containsExactly("MatMulNBits kernel", "MatMulNBits kernel", "MatMulNBits kernel");
    }

    @Test
    void aBiasAndAnActivationJoin() {
        String sum = runs.graph.add(ADD, matMulNBits(input(3, 70), 4), constant(g.floats(Shape.of(24), -1, 1)));
        assertThat(runs.check(runs.graph.add(Unary.of(UnaryFunction.RELU), sum)))
                .containsExactly("MatMulNBits+Add+Relu kernel");
    }

    @Test
    void weightsThatAreNotConstantAreReadAsTheyCome() {
        String codes = runs.input("codes", g.integers(DType.UINT8, Shape.of(3, 1, 8)));
        String scales = constant(g.floats(Shape.of(3, 1), -1, 1));
        assertThat(runs.check(runs.graph.add(new MatMulNBits(16, 3, 4, 16), input(2, 16), codes, scales)))
                .containsExactly("MatMulNBits reference");
    }

    @Test
    void dequantizedBlocksOfAnyType() {
        String x = input(3, 40);
        List<String> products = new ArrayList<>();
        for (DType dtype : List.of(DType.INT4, DType.UINT4, DType.INT8, DType.UINT8, DType.INT2, DType.UINT2)) {
            for (boolean zeroPoints : new boolean[] {false, true}) {
                products.add(runs.graph.add(new MatMul(), x, dequantized(dtype, Shape.of(40, 9), 0, zeroPoints)));
            }
        }
        assertThat(runs.check(products.toArray(new String[0]))).hasSize(12).containsOnly("MatMulNBits kernel");
    }

    @Test
    void dequantizedBlocksOfTransposedWeights() {
        String w = dequantized(DType.INT4, Shape.of(9, 40), 1, true);
        String bias = constant(g.floats(Shape.of(9), -1, 1));
        Gemm gemm = new Gemm(1, 1, false, true);
        assertThat(runs.check(runs.graph.add(gemm, input(5, 40), w, bias))).containsExactly("MatMulNBits kernel");
    }

    @Test
    void blocksAcrossTheSumStayInFloat() {
        String w = dequantized(DType.INT4, Shape.of(40, 9), 1, true);
        assertThat(runs.check(runs.graph.add(new MatMul(), input(5, 40), w))).containsExactly("MatMul kernel");
    }
}
