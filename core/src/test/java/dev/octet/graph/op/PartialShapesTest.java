package dev.octet.graph.op;

import static dev.octet.graph.op.TypeRules.infer;
import static dev.octet.graph.op.TypeRules.inferAll;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What type rules find when shapes are partly known: as much as follows, and names where extents pass through.
class PartialShapesTest {
    private static final Binary ADD = new Binary(BinaryFunction.ADD);
    private static final TypeInfo INDICES = TypeRules.of(DType.INT64, "?");

    @ParameterizedTest
    @CsvSource({
        "Nx3, 1x3, Nx3",
        "NxM, 4, Nx4",
        "NxM, 1, NxM",
        "NxM, NxM, ?x?",
        "5, Nx1, Nx5",
        "*, 3, *",
    })
    void broadcasting(String a, String b, String sum) {
        assertThat(infer(ADD, a, b)).isEqualTo(sum);
    }

    @ParameterizedTest
    @CsvSource({
        // Copied axes cancel, a single unknown extent left keeps its name.
        "NxSx384, '0,0,12,32', NxSx12x32",
        "NxSx384, '0,-1,384', NxSx384",
        "NxSx384, '0,0,-1', NxSx384",
        "NxSx384, '-1,384', ?x384",
        "Nx12x32, '-1,384', Nx384",
        "Nx3x4, '0,-1', Nx12",
        "NxS, '0,-1,2', Nx?x2",
        "2x3x4, '4,-1', 4x6",
        "*, '0,-1,7', ?x?x7",
    })
    void reshaping(String x, String target, String y) {
        assertThat(infer(new Reshape(false), x, vector(target))).isEqualTo(y);
    }

