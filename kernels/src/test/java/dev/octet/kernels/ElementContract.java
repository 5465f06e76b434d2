package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.formula.FloatFunction;
import dev.octet.formula.Formula;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Element-wise kernels of a set, against their formulas.
abstract class ElementContract extends KernelContract {
    private static final float[] SPECIAL = {
        0f,
        -0f,
        1f,
        -1f,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        0.5f,
        1.5f,
        2.5f,
        -0.5f,
        -2.5f,
        88.72f,
        88.73f,
        -87.3f,
        -88f,
        -103.9f,
        -104.1f,
        9.01f,
        9.03f,
        -9.03f,
        3.92f,
        -3.94f,
        3f,
        -3f
    };

    /// Special values, a dense range around zero, and values of every magnitude.
    private static Tensor wholeRange(Random random) {
        Tensor x = Tensor.allocate(DType.FLOAT32, Shape.of(40_013));
        for (int i = 0; i < x.elementCount(); i++) {
            float value =
                    i < SPECIAL.length
                            ? SPECIAL[i]
                            : i % 4 == 0
                                    ? Float.intBitsToFloat(random.nextInt())
                                    : (float) (random.nextGaussian() * (i % 4 == 1 ? 1 : 20));
            x.setFloat(i, value);
        }
        return x;
    }

    @ParameterizedTest
    @EnumSource(UnaryFunction.class)
    void elementwise(UnaryFunction function) {
        Random random = new Random(function.ordinal());
        Tensor x = wholeRange(random);
        Unary unary = function == UnaryFunction.CLIP ? new Unary(function, -1.25f, 3) : Unary.of(function);
        checkElementwise(unary, x, random);
        if (function == UnaryFunction.GELU) {
            checkElementwise(new Unary(function, 1, 0), x, random);
        }
    }

    private void checkElementwise(Unary unary, Tensor x, Random random) {
        KernelSpec spec = new KernelSpec.Elementwise(unary, x.elementCount());
        Tensor found = run(spec, DType.FLOAT32, x.shape(), random, x);
        FloatFunction function = Epilogue.of(unary).toFunction();
        for (int i = 0; i < x.elementCount(); i++) {
            float expected = function.apply(x.getFloat(i));
            if (Float.compare(expected, found.getFloat(i)) != 0) {
                assertThat(found.getFloat(i)).as("%s of %s", unary, x.getFloat(i)).isEqualTo(expected);
            }
        }
    }

