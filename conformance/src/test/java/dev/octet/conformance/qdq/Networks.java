package dev.octet.conformance.qdq;

import dev.octet.conformance.qdq.Network.Agreement;
import dev.octet.conformance.qdq.NetworkBuilder.Bias;
import dev.octet.conformance.qdq.NetworkBuilder.Real;
import dev.octet.conformance.qdq.NetworkBuilder.Style;
import dev.octet.conformance.qdq.NetworkBuilder.Value;
import dev.octet.conformance.qdq.NetworkBuilder.Weights;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Draws networks of two to six layers.
final class Networks {
    private static final List<UnaryFunction> TABLES =
            List.of(
                    UnaryFunction.SIGMOID,
                    UnaryFunction.LEAKY_RELU,
                    UnaryFunction.TANH,
                    UnaryFunction.HARD_SWISH,
                    UnaryFunction.HARD_SIGMOID,
                    UnaryFunction.ELU);

    private final Generator g;
    private final NetworkBuilder b;
    private final List<Value> values = new ArrayList<>();

    private Networks(Generator g, Style style, Tensor input) {
        this.g = g;
        b = new NetworkBuilder(g, style, input);
        values.add(b.start());
    }

    /// A network whose integer products cannot saturate in ONNX Runtime's kernels, which add two of them in 16 bits:
    /// with weights of 7 bits, or activations of 7 bits without a sign (those with one are shifted to 8 bits first).
    static Network exact(Generator g) {
        DType type = g.flip() ? DType.UINT8 : DType.INT8;
        boolean narrowWeights = type == DType.INT8 || g.flip();
        Style style = style(g, type, narrowWeights ? 255 : 127, narrowWeights ? 63 : 127);
        return g.integer(0, 2) == 0 ? sequence(g, style) : image(g, style);
    }

    /// A convolutional network over the full range of 8-bit numbers. Told to be exact, ONNX Runtime makes weights
    /// unsigned: it has no kernel that multiplies these with signed activations, and leaves out the weights of matrix
    /// products that have a scale for each column.
    static Network full(Generator g) {
        return image(g, style(g, DType.UINT8, 255, 127));
    }

    private static Style style(Generator g, DType type, int activationLevels, int weightLevels) {
        return new Style(type, type == DType.INT8 && g.integer(0, 2) == 0, activationLevels, weightLevels);
    }

    private Value last() {
        return values.getLast();
    }

    private static Network image(Generator g, Style style) {
        Tensor x = g.normals(Shape.of(g.integer(1, 2), g.integer(1, 9), g.integer(4, 12), g.integer(4, 12)), 0.2f, 1);
        Networks n = new Networks(g, style, x);
        n.conv();
        for (int i = g.integer(1, 5); i > 0; i--) {
            n.imageLayer();
        }
        if (g.integer(0, 3) == 0) {
            n.pooledHead();
        }
        return n.b.build();
    }

    private void imageLayer() {
        switch (g.integer(0, 9)) {
            case 0, 1, 2 -> conv();
            case 3 -> depthwise();
            case 4 -> binary(g.flip() ? BinaryFunction.ADD : BinaryFunction.MUL);
            case 5 -> gate();
            case 6 -> concat();
            case 7 -> pool();
            case 8 -> resize();
            default -> function();
        }
    }

    private static Network sequence(Generator g, Style style) {
        Networks n =
                new Networks(
                        g, style, g.normals(Shape.of(g.integer(1, 2), g.integer(1, 7), g.integer(2, 40)), 0.1f, 1));
        n.matMul();
        for (int i = g.integer(1, 5); i > 0; i--) {
            switch (g.integer(0, 5)) {
                case 0, 1, 2 -> n.matMul();
                case 3 -> n.binary(g.flip() ? BinaryFunction.ADD : BinaryFunction.MUL);
                case 4 -> n.attention();
                default -> n.function();
            }
        }
        return n.b.build();
    }

    private void conv() {
        Value x = last();
        int channels = g.integer(0, 3) == 0 ? g.integer(16, 33) : g.integer(1, 9);
        int kernel = (int) Math.min(g.oneOf(List.of(1, 3, 3)), Math.min(x.shape().dim(2), x.shape().dim(3)) + 1);
        int pad = kernel / 2;
        convolve(x, channels, (int) x.shape().dim(1), 1, kernel, pad, g.integer(1, 4) == 1 ? 2 : 1);
    }

    private void depthwise() {
        Value x = last();
        int channels = (int) x.shape().dim(1);
        convolve(x, channels, 1, channels, 3, 1, 1);
    }

    private void convolve(Value x, int channels, int depth, int group, int kernel, int pad, int stride) {
        Weights w = b.weights(g.normals(Shape.of(channels, depth, kernel, kernel), 0, 0.3f), 0);
        Window window = Window.of(kernel, kernel).withPads(pad, pad, pad, pad).withStrides(stride, stride);
        List<String> names = new ArrayList<>(List.of(b.dequantize(x), w.name()));
        List<Tensor> tensors = new ArrayList<>(List.of(x.real(), w.real()));
        if (g.integer(0, 3) > 0) {
            Bias bias = b.bias(x, w);
            names.add(bias.name());
            tensors.add(bias.real());
        }
        Real y = b.apply(new Conv(window, group), names, tensors);
        values.add(withActivation("Conv", y));
    }