    @Test
    void reshapingToUnknownExtents() {
        assertThat(infer(new Reshape(false), "2x3", TypeRules.of(DType.INT64, "4"))).isEqualTo("?x?x?x?");
        assertThat(infer(new Reshape(false), "2x3", INDICES)).isEqualTo("*");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 9223372036854775807, 1, NxSx4",
        "0, 2147483647, 1, NxSx4",
        "-1, -9223372036854775807, -1, NxSx4",
        "0, 1, 1, Nx?x4",
    })
    void slicing(long start, long end, long step, String y) {
        Object[] operands = {"NxSx4", Tensor.vector(start), Tensor.vector(end), Tensor.vector(1), Tensor.vector(step)};
        assertThat(infer(new Slice(), operands)).isEqualTo(y);
    }

    @Test
    void slicingByUnknownBounds() {
        TypeInfo one = TypeRules.of(DType.INT64, "1");

        assertThat(infer(new Slice(), "NxSx4", one, one, Tensor.vector(-1))).isEqualTo("NxSx?");
        assertThat(infer(new Slice(), "NxSx4", one, one)).isEqualTo("?xSx4");
        assertThat(infer(new Slice(), "NxSx4", one, one, one)).isEqualTo("?x?x?");
    }

    @Test
    void windows() {
        Conv padded = new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1);
        Window same = new Window(Window.AutoPad.SAME_UPPER, List.of(), List.of(2L, 1L), List.of(), List.of());

        assertThat(infer(padded, "Nx3xHxW", "16x3x3x3")).isEqualTo("Nx16xHxW");
        assertThat(infer(padded, "Nx3xHx9", "*")).isEqualTo("?x?x?x?");
        assertThat(infer(padded, "Nx?xHx9", "Mx3x?x?")).isEqualTo("NxMxHx9");
        assertThat(infer(new Conv(same, 1), "Nx3x9xW", "16x3x?x?")).isEqualTo("Nx16x5xW");
        assertThat(inferAll(new Pool(PoolFunction.MAX, Window.of(2), false, false, false, 2), 2, "NxCx7"))
                .containsExactly("NxCx6", "NxCx6");
        assertThat(infer(new ConvTranspose(Window.of(), 1, List.of(), List.of(8L)), "NxCxL", "CxMx3"))
                .isEqualTo("NxMx8");
        assertThat(infer(new GlobalPool(PoolFunction.AVERAGE), "NxCxHxW")).isEqualTo("NxCx1x1");
    }

    @Test
    void products() {
        assertThat(infer(new MatMul(), "NxSx384", "384x64")).isEqualTo("NxSx64");
        assertThat(infer(new MatMul(), "NxhxSxd", "NxhxdxS")).isEqualTo("?x?xSxS");
        assertThat(infer(new MatMul(), "N", "NxM")).isEqualTo("M");
        assertThat(infer(new Gemm(1, 1, true, false), "KxM", "*")).isEqualTo("Mx?");
    }

    @Test
    void movingAndJoining() {
        assertThat(infer(new Transpose(List.of(1L, 2L, 0L)), "NxCxL")).isEqualTo("CxLxN");
        assertThat(infer(new Transpose(List.of(1L, 0L)), "*")).isEqualTo("?x?");
        assertThat(infer(new Concat(1), "Nx2", "?x3")).isEqualTo("Nx5");
        assertThat(infer(new Concat(1), "NxS", "2x3")).isEqualTo("2x?");
        assertThat(inferAll(new Split(1, 0), 2, "Nx6")).containsExactly("Nx3", "Nx3");
        assertThat(inferAll(new Split(1, 0), 2, "NxS", vector("1,2"))).containsExactly("Nx1", "Nx2");
        assertThat(infer(new Gather(0), "30522x384", TypeRules.of(DType.INT64, "NxS"))).isEqualTo("NxSx384");
        assertThat(infer(new Unsqueeze(), "NxS", vector("1,2"))).isEqualTo("Nx1x1xS");
        assertThat(infer(new Squeeze(), "Nx1x?", vector("1"))).isEqualTo("Nx?");
        assertThat(infer(new Squeeze(), "Nx1")).isEqualTo("*");
        assertThat(infer(new Flatten(1), "Nx3x4")).isEqualTo("Nx12");
        assertThat(infer(new Expand(), "Nx1", vector("1,7"))).isEqualTo("Nx7");
        assertThat(infer(new Expand(), "5x1", TypeRules.of(DType.INT64, "3"))).isEqualTo("?x5x?");
        assertThat(infer(new Tile(), "NxS", vector("1,2"))).isEqualTo("Nx?");
        assertThat(infer(new Pad(Pad.PadMode.CONSTANT), "Nx3", vector("0,1,0,1"))).isEqualTo("Nx5");
    }

    @Test
    void reducing() {
        Reduce flat = new Reduce(ReduceFunction.MEAN, false, false);
        Reduce kept = new Reduce(ReduceFunction.MEAN, true, false);

        assertThat(infer(flat, "NxSx4", vector("1"))).isEqualTo("Nx4");
        assertThat(infer(kept, "NxSx4", vector("-1"))).isEqualTo("NxSx1");
        assertThat(infer(flat, "*")).isEqualTo("");
        assertThat(infer(kept, "NxSx4", INDICES)).isEqualTo("?x?x?");
        assertThat(infer(flat, "NxSx4", TypeRules.of(DType.INT64, "2"))).isEqualTo("?");
        assertThat(infer(new ArgReduce(true, -1, false, false), "NxS")).isEqualTo("N");
    }

    @Test
    void resizing() {
        Resize resize = (Resize) Operators.read("", "Resize", Attributes.EMPTY);

        assertThat(infer(resize, "NxCxHx5", null, Tensor.of(Shape.of(4), 1f, 1f, 2f, 2f))).isEqualTo("NxCx?x10");
        assertThat(infer(resize, "NxCxHx5", null, Tensor.of(Shape.of(0), new float[0]), vector("1,2,3,4")))
                .isEqualTo("1x2x3x4");
        assertThat(infer(resize, "NxCxHx5", null, "4")).isEqualTo("?x?x?x?");
    }

    @Test
    void generating() {
        assertThat(infer(new ShapeOf(0, null), "NxS")).isEqualTo("2");
        assertThat(infer(new ShapeOf(0, null), "*")).isEqualTo("?");
        assertThat(infer(new ConstantOfShape(Tensor.scalar(0L)), TypeRules.of(DType.INT64, "2"))).isEqualTo("?x?");
        assertThat(infer(new Range(), Tensor.scalar(0L), TypeRules.of(DType.INT64, ""), Tensor.scalar(1L)))
                .isEqualTo("?");
        assertThat(infer(new Range(), Tensor.scalar(0L), Tensor.scalar(7L), Tensor.scalar(2L))).isEqualTo("4");
    }

    private static Tensor vector(String numbers) {
        return Tensor.vector(List.of(numbers.split(",", -1)).stream().mapToLong(Long::parseLong).toArray());
    }
}
