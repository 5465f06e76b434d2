package dev.octet.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.MaskedSoftmax.Mask;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Kernels of a set that combine or move elements along axes, against their definitions.
abstract class AxisContract extends KernelContract {
    private static int[] layout(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> new int[] {1 + random.nextInt(40), 1 + random.nextInt(700), 1};
            case 1 -> new int[] {1 + random.nextInt(3), 1 + random.nextInt(40), 1 + random.nextInt(600)};
            default -> new int[] {1 + random.nextInt(3), 1 + random.nextInt(3000), 1 + random.nextInt(3)};
        };
    }

    /// The elements that index `i` of `[outer, inner]` stands for.
    private static double[] line(Tensor x, int[] d, int i) {
        double[] line = new double[d[1]];
        Arrays.setAll(line, p -> x.getDouble(((long) (i / d[2]) * d[1] + p) * d[2] + i % d[2]));
        return line;
    }

    private static double reduce(ReduceFunction function, double[] line) {
        double sum = Arrays.stream(line).sum();
        return switch (function) {
            case SUM -> sum;
            case MEAN -> sum / line.length;
            case MAX -> Arrays.stream(line).max().orElseThrow();
            case MIN -> Arrays.stream(line).min().orElseThrow();
            case PROD -> Arrays.stream(line).reduce(1, (a, b) -> a * b);
            case L1 -> Arrays.stream(line).map(Math::abs).sum();
            case L2 -> Math.sqrt(Arrays.stream(line).map(v -> v * v).sum());
            case LOG_SUM -> Math.log(sum);
            case LOG_SUM_EXP -> Math.log(Arrays.stream(line).map(Math::exp).sum());
            case SUM_SQUARE -> Arrays.stream(line).map(v -> v * v).sum();
        };
    }

    @ParameterizedTest
    @EnumSource(ReduceFunction.class)
    void reduce(ReduceFunction function) {
        Random random = new Random(function.ordinal());
        for (int i = 0; i < 15; i++) {
            int[] d = layout(random);
            Tensor x = uniform(random, 3, d[0], d[1], d[2]);
            if (function == ReduceFunction.LOG_SUM) {
                for (int e = 0; e < x.elementCount(); e++) {
                    x.setFloat(e, Math.abs(x.getFloat(e)) + 0.01f);
                }
            }
            KernelSpec spec = new KernelSpec.Reduce(function, d[0], d[1], d[2]);
            Tensor found = run(spec, DType.FLOAT32, Shape.of(d[0], d[2]), random, x);
            Tensor expected = Tensor.allocate(DType.FLOAT32, found.shape());
            for (int e = 0; e < expected.elementCount(); e++) {
                expected.setFloat(e, (float) reduce(function, line(x, d, e)));
            }
            boolean exponential = function == ReduceFunction.LOG_SUM_EXP;
            assertClose(i + " " + spec, expected, found, exponential ? 1e-6 : 1.2e-7, exponential ? 1 : 1e-4);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void softmax(boolean log) {
        Random random = new Random(log ? 1 : 2);
        for (int i = 0; i < 20; i++) {
            int[] d = layout(random);
            Tensor x = uniform(random, i % 3 == 0 ? 100 : 4, d[0], d[1], d[2]);
            if (i % 4 == 0) {
                x.setFloat(random.nextInt((int) x.elementCount()), Float.NEGATIVE_INFINITY);
            }
            KernelSpec spec = new KernelSpec.Softmax(log, d[0], d[1], d[2]);
            Tensor found = run(spec, DType.FLOAT32, x.shape(), random, x);
            Tensor expected = Tensor.allocate(DType.FLOAT32, x.shape());
            for (int o = 0; o < d[0] * d[2]; o++) {
                double[] line = line(x, d, o);
                double max = Arrays.stream(line).max().orElseThrow();
                double sum = Arrays.stream(line).map(v -> Math.exp(v - max)).sum();
                for (int p = 0; p < d[1]; p++) {
                    double value = log ? line[p] - max - Math.log(sum) : Math.exp(line[p] - max) / sum;
                    expected.setFloat(((long) (o / d[2]) * d[1] + p) * d[2] + o % d[2], (float) value);
                }
            }
            assertClose(i + " " + spec, expected, found, 1e-6, log ? 1 : 1e-3);
        }
    }

    /// What an attention computes at once is what its three operators compute one after the other.
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8, 17, 64, 255, 1027})
    void maskedSoftmax(int length) {
        Random random = new Random(length);
        for (int i = 0; i < 12; i++) {
            Mask mask = i % 4 == 0 ? null : new Mask(1 + random.nextInt(3), 1 + random.nextInt(4));
            long rows = mask == null ? 7 : mask.repeat() * mask.rows() * (1 + random.nextInt(20));
            Tensor x = uniform(random, 5, rows, length);
            Tensor added = uniform(random, 5, mask == null ? 1 : mask.rows(), length);
            added.setFloat(random.nextInt((int) added.elementCount()), -1e30f);
            if (i == 5) {
                x.setFloat(random.nextInt((int) x.elementCount()), Float.NaN);
            }
            Tensor[] inputs = mask == null ? new Tensor[] {x} : new Tensor[] {x, added};
            Tensor sums = Tensor.of(x.shape(), x.toFloatArray());
            for (int e = 0; e < x.elementCount() && mask != null; e++) {
                float other = added.getFloat(mask.row(e / length) * length + e % length);
                sums.setFloat(e, x.getFloat(e) + other);
            }
            KernelSpec plain = new KernelSpec.Softmax(false, rows, length, 1);
            Tensor expected = run(plain, DType.FLOAT32, x.shape(), random, sums);
            KernelSpec spec = new MaskedSoftmax(rows, length, mask, null);
            Tensor found = run(spec, DType.FLOAT32, x.shape(), random, inputs);
            assertThat(found.toFloatArray()).as(spec.toString()).containsExactly(expected.toFloatArray());

            DType dtype = byteType(random);
            Encoding encoding = new Encoding(dtype, scale(random, i, length), zeroPoint(random, dtype));
            float[] scales = {encoding.scale()};
            int[] zeroPoints = {encoding.zeroPoint()};
            KernelSpec quantize = new KernelSpec.Quantize(1, 1, rows * length, scales, zeroPoints, dtype);
            KernelSpec quantized = new MaskedSoftmax(rows, length, mask, encoding);
            assertEqual(
                    quantized.toString(),
                    run(quantize, dtype, x.shape(), random, expected),
                    run(quantized, dtype, x.shape(), random, inputs));
        }
    }

    private static float scale(Random random, int i, int length) {
        return switch (i % 4) {
            case 0 -> 1 / 255f;
            case 1 -> 0.3f / length;
            case 2 -> random.nextFloat() / 128;
            default -> i > 6 ? 0x1p-120f : 0x1p-9f;
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 100, 384, 1025})
    void layerNorm(int length) {
        Random random = new Random(length);
        for (int i = 0; i < 4; i++) {
            boolean bias = i % 2 == 1;
            boolean residual = i > 1;
            int rows = 1 + random.nextInt(100);
            Tensor x = uniform(random, 3, rows, length);
            Tensor added = uniform(random, 3, rows, length);
            Tensor scale = floats(random, length);
            Tensor shift = floats(random, length);
            float epsilon = 1e-5f;
            KernelSpec spec = new LayerNorm(rows, length, epsilon, bias, residual);
            List<Tensor> inputs = new ArrayList<>(bias ? List.of(x, scale, shift) : List.of(x, scale));
            if (residual) {
                inputs.add(added);
            }
            Tensor found = run(spec, DType.FLOAT32, x.shape(), random, inputs.toArray(Tensor[]::new));
            Tensor expected = Tensor.allocate(DType.FLOAT32, x.shape());
            for (int r = 0; r < rows; r++) {
                double[] line = line(x, new int[] {rows, length, 1}, r);
                for (int p = 0; p < length && residual; p++) {
                    line[p] = (float) line[p] + added.getFloat((long) r * length + p);
                }
                double mean = Arrays.stream(line).average().orElseThrow();
                double variance = Arrays.stream(line).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
                for (int p = 0; p < length; p++) {
                    double value =
                            (line[p] - mean) / Math.sqrt(variance + epsilon) * scale.getDouble(p)
                                    + (bias ? shift.getDouble(p) : 0);
                    expected.setFloat((long) r * length + p, (float) value);
                }
            }
            assertClose(spec.toString(), expected, found, 5e-7, 1);
        }
    }

    private static ConvGeometry window(Random random) {
        int channels = 1 + random.nextInt(4);
        int kernelHeight = 1 + random.nextInt(4);
        int kernelWidth = 1 + random.nextInt(4);
        return new ConvGeometry(
                1 + random.nextInt(2),
                channels,
                channels,
                1 + random.nextInt(12),
                1 + random.nextInt(40),
                channels,
                1 + random.nextInt(10),
                1 + random.nextInt(30),
                kernelHeight,
                kernelWidth,
                1 + random.nextInt(2),
                1 + random.nextInt(3),
                random.nextInt(3),
                random.nextInt(3),
                1 + random.nextInt(2),
                1 + random.nextInt(2),
                random.nextBoolean() ? Layout.CHANNELS_FIRST : Layout.CHANNELS_LAST);
    }

    /// The elements inside the input that output element `i` pools.
    private static double[] cells(Tensor x, ConvGeometry g, int i) {
        int channel = ProductReference.outputChannel(g, i);
        int pixel = g.isChannelsLast() ? i / g.outChannels() : i;
        int row = pixel / g.outWidth() % g.outHeight() * g.strideHeight() - g.padTop();
        int column = pixel % g.outWidth() * g.strideWidth() - g.padLeft();
        int image = i / g.outPixels() / g.outChannels();
        List<Double> cells = new ArrayList<>();
        for (int kh = 0; kh < g.kernelHeight(); kh++) {
            for (int kw = 0; kw < g.kernelWidth(); kw++) {
                int r = row + kh * g.dilationHeight();
                int c = column + kw * g.dilationWidth();
                if (r >= 0 && c >= 0 && r < g.inHeight() && c < g.inWidth()) {
                    cells.add(x.getDouble(g.inputIndex(image, channel, r, c)));
                }
            }
        }
        return cells.stream().mapToDouble(v -> v).toArray();
    }

    @ParameterizedTest
    @EnumSource(PoolFunction.class)
    void pool(PoolFunction function) {
        Random random = new Random(function.ordinal());
        for (int i = 0; i < 30; i++) {
            ConvGeometry g = window(random);
            boolean include = random.nextBoolean();
            int p = 1 + random.nextInt(3);
            Tensor x = floats(random, g.inputElements());
            KernelSpec spec = new KernelSpec.Pool(function, g, DType.FLOAT32, include, p);
            Tensor found = run(spec, DType.FLOAT32, Shape.of(g.outputElements()), random, x);
            Tensor expected = Tensor.allocate(DType.FLOAT32, found.shape());
            for (int e = 0; e < expected.elementCount(); e++) {
                double[] cells = cells(x, g, e);
                int divisor = include ? g.kernelHeight() * g.kernelWidth() : Math.max(1, cells.length);
                double value =
                        switch (function) {
                            case MAX -> Arrays.stream(cells).max().orElse(Double.NEGATIVE_INFINITY);
                            case AVERAGE -> Arrays.stream(cells).sum() / divisor;
                            case LP -> Math.pow(Arrays.stream(cells).map(v -> Math.pow(Math.abs(v), p)).sum(), 1.0 / p);
                        };
                expected.setFloat(e, (float) value);
            }
            assertClose(i + " " + spec, expected, found, 1e-6, 1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"INT8", "UINT8"})
    void maxPoolOfBytes(DType dtype) {
        Random random = new Random(dtype.ordinal());
        for (int i = 0; i < 30; i++) {
            ConvGeometry g = window(random);
            Tensor x = bytes(random, dtype, g.inputElements());
            KernelSpec spec = new KernelSpec.Pool(PoolFunction.MAX, g, dtype, false, 0);
            Tensor found = run(spec, dtype, Shape.of(g.outputElements()), random, x);
            Tensor expected = Tensor.allocate(dtype, found.shape());
            for (int e = 0; e < expected.elementCount(); e++) {
                expected.setLong(e, (long) Arrays.stream(cells(x, g, e)).max().orElse(dtype.minValue()));
            }
            assertEqual(i + " " + spec, expected, found);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 1", "49, 1", "1024, 1", "2500, 1", "1, 3", "49, 32", "64, 257", "1000, 30"})
    void globalAveragePool(int pixels, int inner) {
        Random random = new Random(pixels + inner);
        int outer = 1 + random.nextInt(200 / inner + 1);
        Tensor x = floats(random, outer, pixels, inner);
        KernelSpec spec = new KernelSpec.GlobalAveragePool(outer, pixels, inner, null, null);
        Tensor found = run(spec, DType.FLOAT32, Shape.of(outer, inner), random, x);
        Tensor expected = Tensor.allocate(DType.FLOAT32, Shape.of(outer, inner));
        for (int r = 0; r < outer * inner; r++) {
            expected.setFloat(
                    r, (float) Arrays.stream(line(x, new int[] {outer, pixels, inner}, r)).average().orElseThrow());
        }
        assertClose(spec.toString(), expected, found, 2e-7, 1e-3);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 1", "49, 1", "1024, 1", "2500, 1", "1, 3", "49, 32", "64, 257", "1000, 30"})
    void quantizedGlobalAveragePool(int pixels, int inner) {
        Random random = new Random(pixels + inner);
        for (int i = 0; i < 6; i++) {
            int outer = 1 + random.nextInt(60 / inner + 1);
            DType in = byteType(random);
            DType out = byteType(random);
            var input = new KernelSpec.Encoding(in, 0.02f + random.nextFloat(), zeroPoint(random, in));
            var output = new KernelSpec.Encoding(out, 0.02f + random.nextFloat(), zeroPoint(random, out));
            Tensor x = bytes(random, in, outer, pixels, inner);
            KernelSpec spec = new KernelSpec.GlobalAveragePool(outer, pixels, inner, input, output);
            Tensor found = run(spec, out, Shape.of(outer, inner), random, x);
            Tensor expected = Tensor.allocate(out, Shape.of(outer, inner));
            float multiplier = input.scale() / (output.scale() * pixels);
            for (int r = 0; r < outer * inner; r++) {
                double sum = Arrays.stream(line(x, new int[] {outer, pixels, inner}, r)).sum();
                float steps = (float) (int) (sum - (double) pixels * input.zeroPoint()) * multiplier;
                expected.setLong(r, ProductReference.round(steps, output.zeroPoint(), out));
            }
            assertEqual(spec.toString(), expected, found);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void transpose(int elementBytes) {
        Random random = new Random(elementBytes);
        DType dtype =
                List.of(DType.INT8, DType.INT16, DType.INT32, DType.INT64)
                        .get(Integer.numberOfTrailingZeros(elementBytes));
        for (int i = 0; i < 40; i++) {
            int rank = random.nextInt(5);
            long[] dims = random.longs(rank, 1, rank > 3 ? 12 : 70).toArray();
            List<Integer> axes = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
            Collections.shuffle(axes, random);
            int[] perm = axes.stream().mapToInt(a -> a).toArray();
            Tensor x = Tensor.allocate(dtype, Shape.of(dims));
            for (long e = 0; e < x.elementCount(); e++) {
                x.setLong(e, random.nextLong());
            }
            long[] outDims = Arrays.stream(perm).mapToLong(a -> dims[a]).toArray();
            KernelSpec spec = new KernelSpec.Transpose(Shape.of(dims), perm, elementBytes);
            Tensor found = run(spec, dtype, Shape.of(outDims), random, x);
            Tensor expected = Tensor.allocate(dtype, Shape.of(outDims));
            long[] strides = Shape.of(dims).strides();
            for (long e = 0; e < expected.elementCount(); e++) {
                long rest = e;
                long at = 0;
                for (int axis = rank - 1; axis >= 0; axis--) {
                    at += rest % outDims[axis] * strides[perm[axis]];
                    rest /= outDims[axis];
                }
                expected.setLong(e, x.getLong(at));
            }
            assertEqual(i + " " + spec, expected, found);
        }
    }

    /// Operands beside each other, and every piece twice.
    @Test
    void copies() {
        Random random = new Random(5);
        for (int i = 0; i < 60; i++) {
            int a = 1 + random.nextInt(90);
            int b = 1 + random.nextInt(i % 4 == 0 ? 90 : 9);
            int rows = 1 + random.nextInt(i % 9 == 0 ? 4000 : 20);
            int row = a + 2 * b;
            List<CopySpec.Run> runs =
                    List.of(
                            new CopySpec.Run(0, 0, 0, a, rows, a, row),
                            new CopySpec.Run(1, 0, a, b, rows, b, row),
                            new CopySpec.Run(1, (rows - 1L) * b, (rows - 1L) * row + a + b, b, rows, -b, -row));
            CopySpec spec = new CopySpec(runs, List.of((long) rows * a, (long) rows * b), (long) rows * row);
            Tensor x = Tensor.allocate(DType.INT8, Shape.of(rows, a));
            Tensor y = Tensor.allocate(DType.INT8, Shape.of(rows, b));
            Tensor expected = Tensor.allocate(DType.INT8, Shape.of(rows, row));
            for (int r = 0; r < rows; r++) {
                for (int j = 0; j < a + b; j++) {
                    int value = (byte) random.nextInt();
                    boolean first = j < a;
                    (first ? x : y).setLong(first ? r * a + j : r * b + j - a, value);
                    expected.setLong(r * row + j, value);
                    if (!first) {
                        expected.setLong(r * row + j + b, value);
                    }
                }
            }
            assertEqual(spec.toString(), expected, run(spec, DType.INT8, expected.shape(), random, x, y));
        }
    }

    @Test
    void transposedMatrices() {
        Random random = new Random(3);
        for (int rows = 1; rows <= 21; rows++) {
            for (int columns = 1; columns <= 21; columns++) {
                transposedMatrix(2, rows, columns, random);
            }
        }
        // Several tiles.
        transposedMatrix(1, 3, 20_011, random);
        transposedMatrix(1, 20_011, 3, random);
        transposedMatrix(3, 130, 301, random);
    }

    private void transposedMatrix(int batch, int rows, int columns, Random random) {
        KernelSpec spec = new KernelSpec.Transpose(Shape.of(batch, rows, columns), new int[] {0, 2, 1}, 4);
        Tensor x = Tensor.allocate(DType.INT32, Shape.of(batch, rows, columns));
        Tensor expected = Tensor.allocate(DType.INT32, Shape.of(batch, columns, rows));
        for (int b = 0; b < batch; b++) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    int value = random.nextInt();
                    x.setLong((b * rows + i) * columns + j, value);
                    expected.setLong((b * columns + j) * rows + i, value);
                }
            }
        }
        assertEqual(spec.toString(), expected, run(spec, DType.INT32, expected.shape(), random, x));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void convTranspose(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 25; i++) {
            ConvGeometry w = window(random);
            int groups = 1 + random.nextInt(3);
            ConvGeometry g =
                    new ConvGeometry(
                            w.batch(),
                            groups,
                            groups * (1 + random.nextInt(5)),
                            1 + random.nextInt(60),
                            1 + random.nextInt(60),
                            groups * (1 + random.nextInt(20)),
                            w.outHeight(),
                            w.outWidth(),
                            w.kernelHeight(),
                            w.kernelWidth(),
                            w.strideHeight(),
                            w.strideWidth(),
                            w.padTop(),
                            w.padLeft(),
                            w.dilationHeight(),
                            w.dilationWidth(),
                            w.layout());
            Tensor x = floats(random, g.outputElements());
            Tensor weights = floats(random, (long) g.outChannels() * g.reductionLength());
            Tensor bias = random.nextBoolean() ? floats(random, g.inChannels()) : null;
            Epilogue epilogue = i % 2 == 0 ? Epilogue.NONE : new Epilogue(UnaryFunction.RELU, 0, 0);
            KernelSpec spec = new KernelSpec.ConvTranspose(g, weights, bias, epilogue);
            Tensor found = run(spec, DType.FLOAT32, Shape.of(g.inputElements()), random, x);
            double[] sums = ProductReference.convTranspose(g, ProductReference.doubles(x), weights);
            Tensor expected = Tensor.allocate(DType.FLOAT32, found.shape());
            for (int e = 0; e < sums.length; e++) {
                int c = (g.isChannelsLast() ? e : e / g.inPixels()) % g.inChannels();
                expected.setFloat(
                        e, epilogue.toFunction().apply((float) (sums[e] + (bias == null ? 0 : bias.getDouble(c)))));
            }
            assertClose(seed + "/" + i + " " + spec, expected, found, 1e-5, 1);
        }
    }
}
