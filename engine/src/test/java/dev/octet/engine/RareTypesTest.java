package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.ScatterElements;
import dev.octet.graph.op.ScatterND;
import dev.octet.graph.op.ScatterReduction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Element types that the standard allows and models hardly ever have.
class RareTypesTest {
    private static Tensor of(DType dtype, Shape shape, double... values) {
        Tensor tensor = Tensor.allocate(dtype, shape);
        for (int i = 0; i < values.length; i++) {
            tensor.setDouble(i, values[i]);
        }
        return tensor;
    }

    private static double[] values(Tensor tensor) {
        double[] values = new double[(int) tensor.elementCount()];
        Arrays.setAll(values, tensor::getDouble);
        return values;
    }

    private static Tensor run(Op op, Tensor... operands) {
        GraphBuilder builder = new GraphBuilder("g");
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (Tensor operand : operands) {
            inputs.put("x" + inputs.size(), operand);
        }
        inputs.forEach((name, tensor) -> builder.input(name, tensor.dtype(), PartialShape.of(tensor.shape())));
        Graph graph = builder.output(builder.add(op, inputs.keySet().toArray(String[]::new))).build();
        try (Session session = Session.open(graph)) {
            return session.run(inputs).values().iterator().next();
        }
    }

    /// As the standard's evaluator does: computed in float, and cut off.
    @Test
    void errorFunctionOfIntegers() {
        Tensor x = of(DType.INT8, Shape.of(5), -128, -6, 0, 2, 127);
        assertThat(values(run(Unary.of(UnaryFunction.ERF), x))).containsExactly(-1, -1, 0, 0, 1);
    }

    @Test
    void shortIntegersWrapInSums() {
        Op dot = Operators.read("", "Einsum", Attributes.builder().put("equation", "i,i->").build());
        assertThat(values(run(dot, of(DType.INT8, Shape.of(2), 100, 3), of(DType.INT8, Shape.of(2), 2, 1))))
                .containsExactly(203 - 256);
        assertThat(values(run(dot, of(DType.UINT16, Shape.of(2), 65_535, 3), of(DType.UINT16, Shape.of(2), 65_535, 1))))
                .containsExactly(4);
    }

    @ParameterizedTest
    @CsvSource({"ADD, 1, 1, 1, 0", "MUL, 0, 0, 1, 0", "MIN, 0, 0, 1, 0", "MAX, 1, 1, 1, 0"})
    void truthValuesAreReduced(ScatterReduction reduction, int tf, int ft, int tt, int ff) {
        Tensor x = of(DType.BOOL, Shape.of(4), 1, 0, 1, 0);
        Tensor updates = of(DType.BOOL, Shape.of(4), 0, 1, 1, 0);
        Tensor places = Tensor.vector(0, 1, 2, 3);
        Tensor tuples = Tensor.of(Shape.of(4, 1), 0L, 1L, 2L, 3L);
        assertThat(values(run(new ScatterElements(0, reduction), x, places, updates))).containsExactly(tf, ft, tt, ff);
        assertThat(values(run(new ScatterND(reduction), x, tuples, updates))).containsExactly(tf, ft, tt, ff);
    }

    /// Two rows by two columns of numbers that every type has.
    @ParameterizedTest
    @EnumSource(names = {"FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ"})
    void productsOfShortFloats(DType dtype) {
        Tensor a = of(dtype, Shape.of(2, 2), 1, 2, -4, 2);
        Tensor b = of(DType.INT8, Shape.of(2, 2), 3, 1, 2, 4);
        Tensor columns = Tensor.of(Shape.of(2), 1f, 2f);
        Tensor none = of(dtype, Shape.SCALAR, 0);
        Tensor one = of(DType.INT8, Shape.SCALAR, 1);
        Tensor half = Tensor.scalar(0.5f);
        // b stands for [[2, 0], [1, 6]], a for [[0.5, 1], [-2, 1]].
        Op op = new QLinearMatMul(Epilogue.NONE);
        assertThat(values(run(op, a, half, none, b, columns, one, half, none))).containsExactly(4, 12, -6, 12);
        assertThat(values(run(op, a, half, none, b, columns, one, half, of(DType.INT8, Shape.SCALAR, 3))))
                .containsExactly(7, 15, -3, 15);
        Tensor huge = of(dtype, Shape.SCALAR, 1e30);
        Tensor tiny = Tensor.scalar(1e-9f);
        assertThat(values(run(op, a, half, none, b, columns, one, tiny, none))[0]).isEqualTo(huge.getDouble(0));
    }

    /// Values and mask of other types give what they give when they are cast first.
    @Test
    void attentionOfMixedPrecisions() {
        Op op = Operators.read("", "Attention", Attributes.EMPTY);
        Shape shape = Shape.of(1, 1, 2, 2);
        Tensor query = Tensor.of(shape, 1f, 0f, 0.5f, 2f);
        Tensor value = Tensor.of(shape, 1f, 2f, 3f, 4f);
        double[] expected = values(run(op, query, query, value, Tensor.of(Shape.of(2, 2), 1f, 0f, 0f, 2f)));
        for (DType mask : List.of(DType.INT8, DType.UINT64, DType.FLOAT16, DType.FLOAT64)) {
            Tensor y = run(op, query, query, value.cast(DType.FLOAT16), of(mask, Shape.of(2, 2), 1, 0, 0, 2));
            assertThat(y.dtype()).isEqualTo(DType.FLOAT32);
            assertThat(values(y)).as(mask.name()).isEqualTo(expected);
        }
        assertThat(run(op, query.cast(DType.FLOAT64), query.cast(DType.FLOAT64), value).dtype())
                .isEqualTo(DType.FLOAT64);
    }
}
