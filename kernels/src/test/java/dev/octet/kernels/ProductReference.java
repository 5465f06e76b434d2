package dev.octet.kernels;

import dev.octet.graph.op.Epilogue;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.function.IntUnaryOperator;

/// Products by their definitions, in double or long.
final class ProductReference {
    private ProductReference() {}

    /// Sums of products and of their magnitudes.
    record Sums(double[] sums, double[] magnitudes) {}

    /// The convolution of real-valued arrays.
    static Sums conv(ConvGeometry g, double[] x, double[] w) {
        int outputs = (int) g.outputElements();
        double[] sums = new double[outputs];
        double[] magnitudes = new double[outputs];
        for (int image = 0; image < g.batch(); image++) {
            for (int channel = 0; channel < g.outChannels(); channel++) {
                for (int pixel = 0; pixel < g.outPixels(); pixel++) {
                    int row = pixel / g.outWidth();
                    int column = pixel % g.outWidth();
                    int i = (int) g.outputIndex(image, channel, row, column);
                    for (int p = 0; p < g.reductionLength(); p++) {
                        int source = source(g, image, channel, row, column, p);
                        double product = source < 0 ? 0 : x[source] * w[channel * g.reductionLength() + p];
                        sums[i] += product;
                        magnitudes[i] += Math.abs(product);
                    }
                }
            }
        }
        return new Sums(sums, magnitudes);
    }

    /// Index of the input element that a weight meets, or -1 in the padding.
    private static int source(ConvGeometry g, int image, int channel, int row, int column, int p) {
        int kw = p % g.kernelWidth();
        int kh = p / g.kernelWidth() % g.kernelHeight();
        int perGroup = g.inChannels() / g.groups();
        int c = channel / (g.outChannels() / g.groups()) * perGroup + p / g.kernelWidth() / g.kernelHeight();
        int ih = row * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
        int iw = column * g.strideWidth() - g.padLeft() + kw * g.dilationWidth();
        boolean inside = ih >= 0 && iw >= 0 && ih < g.inHeight() && iw < g.inWidth();
        return inside ? (int) g.inputIndex(image, c, ih, iw) : -1;
    }

    /// Channel of an element of a convolution's output.
    static int outputChannel(ConvGeometry g, int element) {
        return (g.isChannelsLast() ? element : element / g.outPixels()) % g.outChannels();
    }

    /// What the forward convolution's definition gives when each product goes the other way.
    static double[] convTranspose(ConvGeometry g, double[] x, Tensor weights) {
        double[] sums = new double[(int) g.inputElements()];
        for (int image = 0; image < g.batch(); image++) {
            for (int channel = 0; channel < g.outChannels(); channel++) {
                for (int pixel = 0; pixel < g.outPixels(); pixel++) {
                    int row = pixel / g.outWidth();
                    int column = pixel % g.outWidth();
                    double value = x[(int) g.outputIndex(image, channel, row, column)];
                    for (int p = 0; p < g.reductionLength(); p++) {
                        int target = source(g, image, channel, row, column, p);
                        if (target >= 0) {
                            sums[target] += value * weights.getDouble((long) channel * g.reductionLength() + p);
                        }
                    }
                }
            }
        }
        return sums;
    }

    static Sums matMul(MatMulGeometry g, double[] a, double[] b) {
        double[] sums = new double[(int) g.elementsC()];
        double[] magnitudes = new double[sums.length];
        for (int batch = 0; batch < g.batches(); batch++) {
            for (int row = 0; row < g.m(); row++) {
                for (int column = 0; column < g.n(); column++) {
                    int i = (int) g.batchOffsetsC()[batch] + row * g.strideC() + column;
                    for (int p = 0; p < g.k(); p++) {
                        int left = g.transA() ? p * g.strideA() + row : row * g.strideA() + p;
                        int right = g.transB() ? column * g.strideB() + p : p * g.strideB() + column;
                        double product =
                                a[(int) g.batchOffsetsA()[batch] + left] * b[(int) g.batchOffsetsB()[batch] + right];
                        sums[i] += product;
                        magnitudes[i] += Math.abs(product);
                    }
                }
            }
        }
        return new Sums(sums, magnitudes);
    }

    /// Column of each element of B's operand; 0 between rows.
    static int[] columnsOfB(MatMulGeometry g) {
        int[] columns = new int[(int) g.elementsB()];
        for (long offset : g.batchOffsetsB()) {
            for (int p = 0; p < g.k(); p++) {
                for (int column = 0; column < g.n(); column++) {
                    int at = g.transB() ? column * g.strideB() + p : p * g.strideB() + column;
                    columns[(int) offset + at] = column;
                }
            }
        }
        return columns;
    }

    static double[] doubles(Tensor tensor) {
        double[] values = new double[(int) tensor.elementCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.getDouble(i);
        }
        return values;
    }

    /// The result of an output stage for whole sums.
    ///
    /// @param channelOf channel of an element
    /// @param inputScale what only [OutputStage.Rescale] reads
    static Tensor stage(OutputStage stage, double[] sums, IntUnaryOperator channelOf, int[] bias, float inputScale) {
        Tensor result = Tensor.allocate(stage.dtype(), Shape.of(sums.length));
        for (int i = 0; i < sums.length; i++) {
            int c = channelOf.applyAsInt(i);
            int acc = (int) ((long) sums[i] + (bias == null ? 0 : bias[c]));
            switch (stage) {
                case OutputStage.Accumulator _ -> result.setLong(i, acc);
                case OutputStage.Dequantize d ->
                        result.setFloat(i, d.epilogue().toFunction().apply(acc * KernelContract.at(d.scales(), c)));
                case OutputStage.Rescale r -> {
                    float real = acc * (inputScale * KernelContract.at(r.scales(), c));
                    result.setFloat(i, r.epilogue().toFunction().apply(r.bias() == null ? real : real + r.bias()[c]));
                }
                case OutputStage.Requantize r -> result.setLong(i, requantize(r, acc, c));
            }
        }
        return result;
    }

    private static long requantize(OutputStage.Requantize r, int acc, int c) {
        float scale = KernelContract.at(r.scales(), c);
        Epilogue epilogue = r.epilogue();
        float steps =
                epilogue.isNone()
                        ? (float) acc * (scale / r.outputScale())
                        : epilogue.toFunction().apply((float) acc * scale) / r.outputScale();
        return round(steps, r.zeroPoint(), r.dtype());
    }

    /// `clamp(rne(steps) + zeroPoint)`, NaN to the smallest.
    static long round(float steps, int zeroPoint, DType dtype) {
        if (Float.isNaN(steps)) {
            return dtype.minValue();
        }
        return (long) Math.max(dtype.minValue(), Math.min(dtype.maxValue(), Math.rint(steps) + zeroPoint));
    }
}
