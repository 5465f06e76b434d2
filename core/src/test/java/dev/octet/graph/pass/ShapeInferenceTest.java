package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Compress;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.NonMaxSuppression;
import dev.octet.graph.op.NonZero;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Unique;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ShapeInferenceTest {
    private final GraphBuilder b = new GraphBuilder("g");

    private String vector(long... values) {
        return b.freshConstant("vector", Tensor.vector(values));
    }

    private String extent(String x, long axis) {
        String picked = b.add(new Gather(0), b.add(new ShapeOf(0, null), x), b.freshConstant("i", Tensor.scalar(axis)));
        return b.add(new Unsqueeze(), picked, vector(0));
    }

    private static Graph build(GraphBuilder builder, String output) {
        return builder.output(output).build();
    }

    @Test
    void shapesFlowThroughOperators() {
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3, 8, 8));
        String w = b.constant("w", Tensor.allocate(DType.FLOAT32, Shape.of(5, 3, 3, 3)));
        String y = b.add(new Conv(Window.of(3, 3).withStrides(2, 2), 1), x, w);
        Inferred inferred = ShapeInference.infer(build(b, b.add(new Transpose(List.of(0L, 2L, 3L, 1L)), y)));
        assertThat(inferred.type(y)).hasValue(new TypeInfo(DType.FLOAT32, PartialShape.of(-1, 5, 3, 3)));
        assertThat(inferred.type("Transpose_output"))
                .hasValue(new TypeInfo(DType.FLOAT32, PartialShape.of(-1, 3, 3, 5)));
        assertThat(inferred.shape("w")).isEqualTo(PartialShape.of(5, 3, 3, 3));
    }

    @Test
    void givenInputTypesWin() {
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        Graph graph = build(b, b.add(Unary.of(UnaryFunction.RELU), x));
        Map<String, TypeInfo> given = Map.of("x", TypeInfo.of(DType.FLOAT32, Shape.of(7, 3)));
        assertThat(ShapeInference.infer(graph, given).shape("Relu_output")).isEqualTo(PartialShape.of(7, 3));
        assertThatThrownBy(() -> ShapeInference.infer(graph, Map.of("y", TypeInfo.of(DType.FLOAT32, Shape.of(1)))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no input 'y'")
                .hasMessageContaining("[x]");
    }

    @Test
    void arithmeticOfKnownShapesIsConstant() {
        String x = b.input("x", DType.FLOAT32, PartialShape.of(2, 3, 4));
        String product = b.add(new Binary(BinaryFunction.MUL), extent(x, 1), extent(x, 2));
        String target = b.add(new Concat(0), extent(x, 0), b.add(new Cast(DType.INT64), product));
        String y = b.add(new Reshape(false), x, target);
        Inferred inferred = ShapeInference.infer(build(b, y));
        assertThat(inferred.constant(target).orElseThrow().toLongArray()).containsExactly(2, 12);
        assertThat(inferred.shape(y)).isEqualTo(PartialShape.of(2, 12));
    }

    @Test
    void knownElementsOfATargetGiveKnownExtents() {
        PartialShape shape = new PartialShape(List.of(Dim.symbol("N"), Dim.symbol("L"), Dim.of(384)));
        String x = b.input("x", DType.FLOAT32, shape);
        String heads = b.add(new Concat(0), extent(x, 0), extent(x, 1), vector(12), vector(32));
        String y = b.add(new Reshape(false), x, heads);
        String last = b.add(new Slice(), b.add(new ShapeOf(0, null), x), vector(2), vector(3), vector(0), vector(1));
        String zeros = b.add(new ConstantOfShape(Tensor.of(Shape.of(1), 0f)), b.add(new Concat(0), extent(x, 1), last));
        String wide = b.add(new Expand(), b.constant("one", Tensor.of(Shape.of(1), 1f)), heads);
        b.output(zeros).output(wide);
        Inferred inferred = ShapeInference.infer(build(b, y));
        assertThat(inferred.shape(y)).isEqualTo(PartialShape.of(-1, -1, 12, 32));
        assertThat(inferred.constant(last).orElseThrow().toLongArray()).containsExactly(384);
        assertThat(inferred.shape(zeros)).isEqualTo(PartialShape.of(-1, 384));
        assertThat(inferred.shape(wide)).isEqualTo(PartialShape.of(-1, -1, 12, 32));
    }

    @Test
    void zeroAndMinusOneKeepTheirMeaningBesideUnknownElements() {
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 5, 7, -1));
        String target = b.add(new Concat(0), extent(x, 0), vector(0, -1));
        Inferred inferred = ShapeInference.infer(build(b, b.add(new Reshape(false), x, target)));
        assertThat(inferred.shape("Reshape_output")).isEqualTo(PartialShape.of(-1, 5, -1));
    }

    @Test
    void largeConstantsAreNotComputed() {
        String w = b.constant("w", Tensor.allocate(DType.FLOAT32, Shape.of(100, 100)));
        String small = b.constant("small", Tensor.of(Shape.of(2, 1), 1f, 2f));
        String y = b.add(new Transpose(List.of()), w);
        String z = b.add(new Transpose(List.of()), small);
        b.output(y);
        Inferred inferred = ShapeInference.infer(build(b, z));
        assertThat(inferred.constant(y)).isEmpty();
        assertThat(inferred.constant(z).orElseThrow().toFloatArray()).containsExactly(1, 2);
        assertThat(inferred.constant("w").orElseThrow()).isSameAs(inferred.constants().get("w"));
    }

    @Test
    void unknownOperatorsHaveTheStatedTypes() {
        String x = b.input("x", DType.FLOAT32, PartialShape.of(2));
        String known = b.add(new Opaque("acme", "Known", Attributes.EMPTY), x);
        String unknown = b.add(new Opaque("acme", "Unknown", Attributes.EMPTY), x);
        String after = b.add(Unary.of(UnaryFunction.RELU), known);
        String beyond = b.add(new Binary(BinaryFunction.ADD), unknown, after);
        b.type(known, new TypeInfo(DType.FLOAT16, PartialShape.of(4, -1)));
        Inferred inferred = ShapeInference.infer(build(b, beyond));
        assertThat(inferred.type(after)).hasValue(new TypeInfo(DType.FLOAT16, PartialShape.of(4, -1)));
        assertThat(inferred.type(unknown)).isEmpty();
        assertThat(inferred.type(beyond)).isEmpty();
        assertThat(inferred.shape(beyond)).isNull();
    }

    @Test
    void statedTypesFillInButDoNotOverrule() {
        String x = b.input("x", DType.FLOAT32, null);
        String y = b.add(Unary.of(UnaryFunction.RELU), x);
        b.type(y, new TypeInfo(DType.FLOAT32, PartialShape.of(3, 4)));
        String z = b.add(Unary.of(UnaryFunction.ABS), y);
        b.type(z, new TypeInfo(DType.FLOAT32, PartialShape.of(9, 9)));
        Inferred inferred = ShapeInference.infer(build(b, z));
        assertThat(inferred.shape(y)).isEqualTo(PartialShape.of(3, 4));
        assertThat(inferred.shape(z)).isEqualTo(PartialShape.of(3, 4));
    }

    /// Shapes that depend on numbers are found while that is quick; a file of a few bytes can ask for days.
    @Test
    void shapesThatTakeLongAreFoundLater() {
        for (long boxes : new long[] {50, 5000}) {
            GraphBuilder builder = new GraphBuilder("g");
            String corners = constant(builder, 0.5f, 1, boxes, 4);
            String scores = constant(builder, 0.5f, 1, 3, boxes);
            String most = builder.constant("most", Tensor.of(Shape.SCALAR, 2L));
            String chosen = builder.add(new NonMaxSuppression(false), corners, scores, most);
            String places = builder.add(new NonZero(), constant(builder, 1, boxes, 1000));
            String names = builder.add(new Unique(null, true), constant(builder, 1, boxes, 1000));
            Inferred inferred = ShapeInference.infer(builder.output(chosen).output(places).output(names).build());
            boolean quick = boxes == 50;
            assertThat(inferred.shape(chosen)).isEqualTo(PartialShape.of(quick ? 6 : -1, 3));
            assertThat(inferred.shape(places)).isEqualTo(PartialShape.of(2, quick ? 50_000 : -1));
            assertThat(inferred.shape(names)).isEqualTo(PartialShape.of(quick ? 1 : -1));
        }
    }

    @Test
    void operandsThatAreMissingAreTold() {
        for (Op op : List.of(new NonMaxSuppression(false), new Compress(null))) {
            GraphBuilder builder = new GraphBuilder("g");
            Graph graph = builder.output(builder.add(op, constant(builder, 1, 1, 5, 4))).build();
            assertThatThrownBy(() -> ShapeInference.infer(graph))
                    .isInstanceOf(GraphException.class)
                    .hasMessageContaining("input 1 is missing");
        }
    }

    private static String constant(GraphBuilder builder, float value, long... dims) {
        float[] elements = new float[(int) Shape.of(dims).elementCount()];
        Arrays.fill(elements, value);
        return builder.freshConstant("c", Tensor.of(Shape.of(dims), elements));
    }

    @Test
    void operandsThatDoNotFitNameTheirNode() {
        String x = b.input("x", DType.FLOAT32, PartialShape.of(2, 3));
        String w = b.constant("w", Tensor.allocate(DType.FLOAT32, Shape.of(4, 5)));
        b.add(new Node("projection", new MatMul(), List.of(x, w), List.of("y")));
        Graph graph = build(b, "y");
        assertThatThrownBy(() -> ShapeInference.infer(graph))
                .isInstanceOf(GraphException.class)
                .hasMessageStartingWith("MatMul 'projection': ")
                .hasMessageContaining("3")
                .hasMessageContaining("4")
                .hasCauseInstanceOf(IllegalArgumentException.class);
    }
}
