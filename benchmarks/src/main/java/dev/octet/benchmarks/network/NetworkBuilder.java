package dev.octet.benchmarks.network;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Layers with seeded random weights, drawn so that activations neither die nor grow: He's initialization, and
/// normalizations of about the variance that it gives.
final class NetworkBuilder {
    /// What every runtime that we compare with reads.
    private static final int OPSET = 17;

    final GraphBuilder graph;
    private final RandomGenerator random;

    NetworkBuilder(String name, long seed) {
        graph = new GraphBuilder(name).opset("", OPSET);
        random = RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(seed);
    }

    String input(String name, long... dims) {
        return graph.input(name, DType.FLOAT32, PartialShape.of(dims));
    }

    Graph build(String output) {
        return graph.output(output).build();
    }

    /// Convolution with padding that keeps the extents where the stride is 1, and batch normalization.
    ///
    /// @param gain factor of the normalization
    String convBn(String x, int in, int out, int kernel, int stride, int groups, double gain) {
        int pad = kernel / 2;
        Window window = Window.of(kernel, kernel).withStrides(stride, stride).withPads(pad, pad, pad, pad);
        double deviation = Math.sqrt(2.0 * groups / (in * kernel * kernel));
        String y = graph.add(new Conv(window, groups), x, normal(deviation, out, in / groups, kernel, kernel));
        return graph.add(
                new BatchNormalization(1e-5f),
                y,
                uniform(0.8 * gain, 1.2 * gain, out),
                normal(0.1, out),
                normal(0.1, out),
                uniform(0.8, 1.2, out));
    }

    String relu(String x) {
        return graph.add(Unary.of(UnaryFunction.RELU), x);
    }

    String add(String a, String b) {
        return graph.add(new Binary(BinaryFunction.ADD), a, b);
    }

    /// Mean of each channel, then a classifier.
    String classifier(String x, int in, int classes) {
        String features = graph.add(new Flatten(1), graph.add(new GlobalPool(PoolFunction.AVERAGE), x));
        return linear(features, in, classes);
    }

    String linear(String x, int in, int out) {
        return graph.add(new Gemm(1, 1, false, true), x, normal(Math.sqrt(2.0 / in), out, in), normal(0.1, out));
    }

    String constant(Tensor tensor) {
        return graph.freshConstant("weights", tensor);
    }

    String normal(double deviation, long... dims) {
        return constant(drawn(deviation, dims));
    }

    Tensor drawn(double deviation, long... dims) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, (float) (deviation * random.nextGaussian()));
        }
        return tensor;
    }

    private String uniform(double from, double to, long... dims) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, (float) random.nextDouble(from, to));
        }
        return constant(tensor);
    }
}
