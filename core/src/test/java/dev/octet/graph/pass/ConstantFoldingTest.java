package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ConstantFoldingTest {
    @Test
    void largeWeightsFoldWhereTheyDoNotGrow() {
        PassCase c = new PassCase(1);
        String weights = c.add(new Transpose(List.of()), c.constant("w", 80, 90));
        String y = c.add(new MatMul(), c.input("x", 2, 90), c.unary(UnaryFunction.ABS, weights));
        Graph after = c.check(new ConstantFolding(), c.build(y));
        assertThat(PassCase.types(after)).containsExactly("MatMul");
        assertThat(after.constants()).containsOnlyKeys("w", after.nodes().getFirst().input(1));
    }

    @Test
    void aValueMuchLargerThanItsOperandsStaysComputed() {
        PassCase c = new PassCase(2);
        String shape = c.builder.constant("shape", Tensor.vector(1 << 20));
        String large = c.add(new Expand(), c.scalar(1), shape);
        String small =
                c.add(new ConstantOfShape(Tensor.of(Shape.of(1), 2f)), c.builder.constant("three", Tensor.vector(3)));
        Graph after = new ConstantFolding().apply(c.build(large, small));
        assertThat(PassCase.types(after)).containsExactly("Expand");
        assertThat(after.constants().get(small).toFloatArray()).containsExactly(2, 2, 2);
    }

    /// Sixty products of 500 rows and columns, from a file of a hundred bytes, would take minutes.
    @Test
    void whatTakesTooLongStaysComputed() {
        PassCase c = new PassCase(6);
        String shape = c.builder.constant("shape", Tensor.vector(500, 500));
        String x = c.add(new ConstantOfShape(Tensor.of(Shape.of(1), 2f)), shape);
        String y = x;
        for (int i = 0; i < 60; i++) {
            y = c.add(new MatMul(), y, x);
        }
        Graph after = new ConstantFolding().apply(c.build(y));
        assertThat(after.nodes()).hasSizeBetween(50, 59);
    }

    @Test
    void quantizersOfWeightsStayUnlessAskedFor() {
        PassCase c = new PassCase(3);
        String codes =
                c.builder.constant("q", Tensor.of(DType.INT8, Shape.of(2, 2), (byte) 1, (byte) -2, (byte) 3, (byte) 4));
        String weights = c.add(new DequantizeLinear(), codes, c.scalar(0.5));
        Graph graph = c.build(c.add(new MatMul(), c.input("x", 1, 2), weights));
        assertThat(new ConstantFolding().apply(graph)).isSameAs(graph);
        Graph folded = c.check(new ConstantFolding().withFoldQuantizers(true), graph);
        assertThat(PassCase.types(folded)).containsExactly("MatMul");
        assertThat(folded.constants().get(weights).toFloatArray()).containsExactly(0.5f, -1, 1.5f, 2);
    }

    @Test
    void constantOutputsBecomeConstants() {
        PassCase c = new PassCase(4);
        String y = c.binary(BinaryFunction.ADD, c.constant("a", 3), c.constant("b", 3));
        Graph after = c.check(new ConstantFolding(), c.build(y));
        assertThat(after.nodes()).isEmpty();
        assertThat(after.constants()).containsKey(y);
    }

    @Test
    void shapeArithmeticDisappearsWithConcreteInputs() {
        PassCase c = new PassCase(5);
        PartialShape declared = new PartialShape(List.of(Dim.symbol("N"), Dim.symbol("L"), Dim.of(6)));
        String x = c.builder.input("x", DType.FLOAT32, declared);
        String batch =
                c.add(new Gather(0), c.add(new ShapeOf(0, null), x), c.builder.constant("first", Tensor.vector(0)));
        String target = c.add(new Concat(0), batch, c.builder.constant("rest", Tensor.vector(-1, 2)));
        Graph graph = c.build(c.add(new Reshape(false), x, target));
        TypeInfo concrete = TypeInfo.of(DType.FLOAT32, Shape.of(3, 5, 6));
        Graph after = c.check(ConstantFolding.withInputTypes(Map.of("x", concrete)), graph);
        assertThat(PassCase.types(after)).containsExactly("Reshape");
        assertThat(after.inputs().getFirst().type()).isEqualTo(concrete);
        assertThat(after.outputs().getFirst().type().shape()).isEqualTo(PartialShape.of(3, 15, 2));
        assertThat(ShapeInference.infer(after).shape("Reshape_output")).isEqualTo(PartialShape.of(3, 15, 2));
    }
}
