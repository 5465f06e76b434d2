package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Node;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearConcat;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearGlobalAveragePool;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each quantized operator runs in a kernel, and gives the bits that its own evaluation gives.
class QuantizedLoweringTest {
    private static final long SEED = 815;

    private static DType byteType(Generator g) {
        return g.flip() ? DType.INT8 : DType.UINT8;
    }

    /// A constant scale: one number, or one per channel.
    private static String scale(Runs runs, Generator g, Shape shape) {
        return runs.graph.freshConstant("scale", g.floats(shape, 0.01f, 0.1f));
    }

    /// A constant zero point of as many elements as there are channels.
    private static String zeroPoint(Runs runs, Generator g, DType dtype, Shape shape) {
        return runs.graph.freshConstant("zeroPoint", g.integers(dtype, shape));
    }

    private static String bytes(Runs runs, Generator g, String name, DType dtype, Shape shape) {
        return runs.input(name, g.integers(dtype, shape));
    }

    private static Epilogue epilogue(Generator g) {
        return Runs.oneOf(
                g,
                Epilogue.NONE,
                Epilogue.of(Unary.of(UnaryFunction.RELU)),
                Epilogue.clip(-0.5f, 2),
                Epilogue.of(Unary.of(UnaryFunction.HARD_SWISH)));
    }