    /// Two shapes that broadcast.
    private static Shape[] shapes(Random random) {
        int rank = random.nextInt(5);
        long[] a = new long[rank];
        long[] b = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            long extent = axis == rank - 1 && random.nextBoolean() ? 1 + random.nextInt(700) : 1 + random.nextInt(6);
            int kind = random.nextInt(5);
            a[axis] = kind == 0 ? 1 : extent;
            b[axis] = kind == 1 ? 1 : extent;
        }
        int from = rank == 0 ? 0 : random.nextInt(rank + 1) * random.nextInt(2);
        Shape shortened = Shape.of(Arrays.copyOfRange(b, from, rank));
        return random.nextBoolean() ? new Shape[] {Shape.of(a), shortened} : new Shape[] {shortened, Shape.of(a)};
    }

    /// Index of the operand's element for an element of the result.
    private static int operandIndex(Shape operand, Shape result, int index) {
        int at = 0;
        int rest = index;
        long[] strides = operand.strides();
        for (int axis = result.rank() - 1; axis >= 0; axis--) {
            int position = (int) (rest % result.dim(axis));
            rest /= (int) result.dim(axis);
            int own = axis - (result.rank() - operand.rank());
            if (own >= 0 && operand.dim(own) > 1) {
                at += position * (int) strides[own];
            }
        }
        return at;
    }

    @ParameterizedTest
    @EnumSource(
            value = BinaryFunction.class,
            names = {"ADD", "SUB", "MUL", "DIV", "POW", "PRELU", "MOD", "FMOD"})
    void broadcast(BinaryFunction function) {
        Random random = new Random(function.ordinal());
        for (int i = 0; i < 25; i++) {
            Shape[] shapes = shapes(random);
            Shape result = Shape.broadcast(shapes[0], shapes[1]);
            Tensor a = uniform(random, 5, shapes[0].dims());
            Tensor b = i == 0 ? Tensor.of(shapes[1], filled(shapes[1], 2)) : uniform(random, 3, shapes[1].dims());
            Epilogue epilogue = i % 2 == 0 ? Epilogue.NONE : new Epilogue(UnaryFunction.RELU, 0, 0);
            KernelSpec spec = new KernelSpec.Broadcast(function, shapes[0], shapes[1], epilogue);
            Tensor found = run(spec, DType.FLOAT32, result, random, a, b);
            Tensor expected = Tensor.allocate(DType.FLOAT32, result);
            for (int e = 0; e < expected.elementCount(); e++) {
                double left = a.getFloat(operandIndex(shapes[0], result, e));
                double right = b.getFloat(operandIndex(shapes[1], result, e));
                expected.setFloat(e, epilogue.toFunction().apply((float) function.apply(left, right)));
            }
            assertClose(spec.toString(), expected, found, 0, 0);
        }
    }

    private static float[] filled(Shape shape, float value) {
        float[] values = new float[(int) shape.elementCount()];
        Arrays.fill(values, value);
        return values;
    }

    @ParameterizedTest
    @EnumSource(
            value = BinaryFunction.class,
            names = {"ADD", "SUB", "MUL", "DIV"})
    void quantizedBroadcast(BinaryFunction function) {
        Random random = new Random(function.ordinal());
        for (int i = 0; i < 25; i++) {
            Shape[] shapes = shapes(random);
            Shape result = Shape.broadcast(shapes[0], shapes[1]);
            KernelSpec.Encoding left = encoding(random);
            KernelSpec.Encoding right = encoding(random);
            KernelSpec.Encoding output = encoding(random);
            Tensor a = bytes(random, left.dtype(), shapes[0].dims());
            Tensor b = bytes(random, right.dtype(), shapes[1].dims());
            UnaryFunction activation =
                    List.of(UnaryFunction.IDENTITY, UnaryFunction.RELU, UnaryFunction.HARD_SWISH, UnaryFunction.SIGMOID)
                            .get(i % 6 % 4);
            Epilogue epilogue = new Epilogue(activation, 0, 0);
            KernelSpec spec =
                    new KernelSpec.QuantizedBroadcast(function, shapes[0], shapes[1], left, right, epilogue, output);
            Tensor found = run(spec, output.dtype(), result, random, a, b);
            Tensor expected = Tensor.allocate(output.dtype(), result);
            for (int e = 0; e < expected.elementCount(); e++) {
                int p = a.getInt(operandIndex(shapes[0], result, e));
                int q = b.getInt(operandIndex(shapes[1], result, e));
                expected.setLong(e, combine(function, p, left, q, right, epilogue, output));
            }
            assertEqual(spec.toString(), expected, found);
        }
    }

    private static long combine(
            BinaryFunction function,
            int p,
            KernelSpec.Encoding a,
            int q,
            KernelSpec.Encoding b,
            Epilogue epilogue,
            KernelSpec.Encoding y) {
        if (epilogue.isNone() && function == BinaryFunction.ADD) {
            float ra = a.scale() / y.scale();
            float rb = b.scale() / y.scale();
            float fixed = y.zeroPoint() - Math.fma(ra, a.zeroPoint(), rb * b.zeroPoint());
            return ProductReference.round(Math.fma(p, ra, Math.fma(q, rb, fixed)), 0, y.dtype());
        }
        if (epilogue.isNone() && function == BinaryFunction.MUL) {
            int product = (p - a.zeroPoint()) * (q - b.zeroPoint());
            float steps = product * (a.scale() * b.scale() / y.scale()) + y.zeroPoint();
            return ProductReference.round(steps, 0, y.dtype());
        }
        float steps =
                epilogue.toFunction().apply((float) function.apply((double) decode(p, a), (double) decode(q, b)))
                        / y.scale();
        return ProductReference.round(steps, y.zeroPoint(), y.dtype());
    }

    private static KernelSpec.Encoding encoding(Random random) {
        DType dtype = byteType(random);
        return new KernelSpec.Encoding(dtype, 0.01f + random.nextFloat(), zeroPoint(random, dtype));
    }

    private static float decode(int q, KernelSpec.Encoding encoding) {
        return (float) (q - encoding.zeroPoint()) * encoding.scale();
    }

    /// Extents `[outer, channels, inner]` of different proportions.
    private static int[] layout(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> new int[] {1 + random.nextInt(40), 1 + random.nextInt(300), 1};
            case 1 -> new int[] {1 + random.nextInt(3), 1 + random.nextInt(9), 1 + random.nextInt(5000)};
            case 2 -> new int[] {1, 1, 1 + random.nextInt(40_000)};
            default -> new int[] {1 + random.nextInt(5), 1 + random.nextInt(50), 1 + random.nextInt(200)};
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void channelAffine(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            int[] d = layout(random);
            Tensor x = uniform(random, 4, d[0], d[1], d[2]);
            float[] scale = floats(random, d[1]).toFloatArray();
            float[] shift = floats(random, d[1]).toFloatArray();
            Epilogue epilogue = i % 2 == 0 ? Epilogue.NONE : new Epilogue(UnaryFunction.RELU, 0, 0);
            KernelSpec spec = new KernelSpec.ChannelAffine(d[0], d[1], d[2], scale, shift, epilogue);
            Tensor found = run(spec, DType.FLOAT32, x.shape(), random, x);
            Tensor expected = Tensor.allocate(DType.FLOAT32, x.shape());
            for (int e = 0; e < x.elementCount(); e++) {
                int c = e / d[2] % d[1];
                expected.setFloat(e, epilogue.toFunction().apply((float) (x.getDouble(e) * scale[c] + shift[c])));
            }
            assertClose(seed + "/" + i + " " + spec, expected, found, 1e-6, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void quantize(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            int[] d = layout(random);
            DType dtype = byteType(random);
            int[] zeroPoints = zeroPoints(random, dtype, d[1]);
            float[] scales = scales(random, d[1], 0.1);
            Tensor x = uniform(random, 20, d[0], d[1], d[2]);
            for (int e = 0; e < x.elementCount(); e += 1 + random.nextInt(5)) {
                // Ties, and what no integer holds.
                x.setFloat(e, e % 3 == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : scales[0] * (e % 50 + 0.5f));
            }
            KernelSpec spec = new KernelSpec.Quantize(d[0], d[1], d[2], scales, zeroPoints, dtype);
            Tensor found = run(spec, dtype, x.shape(), random, x);
            Tensor expected = Tensor.allocate(dtype, x.shape());
            for (int e = 0; e < x.elementCount(); e++) {
                int c = e / d[2] % d[1];
                float steps = x.getFloat(e) / at(scales, c);
                expected.setLong(e, ProductReference.round(steps, at(zeroPoints, c), dtype));
            }
            assertEqual(seed + "/" + i + " " + spec, expected, found);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"INT8", "UINT8", "INT32"})
    void dequantize(DType dtype) {
        Random random = new Random(dtype.ordinal());
        for (int i = 0; i < 20; i++) {
            int[] d = layout(random);
            boolean wide = dtype == DType.INT32;
            int[] zeroPoints = wide ? new int[1] : zeroPoints(random, dtype, d[1]);
            float[] scales = scales(random, d[1], 0.1);
            Tensor x =
                    wide
                            ? Tensor.of(Shape.of(d[0], d[1], d[2]), random.ints((long) d[0] * d[1] * d[2]).toArray())
                            : bytes(random, dtype, d[0], d[1], d[2]);
            KernelSpec spec = new KernelSpec.Dequantize(d[0], d[1], d[2], scales, zeroPoints, dtype);
            Tensor found = run(spec, DType.FLOAT32, x.shape(), random, x);
            Tensor expected = Tensor.allocate(DType.FLOAT32, x.shape());
            for (int e = 0; e < x.elementCount(); e++) {
                int c = e / d[2] % d[1];
                expected.setFloat(e, (float) (x.getInt(e) - at(zeroPoints, c)) * at(scales, c));
            }
            assertClose(i + " " + spec, expected, found, 0, 0);
        }
    }

    /// Random formulas of operands of every type and shape.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void chain(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 15; i++) {
            Shape[] shapes = shapes(random);
            Shape result = Shape.broadcast(shapes[0], shapes[1]);
            Formula formula = RandomFormula.of(random, 1 + random.nextInt(4));
            List<KernelSpec.ChainOperand> operands = new ArrayList<>();
            List<Tensor> values = new ArrayList<>();
            for (int o = 0; o < formula.inputs(); o++) {
                Shape shape = o < 2 ? shapes[o] : Shape.of();
                Tensor value = operand(random, shape);
                boolean constant = random.nextInt(3) == 0;
                values.add(value);
                operands.add(
                        constant
                                ? KernelSpec.ChainOperand.constant(value)
                                : KernelSpec.ChainOperand.of(value.dtype(), shape));
            }
            List<DType> outputs =
                    formula.results().stream()
                            .map(_ -> random.nextBoolean() ? DType.FLOAT32 : byteType(random))
                            .toList();
            KernelSpec spec = new KernelSpec.Chain(formula, result, operands, outputs);
            Tensor[] inputs =
                    IntStream.range(0, values.size())
                            .filter(o -> operands.get(o).constant() == null)
                            .mapToObj(values::get)
                            .toArray(Tensor[]::new);
            List<MemorySegment> found = KernelRun.run(spec, compile(spec), random, inputs);
            for (int r = 0; r < outputs.size(); r++) {
                checkChain(seed + "/" + i, formula, r, result, operands, values, outputs.get(r), found.get(r));
            }
        }
    }

    private static Tensor operand(Random random, Shape shape) {
        return switch (random.nextInt(4)) {
            case 0 -> bytes(random, byteType(random), shape.dims());
            case 1 -> Tensor.of(shape, random.ints(shape.elementCount(), -3000, 3000).toArray());
            default -> uniform(random, 5, shape.dims());
        };
    }

    private static void checkChain(
            String what,
            Formula formula,
            int r,
            Shape result,
            List<KernelSpec.ChainOperand> operands,
            List<Tensor> values,
            DType output,
            MemorySegment found) {
        Formula one = new Formula(formula.inputs(), formula.steps(), List.of(formula.results().get(r)));
        Tensor results = Tensor.wrap(output, result, found);
        for (int e = 0; e < results.elementCount(); e++) {
            float[] arguments = new float[formula.inputs()];
            for (int o = 0; o < arguments.length; o++) {
                int index = operandIndex(operands.get(o).shape(), result, e);
                arguments[o] = (float) values.get(o).getDouble(index);
            }
            float exact = one.apply(arguments);
            float expected = output == DType.FLOAT32 ? exact : ProductReference.round(exact, 0, output);
            if (Float.compare(expected, (float) results.getDouble(e)) != 0) {
                assertThat((float) results.getDouble(e))
                        .as("%s: element %d, result %d of %s", what, e, r, formula)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void tableLookup() {
        Random random = new Random(1);
        for (int count : new int[] {1, 17, 1024, 50_001}) {
            byte[] table = new byte[256];
            random.nextBytes(table);
            Tensor x = bytes(random, DType.UINT8, count);
            Tensor found = run(new KernelSpec.TableLookup(table, count), DType.INT8, x.shape(), random, x);
            Tensor expected = Tensor.allocate(DType.INT8, x.shape());
            for (int e = 0; e < count; e++) {
                expected.setLong(e, table[x.getInt(e)]);
            }
            assertEqual("count " + count, expected, found);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1023, 100_001})
    void dynamicQuantize(int count) {
        Random random = new Random(count);
        for (int i = 0; i < 5; i++) {
            Tensor x = uniform(random, i, count);
            for (int e = 0; e < count && i >= 3; e++) {
                x.setFloat(e, Math.abs(x.getFloat(e)) * (i == 3 ? 1 : -1));
            }
            if (i == 2) {
                x.setFloat(count / 2, Float.NaN);
            }
            KernelSpec spec = new KernelSpec.DynamicQuantize(count);
            List<MemorySegment> found = KernelRun.run(spec, compile(spec), random, x);
            float low = 0;
            float high = 0;
            for (float value : x.toFloatArray()) {
                low = value < low ? value : low;
                high = value > high ? value : high;
            }
            float scale = high == low ? 1 : (high - low) / 255;
            int zeroPoint = (int) Math.rint(Math.max(0, Math.min(255, -low / scale)));
            Tensor expected = Tensor.allocate(DType.UINT8, x.shape());
            for (int e = 0; e < count; e++) {
                expected.setLong(e, ProductReference.round(x.getFloat(e) / scale, zeroPoint, DType.UINT8));
            }
            assertEqual("y", expected, Tensor.wrap(DType.UINT8, x.shape(), found.get(0)));
            assertEqual(
                    "zero point",
                    Tensor.scalar(DType.UINT8, zeroPoint),
                    Tensor.wrap(DType.UINT8, Shape.SCALAR, found.get(2)));
            assertThat(found.get(1).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(scale);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 15, 16, 1023, 100_001})
    void countBins(int count) {
        Random random = new Random(count);
        for (int bins : new int[] {0, 2, 19, 2048}) {
            for (int i = 0; i < 4; i++) {
                Tensor x = uniform(random, i, count);
                for (int e = 0; e < count && i == 2; e++) {
                    x.setFloat(e, Math.max(0, x.getFloat(e)));
                }
                ReferenceBins expected = new ReferenceBins(x.toFloatArray(), bins, i != 1);
                Tensor range = Tensor.of(Shape.of(2), expected.lower, expected.width);
                KernelSpec spec = new CountBins(bins);
                List<MemorySegment> found = KernelRun.run(spec, compile(spec), random, x, range);
                assertThat(found.get(0).toArray(ValueLayout.JAVA_INT_UNALIGNED))
                        .as("%d values in %d bins", count, bins)
                        .containsExactly(expected.counts);
                assertThat(found.get(1).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
                        .usingElementComparator((a, b) -> a.floatValue() == b.floatValue() ? 0 : 1)
                        .containsExactly(expected.least, expected.greatest, 0f);
            }
        }
    }

    @Test
    void countBinsNoticesWhatIsNotFinite() {
        Random random = new Random(1);
        KernelSpec spec = new CountBins(8);
        for (float odd : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
            for (int at : new int[] {0, 7, 31, 36}) {
                Tensor x = uniform(random, 0, 37);
                x.setFloat(at, odd);
                Tensor range = Tensor.of(Shape.of(2), -1f, 2f);
                MemorySegment extremes = KernelRun.run(spec, compile(spec), random, x, range).get(1);
                assertThat(extremes.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 2)).isNaN();
            }
        }
    }

    /// The definition, number by number.
    private static final class ReferenceBins {
        float least = Float.POSITIVE_INFINITY;
        float greatest = Float.NEGATIVE_INFINITY;
        final float lower;
        final float width;
        final int[] counts;

        /// @param all whether the range holds all values
        ReferenceBins(float[] values, int bins, boolean all) {
            for (float value : values) {
                least = Math.min(least, value);
                greatest = Math.max(greatest, value);
            }
            lower = all ? least : least + (greatest - least) / 3;
            width = greatest > least ? (greatest - least) / (all ? 1 : 2) : 1;
            counts = new int[bins];
            for (float value : values) {
                double index = (value - lower) * (float) bins / width;
                if (bins > 0 && index > -1 && index < bins + 1) {
                    counts[Math.min((int) index, bins - 1)]++;
                }
            }
        }
    }
}