    /// ONNX Runtime drops a ReLU whose work the quantizer does; any other activation keeps the product in float there.
    private Value withActivation(String operator, Real y) {
        return switch (g.integer(0, 3)) {
            case 0 -> rectified(operator, y);
            case 1 -> {
                UnaryFunction function =
                        g.oneOf(List.of(UnaryFunction.HARD_SWISH, UnaryFunction.LEAKY_RELU, UnaryFunction.SIGMOID));
                yield b.layer(operator + " + " + function.type(), b.apply(Unary.of(function), y), Agreement.NEAR);
            }
            default -> b.layer(operator, y, Agreement.SAME);
        };
    }

    private Value rectified(String operator, Real y) {
        Agreement agreement = b.style.symmetric() ? Agreement.NEAR : Agreement.SAME_IF_WATCHED;
        return b.layer(operator + " + Relu", b.apply(Unary.of(UnaryFunction.RELU), y), agreement);
    }

    private void binary(BinaryFunction function) {
        Value x = last();
        List<Value> fitting = values.stream().filter(v -> v.shape().equals(x.shape())).toList();
        Real y = b.apply(new Binary(function), x, g.oneOf(fitting));
        values.add(
                g.integer(0, 3) == 0
                        ? rectified(function.type(), y)
                        : b.layer(function.type(), y, Agreement.SAME_IF_WATCHED));
    }

    /// Squeeze and excitation: channels scaled by a function of their means.
    private void gate() {
        Value x = last();
        Value mean = b.layer("GlobalAveragePool", b.apply(new GlobalPool(PoolFunction.AVERAGE), x), Agreement.SAME);
        Value gate = b.layer("Sigmoid", b.apply(Unary.of(UnaryFunction.SIGMOID), mean), Agreement.SAME);
        values.add(b.layer("Mul", b.apply(new Binary(BinaryFunction.MUL), x, gate), Agreement.SAME_IF_WATCHED));
    }

    private void concat() {
        Value x = last();
        List<Value> fitting =
                new ArrayList<>(
                        values.stream()
                                .filter(v -> v.shape().rank() == 4 && v.shape().with(1, 1).equals(x.shape().with(1, 1)))
                                .toList());
        Collections.reverse(fitting);
        Value[] parts = fitting.stream().limit(3).toArray(Value[]::new);
        values.add(b.layer("Concat", b.apply(new Concat(1), parts), Agreement.SAME));
    }

    private void pool() {
        Value x = last();
        Window window = Window.of(2, 2).withPads(0, 0, 1, 1).withStrides(g.integer(1, 2), 1);
        if (g.flip()) {
            Pool op = new Pool(PoolFunction.MAX, window, false, false, false, 2);
            values.add(b.layerLike("MaxPool", b.apply(op, x), x));
        } else {
            Pool op = new Pool(PoolFunction.AVERAGE, window, false, g.flip(), false, 2);
            values.add(b.layer("AveragePool", b.apply(op, x), Agreement.NEAR));
        }
    }

    private void resize() {
        Value x = last();
        if (x.shape().elementCount() > 4000) {
            function();
            return;
        }
        Resize op =
                new Resize(
                        Resize.ResizeMode.NEAREST,
                        Resize.CoordinateTransformation.ASYMMETRIC,
                        Resize.NearestMode.FLOOR,
                        -0.75f,
                        false,
                        0,
                        false,
                        List.of(),
                        Resize.AspectPolicy.STRETCH);
        Tensor scales = Tensor.of(Shape.of(4), 1f, 1f, 2f, 2f);
        Real y = b.applyResize(op, x, scales);
        values.add(b.layerLike("Resize", y, x));
    }

    private void function() {
        UnaryFunction function = g.oneOf(TABLES);
        boolean integers = function == UnaryFunction.SIGMOID || function == UnaryFunction.LEAKY_RELU;
        Agreement agreement = integers ? Agreement.SAME : Agreement.NEAR;
        values.add(b.layer(function.type(), b.apply(Unary.of(function), last()), agreement));
    }

    private void pooledHead() {
        Value pooled =
                b.layer("GlobalAveragePool", b.apply(new GlobalPool(PoolFunction.AVERAGE), last()), Agreement.SAME);
        Value x = b.layerLike("Flatten", b.apply(new Flatten(1), pooled), pooled);
        Weights w = b.weights(g.normals(Shape.of(g.integer(1, 20), x.shape().dim(1)), 0, 0.3f), 0);
        Bias bias = b.bias(x, w);
        Real y =
                b.apply(
                        new Gemm(1, 1, false, true),
                        List.of(b.dequantize(x), w.name(), bias.name()),
                        List.of(x.real(), w.real(), bias.real()));
        values.add(b.layer("Gemm", y, Agreement.SAME));
    }

    private void matMul() {
        Value x = last();
        Weights w = b.weights(g.normals(Shape.of(x.shape().dim(-1), g.integer(1, 40)), 0, 0.3f), 1);
        Real y = b.apply(new MatMul(), List.of(b.dequantize(x), w.name()), List.of(x.real(), w.real()));
        values.add(b.layer("MatMul", y, Agreement.SAME));
    }

    /// The products of all rows with each other: two activations multiplied.
    private void attention() {
        Value x = last();
        Value transposed = b.layerLike("Transpose", b.apply(new Transpose(List.of(0L, 2L, 1L)), x), x);
        values.add(b.layer("MatMul (activations)", b.apply(new MatMul(), x, transposed), Agreement.SAME));
    }
}