    @Test
    void qLinearConv() {
        Generator.forAll(
                SEED,
                60,
                g -> {
                    Runs runs = new Runs();
                    int groups = Runs.oneOf(g, 1, 2, 6);
                    int in = 6 / groups;
                    int out = groups * g.integer(1, 3);
                    DType x = byteType(g);
                    DType w = byteType(g);
                    DType y = byteType(g);
                    Shape channels = g.flip() ? Shape.of(out) : Shape.SCALAR;
                    Tensor weights = g.integers(w, Shape.of(out, in, 3, 2));
                    String bias = runs.graph.constant("b", g.integers(DType.INT32, Shape.of(out), -500, 500));
                    boolean toFloat = g.flip();
                    Epilogue epilogue = epilogue(g);
                    String result =
                            runs.graph.add(
                                    new QLinearConv(
                                            Window.of(3, 2).withPads(1, 0, 1, 1).withStrides(2, 1), groups, epilogue),
                                    bytes(runs, g, "x", x, Shape.of(2, 6, 7, 8)),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, x, Shape.SCALAR),
                                    runs.graph.constant("w", weights),
                                    scale(runs, g, channels),
                                    zeroPoint(runs, g, w, channels),
                                    toFloat ? "" : scale(runs, g, Shape.SCALAR),
                                    toFloat ? "" : zeroPoint(runs, g, y, Shape.SCALAR),
                                    g.flip() ? bias : "");
                    assertThat(runs.check(result)).containsExactly("QLinearConv kernel");
                });
    }

    @Test
    void qLinearMatMul() {
        Generator.forAll(
                SEED,
                60,
                g -> {
                    Runs runs = new Runs();
                    DType a = byteType(g);
                    DType b = byteType(g);
                    DType y = byteType(g);
                    boolean batched = g.flip();
                    Shape left = batched ? Shape.of(2, 3, 5, 7) : Shape.of(3, 5, 7);
                    Shape right = batched ? Shape.of(3, 7, 9) : Shape.of(7, 9);
                    Shape columns = !batched && g.flip() ? Shape.of(9) : Shape.SCALAR;
                    Tensor weights = g.integers(b, right);
                    boolean toFloat = g.flip();
                    String bias = runs.graph.constant("bias", g.integers(DType.INT32, Shape.of(9), -500, 500));
                    String result =
                            runs.graph.add(
                                    new QLinearMatMul(epilogue(g)),
                                    bytes(runs, g, "a", a, left),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, a, Shape.SCALAR),
                                    g.flip() ? runs.input("b", weights) : runs.graph.constant("b", weights),
                                    scale(runs, g, columns),
                                    zeroPoint(runs, g, b, columns),
                                    toFloat ? "" : scale(runs, g, Shape.SCALAR),
                                    toFloat ? "" : zeroPoint(runs, g, y, Shape.SCALAR),
                                    g.flip() ? bias : "");
                    assertThat(runs.check(result)).containsExactly("QLinearMatMul kernel");
                });
    }

    @Test
    void qGemm() {
        Generator.forAll(
                SEED,
                60,
                g -> {
                    Runs runs = new Runs();
                    QGemm op = new QGemm(Runs.oneOf(g, 1f, 0.5f), g.flip(), g.flip(), epilogue(g));
                    DType a = byteType(g);
                    DType b = byteType(g);
                    DType y = byteType(g);
                    Shape columns = g.flip() ? Shape.of(9) : Shape.SCALAR;
                    boolean toFloat = g.flip();
                    String bias = runs.graph.constant("c", g.integers(DType.INT32, Shape.of(9), -500, 500));
                    Tensor weights = g.integers(b, op.transB() ? Shape.of(9, 7) : Shape.of(7, 9));
                    String result =
                            runs.graph.add(
                                    op,
                                    bytes(runs, g, "a", a, op.transA() ? Shape.of(7, 5) : Shape.of(5, 7)),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, a, Shape.SCALAR),
                                    runs.graph.constant("b", weights),
                                    scale(runs, g, columns),
                                    zeroPoint(runs, g, b, columns),
                                    g.flip() ? bias : "",
                                    toFloat ? "" : scale(runs, g, Shape.SCALAR),
                                    toFloat ? "" : zeroPoint(runs, g, y, Shape.SCALAR));
                    assertThat(runs.check(result)).containsExactly("QGemm kernel");
                });
    }

    @Test
    void matMulIntegerToFloatWithWhatFollows() {
        Generator.forAll(
                SEED,
                40,
                g -> {
                    Runs runs = new Runs();
                    int columns = g.integer(1, 40);
                    DType b = byteType(g);
                    Shape perColumn = g.flip() ? Shape.of(columns) : Shape.SCALAR;
                    runs.input("x", g.floats(Shape.of(g.integer(1, 3), g.integer(1, 9), 33), -2, 3));
                    List<String> quantized = List.of("q", "scale", "zero");
                    runs.graph.add(new Node("quantize", new DynamicQuantizeLinear(), List.of("x"), quantized));
                    String product =
                            runs.graph.add(
                                    new MatMulIntegerToFloat(),
                                    "q",
                                    runs.graph.constant("w", g.integers(b, Shape.of(33, columns))),
                                    "scale",
                                    scale(runs, g, perColumn),
                                    "zero",
                                    zeroPoint(runs, g, b, perColumn),
                                    g.flip() ? "" : runs.graph.constant("c", g.floats(Shape.of(columns), -1, 1)));
                    String result = runs.graph.add(Unary.of(UnaryFunction.GELU), product);
                    assertThat(runs.check(result))
                            .containsExactly("DynamicQuantizeLinear kernel", "MatMulIntegerToFloat+Gelu kernel");
                });
    }

    @Test
    void matMulIntegerWithZeroPointsKnownOnlyAtRunTime() {
        Generator.forAll(
                SEED,
                60,
                g -> {
                    Runs runs = new Runs();
                    DType a = byteType(g);
                    DType b = byteType(g);
                    Tensor weights = g.integers(b, Shape.of(7, 9));
                    Tensor left = g.integers(a, Shape.SCALAR);
                    Tensor right = g.integers(b, g.flip() ? Shape.of(9) : Shape.SCALAR);
                    String result =
                            runs.graph.add(
                                    new MatMulInteger(),
                                    bytes(runs, g, "a", a, Shape.of(2, 5, 7)),
                                    g.flip() ? runs.input("b", weights) : runs.graph.constant("b", weights),
                                    g.flip() ? runs.input("za", left) : runs.graph.constant("za", left),
                                    Runs.oneOf(g, "", runs.graph.constant("zb", right), runs.input("zbGiven", right)));
                    assertThat(runs.check(result)).containsExactly("MatMulInteger kernel");
                });
    }

    @Test
    void convIntegerWithAZeroPointKnownOnlyAtRunTime() {
        Generator.forAll(
                SEED,
                20,
                g -> {
                    Runs runs = new Runs();
                    DType x = byteType(g);
                    DType w = byteType(g);
                    Tensor zero = g.integers(x, Shape.SCALAR);
                    String result =
                            runs.graph.add(
                                    new ConvInteger(Window.of(3, 3).withPads(1, 1, 1, 1), 1),
                                    bytes(runs, g, "x", x, Shape.of(1, 3, 6, 6)),
                                    runs.graph.constant("w", g.integers(w, Shape.of(4, 3, 3, 3))),
                                    g.flip() ? runs.input("z", zero) : runs.graph.constant("z", zero),
                                    g.flip() ? "" : zeroPoint(runs, g, w, Shape.SCALAR));
                    assertThat(runs.check(result)).containsExactly("ConvInteger kernel");
                });
    }

    @ParameterizedTest
    @EnumSource(
            value = BinaryFunction.class,
            names = {"ADD", "MUL"})
    void binary(BinaryFunction function) {
        Generator.forAll(
                SEED,
                40,
                g -> {
                    Runs runs = new Runs();
                    DType a = byteType(g);
                    DType b = byteType(g);
                    DType y = byteType(g);
                    Shape right = Runs.oneOf(g, Shape.of(2, 3, 4, 5), Shape.of(3, 1, 1), Shape.SCALAR, Shape.of(5));
                    String result =
                            runs.graph.add(
                                    new QLinearBinary(function, epilogue(g)),
                                    bytes(runs, g, "a", a, Shape.of(2, 3, 4, 5)),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, a, Shape.SCALAR),
                                    bytes(runs, g, "b", b, right),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, b, Shape.SCALAR),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, y, Shape.SCALAR));
                    assertThat(runs.check(result)).containsExactly("QLinear" + function.type() + " kernel");
                });
    }

    @Test
    void unaryFunctionsAreTables() {
        Generator.forAll(
                SEED,
                20,
                g -> {
                    Runs runs = new Runs();
                    DType x = byteType(g);
                    DType y = byteType(g);
                    UnaryFunction function = Runs.oneOf(g, UnaryFunction.SIGMOID, UnaryFunction.TANH);
                    String result =
                            runs.graph.add(
                                    new QLinearUnary(function, 0, 0),
                                    bytes(runs, g, "x", x, Shape.of(3, 100)),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, x, Shape.SCALAR),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, y, Shape.SCALAR));
                    assertThat(runs.check(result)).containsExactly("QLinear" + function.type() + " kernel");
                });
    }

    @Test
    void globalAveragePool() {
        Generator.forAll(
                SEED,
                20,
                g -> {
                    Runs runs = new Runs();
                    DType x = byteType(g);
                    String result =
                            runs.graph.add(
                                    new QLinearGlobalAveragePool(),
                                    bytes(runs, g, "x", x, Shape.of(2, 3, 5, 7)),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, x, Shape.SCALAR),
                                    scale(runs, g, Shape.SCALAR),
                                    zeroPoint(runs, g, x, Shape.SCALAR));
                    assertThat(runs.check(result)).containsExactly("QLinearGlobalAveragePool kernel");
                });
    }

    @Test
    void concat() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String result =
                runs.graph.add(
                        new QLinearConcat(1),
                        scale(runs, g, Shape.SCALAR),
                        zeroPoint(runs, g, DType.UINT8, Shape.SCALAR),
                        bytes(runs, g, "a", DType.UINT8, Shape.of(2, 3, 4)),
                        scale(runs, g, Shape.SCALAR),
                        zeroPoint(runs, g, DType.UINT8, Shape.SCALAR),
                        bytes(runs, g, "b", DType.UINT8, Shape.of(2, 2, 4)),
                        scale(runs, g, Shape.SCALAR),
                        zeroPoint(runs, g, DType.UINT8, Shape.SCALAR));
        assertThat(runs.check(result)).hasSize(1);
    }

    @Test
    void quantizersAlongAnAxis() {
        Generator.forAll(
                SEED,
                40,
                g -> {
                    Runs runs = new Runs();
                    DType type = byteType(g);
                    Shape parameters = g.flip() ? Shape.of(4) : Shape.SCALAR;
                    int axis = Runs.oneOf(g, 1, -2);
                    String scale = scale(runs, g, parameters);
                    String zero = zeroPoint(runs, g, type, parameters);
                    String x = runs.input("x", g.floats(Shape.of(3, 4, 5), -9, 9));
                    String q = runs.graph.add(new QuantizeLinear(axis, 0, null), x, scale, zero);
                    // Read twice, so that the pair stays.
                    String y = runs.graph.add(new DequantizeLinear(axis, 0), q, scale, zero);
                    assertThat(runs.check(q, y)).containsExactly("QuantizeLinear kernel", "DequantizeLinear kernel");
                });
    }

    @Test
    void dequantizesTheSumsOfAProduct() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.integers(DType.INT32, Shape.of(3, 4)));
        String y = runs.graph.add(new DequantizeLinear(1, 0), x, scale(runs, g, Shape.of(4)));
        assertThat(runs.check(y)).containsExactly("DequantizeLinear kernel");
    }

    @Test
    void dynamicQuantizeLinear() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(7, 31), -3, 5));
        runs.graph.add(new Node("dynamic", new DynamicQuantizeLinear(), List.of(x), List.of("y", "s", "z")));
        assertThat(runs.check("y", "s", "z")).containsExactly("DynamicQuantizeLinear kernel");
    }
}
