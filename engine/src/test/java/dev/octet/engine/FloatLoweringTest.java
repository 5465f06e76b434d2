package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.graph.op.Window;
import dev.octet.graph.op.Window.AutoPad;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each float operator runs in a kernel, and gives what its own evaluation gives.
class FloatLoweringTest {
    private static final long SEED = 4711;

    private static Window window(Generator g, int spatial) {
        long[] kernel = new long[spatial];
        long[] strides = new long[spatial];
        long[] dilations = new long[spatial];
        long[] pads = new long[2 * spatial];
        for (int i = 0; i < spatial; i++) {
            kernel[i] = g.integer(1, 3);
            strides[i] = g.integer(1, 2);
            dilations[i] = g.integer(1, 2);
            pads[i] = g.integer(0, (int) kernel[i] - 1);
            pads[spatial + i] = g.integer(0, (int) kernel[i] - 1);
        }
        Window window = Window.of(kernel).withStrides(strides).withDilations(dilations);
        AutoPad autoPad = Runs.oneOf(g, AutoPad.values());
        return autoPad == AutoPad.NOTSET
                ? window.withPads(pads)
                : new Window(autoPad, window.kernelShape(), window.strides(), List.of(), window.dilations());
    }

    private static Shape image(Generator g, int spatial, long channels) {
        long[] dims = new long[2 + spatial];
        dims[0] = g.integer(1, 2);
        dims[1] = channels;
        for (int i = 0; i < spatial; i++) {
            dims[2 + i] = g.integer(6, 11);
        }
        return Shape.of(dims);
    }

