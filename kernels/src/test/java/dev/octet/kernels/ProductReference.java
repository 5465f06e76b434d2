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
        int perGroupIn = g.inChannels() / g.groups();
        int perGroupOut = g.outChannels() / g.groups();
        for (int i = 0; i < outputs; i++) {
            int column = i % g.outWidth();
            int row = i / g.outWidth() % g.outHeight();
            int channel = i / g.outPixels() % g.outChannels();
            int image = i / g.outPixels() / g.outChannels();
            for (int c = 0; c < perGroupIn; c++) {
                int plane = image * g.inChannels() + channel / perGroupOut * perGroupIn + c;
                for (int kh = 0; kh < g.kernelHeight(); kh++) {
                    for (int kw = 0; kw < g.kernelWidth(); kw++) {
                        int ih = row * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
                        int iw = column * g.strideWidth() - g.padLeft() + kw * g.dilationWidth();
                        if (ih < 0 || iw < 0 || ih >= g.inHeight() || iw >= g.inWidth()) {
                            continue;
                        }
                        double product =
                                x[(plane * g.inHeight() + ih) * g.inWidth() + iw]
                                        * w[
                                                ((channel * perGroupIn + c) * g.kernelHeight() + kh) * g.kernelWidth()
                                                        + kw];
                        sums[i] += product;
                        magnitudes[i] += Math.abs(product);
                    }
                }
            }
        }
        return new Sums(sums, magnitudes);
    }

    /// What the forward convolution's definition gives when each product goes the other way.
    static double[] convTranspose(ConvGeometry g, double[] x, Tensor weights) {
        double[] sums = new double[(int) g.inputElements()];
        int perGroupIn = g.inChannels() / g.groups();
        int perGroupOut = g.outChannels() / g.groups();
        for (int i = 0; i < x.length; i++) {
            int channel = i / g.outPixels() % g.outChannels();
            int image = i / g.outPixels() / g.outChannels();
            for (int p = 0; p < g.reductionLength(); p++) {
                int kw = p % g.kernelWidth();
                int kh = p / g.kernelWidth() % g.kernelHeight();
                int c = channel / perGroupOut * perGroupIn + p / g.kernelWidth() / g.kernelHeight();
                int ih = i / g.outWidth() % g.outHeight() * g.strideHeight() - g.padTop() + kh * g.dilationHeight();
                int iw = i % g.outWidth() * g.strideWidth() - g.padLeft() + kw * g.dilationWidth();
                if (ih >= 0 && iw >= 0 && ih < g.inHeight() && iw < g.inWidth()) {
                    sums[((image * g.inChannels() + c) * g.inHeight() + ih) * g.inWidth() + iw] +=
                            x[i] * weights.getDouble((long) channel * g.reductionLength() + p);
                }
            }
        }
        return sums;
    }

    static Sums matMul(MatMulGeometry g, double[] a, double[] b) {
        int count = (int) g.elementsC();
        double[] sums = new double[count];
        double[] magnitudes = new double[count];
        for (int i = 0; i < count; i++) {
            int column = i % g.n();
            int row = i / g.n() % g.m();
            int batch = i / g.n() / g.m();
            for (int p = 0; p < g.k(); p++) {
                int left = g.transA() ? p * g.m() + row : row * g.k() + p;
                int right = g.transB() ? column * g.k() + p : p * g.n() + column;
                double product = a[(int) g.batchOffsetsA()[batch] + left] * b[(int) g.batchOffsetsB()[batch] + right];
                sums[i] += product;
                magnitudes[i] += Math.abs(product);
            }
        }
        return new Sums(sums, magnitudes);
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
                        result.setFloat(i, d.epilogue().apply(acc * KernelContract.at(d.scales(), c)));
                case OutputStage.Rescale r -> {
                    float real = acc * (inputScale * KernelContract.at(r.scales(), c));
                    result.setFloat(i, r.epilogue().apply(r.bias() == null ? real : real + r.bias()[c]));
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
                        : epilogue.apply((float) acc * scale) / r.outputScale();
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