    private static Shape weights(Window window, long out, long in) {
        long[] dims = new long[2 + window.kernelShape().size()];
        dims[0] = out;
        dims[1] = in;
        for (int i = 2; i < dims.length; i++) {
            dims[i] = window.kernelShape().get(i - 2);
        }
        return Shape.of(dims);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void convolutions(int spatial) {
        Generator.forAll(
                SEED,
                40,
                g -> {
                    Runs runs = new Runs();
                    Window window = window(g, spatial);
                    int groups = g.integer(1, 3);
                    int in = g.integer(1, 3);
                    int out = groups * Runs.oneOf(g, 1, 2, 5);
                    String x = runs.input("x", g.floats(image(g, spatial, (long) groups * in), -1, 1));
                    String w = runs.graph.constant("w", g.floats(weights(window, out, in), -1, 1));
                    String b = runs.graph.constant("b", g.floats(Shape.of(out), -1, 1));
                    Conv conv = new Conv(window, groups);
                    String y = g.flip() ? runs.graph.add(conv, x, w, b) : runs.graph.add(conv, x, w);
                    assertThat(runs.check(y)).containsExactly("Conv kernel");
                });
    }

    @Test
    void depthwiseConvolution() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(2, 19, 9, 8), -1, 1));
        String w = runs.graph.constant("w", g.floats(Shape.of(19, 1, 3, 3), -1, 1));
        String y = runs.graph.add(new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 19), x, w);
        assertThat(runs.check(y)).containsExactly("Conv kernel");
    }

    @Test
    void convolutionOverThreeAxesRunsWithoutAKernel() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(1, 2, 4, 5, 6), -1, 1));
        String w = runs.graph.constant("w", g.floats(Shape.of(3, 2, 2, 2, 2), -1, 1));
        assertThat(runs.check(runs.graph.add(new Conv(Window.of(2, 2, 2), 1), x, w))).containsExactly("Conv reference");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void transposedConvolutions(int spatial) {
        Generator.forAll(
                SEED,
                40,
                g -> {
                    Runs runs = new Runs();
                    Window window = window(g, spatial);
                    int groups = g.integer(1, 2);
                    int out = g.integer(1, 3);
                    int in = groups * g.integer(1, 3);
                    String x = runs.input("x", g.floats(image(g, spatial, in), -1, 1));
                    String w = runs.graph.constant("w", g.floats(weights(window, in, out), -1, 1));
                    String b = runs.graph.constant("b", g.floats(Shape.of((long) groups * out), -1, 1));
                    String y = runs.graph.add(new ConvTranspose(window, groups, List.of(), List.of()), x, w, b);
                    String z = runs.graph.add(Unary.of(UnaryFunction.RELU), y);
                    assertThat(runs.check(z)).containsExactly("ConvTranspose+Relu kernel");
                });
    }

    @ParameterizedTest
    @EnumSource(PoolFunction.class)
    void pools(PoolFunction function) {
        Generator.forAll(
                SEED,
                60,
                g -> {
                    Runs runs = new Runs();
                    int spatial = g.integer(1, 2);
                    boolean ceil = g.flip();
                    Pool pool = new Pool(function, window(g, spatial), ceil, g.flip(), false, 2);
                    String x = runs.input("x", g.floats(image(g, spatial, 3), -1, 1));
                    List<String> steps = runs.check(runs.graph.add(pool, x));
                    if (!ceil) {
                        assertThat(steps).containsExactly(function.type() + " kernel");
                    }
                });
    }

    @Test
    void poolOfBytes() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.integers(DType.INT8, Shape.of(1, 3, 8, 8)));
        Pool pool = new Pool(PoolFunction.MAX, Window.of(3, 3).withPads(1, 1, 1, 1), false, false, false, 2);
        assertThat(runs.check(runs.graph.add(pool, x))).containsExactly("MaxPool kernel");
    }

    @ParameterizedTest
    @EnumSource(
            value = PoolFunction.class,
            names = {"MAX", "AVERAGE"})
    void globalPools(PoolFunction function) {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(2, 3, 5, 7), -1, 1));
        assertThat(runs.check(runs.graph.add(new GlobalPool(function), x)))
                .containsExactly("Global" + function.type() + " kernel");
    }

    @Test
    void gemms() {
        Generator.forAll(
                SEED,
                60,
                g -> {
                    Runs runs = new Runs();
                    long m = g.integer(1, 9);
                    long n = g.integer(1, 20);
                    long k = g.integer(1, 12);
                    Gemm gemm = new Gemm(Runs.oneOf(g, 1f, 0.5f), Runs.oneOf(g, 1f, 2f), g.flip(), g.flip());
                    String a = runs.input("a", g.floats(gemm.transA() ? Shape.of(k, m) : Shape.of(m, k), -1, 1));
                    Tensor right = g.floats(gemm.transB() ? Shape.of(n, k) : Shape.of(k, n), -1, 1);
                    String b = g.flip() ? runs.input("b", right) : runs.graph.constant("b", right);
                    Shape row = Runs.oneOf(g, Shape.of(n), Shape.of(1, n), Shape.SCALAR, Shape.of(1));
                    String y =
                            switch (g.integer(0, 3)) {
                                case 0 -> runs.graph.add(gemm, a, b);
                                case 1 -> runs.graph.add(gemm, a, b, runs.graph.constant("c", g.floats(row, -1, 1)));
                                case 2 ->
                                        runs.graph.add(
                                                new Gemm(1, 1, gemm.transA(), gemm.transB()),
                                                a,
                                                b,
                                                runs.input("c", g.floats(Shape.of(m, n), -1, 1)));
                                default ->
                                        runs.graph.add(
                                                new Gemm(1, 1, gemm.transA(), gemm.transB()),
                                                a,
                                                b,
                                                runs.graph.constant("c", g.floats(Shape.of(m, n), -1, 1)));
                            };
                    assertThat(runs.check(y)).containsExactly("Gemm kernel");
                });
    }

    @Test
    void matrixProductsWithBatches() {
        Generator.forAll(
                SEED,
                80,
                g -> {
                    Runs runs = new Runs();
                    long m = g.integer(1, 6);
                    long n = g.integer(1, 19);
                    long k = g.integer(1, 9);
                    Shape[] pair =
                            Runs.oneOf(
                                    g,
                                    new Shape[] {Shape.of(m, k), Shape.of(k, n)},
                                    new Shape[] {Shape.of(k), Shape.of(k, n)},
                                    new Shape[] {Shape.of(m, k), Shape.of(k)},
                                    new Shape[] {Shape.of(3, m, k), Shape.of(k)},
                                    new Shape[] {Shape.of(3, 2, m, k), Shape.of(k, n)},
                                    new Shape[] {Shape.of(3, 2, m, k), Shape.of(3, 2, k, n)},
                                    new Shape[] {Shape.of(3, 1, m, k), Shape.of(2, k, n)},
                                    new Shape[] {Shape.of(m, k), Shape.of(2, 3, k, n)},
                                    new Shape[] {Shape.of(k), Shape.of(4, k, n)},
                                    new Shape[] {Shape.of(1, 3, m, k), Shape.of(1, 1, k, n)});
                    String a = runs.input("a", g.floats(pair[0], -1, 1));
                    Tensor right = g.floats(pair[1], -1, 1);
                    String b = g.flip() ? runs.input("b", right) : runs.graph.constant("b", right);
                    assertThat(runs.check(runs.graph.add(new MatMul(), a, b))).containsExactly("MatMul kernel");
                });
    }

    @ParameterizedTest
    @EnumSource(
            value = BinaryFunction.class,
            names = {"ADD", "SUB", "MUL", "DIV", "POW", "PRELU", "MOD", "FMOD"})
    void binaryFunctionsBroadcast(BinaryFunction function) {
        Generator.forAll(
                SEED,
                12,
                g -> {
                    Runs runs = new Runs();
                    Shape[] pair =
                            Runs.oneOf(
                                    g,
                                    new Shape[] {Shape.of(3, 4, 5), Shape.of(3, 4, 5)},
                                    new Shape[] {Shape.of(3, 4, 5), Shape.of(5)},
                                    new Shape[] {Shape.of(3, 4, 5), Shape.SCALAR},
                                    new Shape[] {Shape.of(3, 4, 5), Shape.of(3, 1, 1)},
                                    new Shape[] {Shape.of(3, 1, 5), Shape.of(1, 4, 1)});
                    // PRelu broadcasts its slope only.
                    boolean swap = function != BinaryFunction.PRELU && pair[0].dim(1) == 4 && g.flip();
                    String a = runs.input("a", g.floats(swap ? pair[1] : pair[0], 0.5f, 3));
                    String b = runs.input("b", g.floats(swap ? pair[0] : pair[1], 0.5f, 3));
                    if (function == BinaryFunction.PRELU && pair[0].dim(1) == 1) {
                        return;
                    }
                    assertThat(runs.check(runs.graph.add(new Binary(function), a, b)))
                            .hasSize(1)
                            .allMatch(s -> s.endsWith(" kernel"));
                });
    }

    @ParameterizedTest
    @EnumSource(ReduceFunction.class)
    void reductions(ReduceFunction function) {
        Generator.forAll(
                SEED,
                20,
                g -> {
                    Runs runs = new Runs();
                    String x = runs.input("x", g.floats(Shape.of(3, 4, 1, 5), 0.5f, 1));
                    long[] axes =
                            Runs.oneOf(
                                    g,
                                    new long[] {3},
                                    new long[] {0},
                                    new long[] {1, -1},
                                    new long[] {0, 1},
                                    new long[] {2},
                                    new long[] {0, 1, 2, 3},
                                    new long[] {});
                    Reduce reduce = new Reduce(function, g.flip(), false);
                    String y = runs.graph.add(reduce, x, runs.graph.constant("axes", Tensor.vector(axes)));
                    assertThat(runs.check(y)).containsExactly(function.type() + " kernel");
                });
    }

    @Test
    void reductionOverAxesThatAreNoNeighbours() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(3, 4, 5, 2), -1, 1));
        String axes = runs.graph.constant("axes", Tensor.vector(0, 2));
        assertThat(runs.check(runs.graph.add(new Reduce(ReduceFunction.SUM, true, false), x, axes)))
                .containsExactly("ReduceSum reference");
    }

    @Test
    void reductionOverNoAxes() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(3, 4), -1, 1));
        assertThat(runs.check(runs.graph.add(new Reduce(ReduceFunction.SUM_SQUARE, true, true), x)))
                .allMatch(s -> s.startsWith("ReduceSumSquare"));
    }

    @Test
    void softmaxAlongAnyAxis() {
        Generator.forAll(
                SEED,
                30,
                g -> {
                    Runs runs = new Runs();
                    String x = runs.input("x", g.floats(Shape.of(3, 4, 5), -4, 4));
                    Softmax softmax = new Softmax(g.integer(-3, 2), g.flip(), g.flip());
                    assertThat(runs.check(runs.graph.add(softmax, x))).containsExactly(softmax.type() + " kernel");
                });
    }

    @Test
    void layerNormalization() {
        Generator.forAll(
                SEED,
                20,
                g -> {
                    Runs runs = new Runs();
                    int axis = Runs.oneOf(g, -1, 2, 1, -2);
                    Shape x = Shape.of(3, 4, 6);
                    Shape scale = axis == -1 || axis == 2 ? Shape.of(6) : Shape.of(4, 6);
                    String in = runs.input("x", g.floats(x, -4, 4));
                    String s = runs.graph.constant("s", g.floats(scale, -1, 1));
                    LayerNormalization op = new LayerNormalization(axis, 1e-5f);
                    String y =
                            g.flip()
                                    ? runs.graph.add(op, in, s)
                                    : runs.graph.add(op, in, s, runs.graph.constant("b", g.floats(scale, -1, 1)));
                    assertThat(runs.check(y)).containsExactly("LayerNormalization kernel");
                });
    }

    @Test
    void batchNormalization() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(2, 3, 4, 5), -1, 1));
        String scale = runs.graph.constant("scale", g.floats(Shape.of(3), -1, 1));
        String bias = runs.graph.constant("bias", g.floats(Shape.of(3), -1, 1));
        String mean = runs.graph.constant("mean", g.floats(Shape.of(3), -1, 1));
        String var = runs.graph.constant("var", g.floats(Shape.of(3), 0.1f, 1));
        String y = runs.graph.add(new BatchNormalization(1e-5f), x, scale, bias, mean, var);
        assertThat(runs.check(runs.graph.add(Unary.of(UnaryFunction.HARD_SWISH), y)))
                .containsExactly("BatchNormalization+HardSwish kernel");
    }

    @Test
    void clipWithAndWithoutBounds() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(40), -4, 4));
        String low = runs.graph.constant("low", Tensor.scalar(-1f));
        String high = runs.graph.constant("high", Tensor.scalar(2f));
        String given = runs.input("given", Tensor.scalar(1f));
        List<String> steps =
                runs.check(
                        runs.graph.add(new Clip(), x, low, high),
                        runs.graph.add(new Clip(), x, "", high),
                        runs.graph.add(new Clip(), x, low),
                        runs.graph.add(new Clip(), x, low, given));
        assertThat(steps).containsExactlyInAnyOrder("Clip kernel", "Clip kernel", "Clip kernel", "Clip reference");
    }

    @Test
    void sumOfTwo() {
        Generator g = Generator.of(SEED);
        Runs runs = new Runs();
        String x = runs.input("x", g.floats(Shape.of(4, 5), -4, 4));
        String y = runs.input("y", g.floats(Shape.of(5), -4, 4));
        assertThat(runs.check(runs.graph.add(new Variadic(VariadicFunction.SUM), x, y))).containsExactly("Sum kernel");
    }

    @Test
    void transposes() {
        Generator.forAll(
                SEED,
                20,
                g -> {
                    Runs runs = new Runs();
                    DType dtype = Runs.oneOf(g, DType.INT8, DType.INT64, DType.INT32, DType.INT16);
                    String x = runs.input("x", g.integers(dtype, Shape.of(2, 3, 4, 5)));
                    Transpose op =
                            new Transpose(Runs.oneOf(g, List.of(), List.of(0L, 2L, 3L, 1L), List.of(3L, 1L, 2L, 0L)));
                    assertThat(runs.check(runs.graph.add(op, x))).containsExactly("Transpose kernel");
                });
    }

    @Test
    void unaryFunctionsOfFloat() {
        Generator g = Generator.of(SEED);
        for (UnaryFunction function : UnaryFunction.values()) {
            if (function == UnaryFunction.NOT || function == UnaryFunction.CLIP || function == UnaryFunction.IDENTITY) {
                continue;
            }
            Runs runs = new Runs();
            String x = runs.input("x", g.floats(Shape.of(5, 7), 0.1f, 0.9f));
            assertThat(runs.check(runs.graph.add(Unary.of(function), x))).containsExactly(function.type() + " kernel");
        }
    }

    /// Such elements share bytes, which copies cannot move one by one.
    @Test
    void fourBitElementsAreJoined() {
        Runs runs = new Runs();
        Generator g = Generator.of(SEED);
        String a = runs.input("a", g.integers(DType.INT4, Shape.of(3, 5), -8, 7));
        String b = runs.input("b", g.integers(DType.INT4, Shape.of(3, 3), -8, 7));
        assertThat(runs.check(runs.graph.add(new Concat(1), a, b))).containsExactly("Concat reference");
    }

    @Test
    void concatenationAndRepeatedPixelsAreCopies() {
        for (int channels : new int[] {1, 3, 8}) {
            Runs runs = new Runs();
            Generator g = Generator.of(SEED + channels);
            String a = runs.input("a", g.floats(Shape.of(2, channels, 3, 5), -1, 1));
            String b = runs.input("b", g.floats(Shape.of(2, 4, 3, 5), -1, 1));
            String joined = runs.graph.add(new Concat(1), a, b);
            Attributes nearest =
                    Attributes.builder()
                            .put("mode", "nearest")
                            .put("coordinate_transformation_mode", "asymmetric")
                            .put("nearest_mode", "floor")
                            .build();
            String scales = runs.graph.constant("scales", Tensor.of(Shape.of(4), 1f, 1f, 2f, 1.7f));
            String larger = runs.graph.add(Resize.of(nearest), joined, "", scales);
            assertThat(runs.check(larger)).containsExactlyInAnyOrder("Concat kernel", "Resize kernel");
        }
    }
}
