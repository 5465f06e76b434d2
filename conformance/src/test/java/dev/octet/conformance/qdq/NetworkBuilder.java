package dev.octet.conformance.qdq;

import dev.octet.conformance.qdq.Network.Agreement;
import dev.octet.conformance.qdq.Network.Layer;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Writes a quantized network as ONNX Runtime's quantizer does: QuantizeLinear and DequantizeLinear around every
/// operator, weights as INT8 per channel, biases as INT32 in steps of the sums. Scales come from what the values really
/// are, since the network is computed while it is built.
final class NetworkBuilder {
    /// A quantized value.
    ///
    /// @param integers name of the quantized value
    /// @param real what it stands for
    record Value(String integers, String scale, String zeroPoint, float step, Tensor real) {
        Shape shape() {
            return real.shape();
        }
    }

    /// How numbers are chosen.
    ///
    /// @param activation 8-bit type of all activations
    /// @param symmetric whether their zero point is 0
    /// @param activationLevels largest number of steps from end to end, 255 or 127
    /// @param weightLevels largest weight, 127 or 63
    record Style(DType activation, boolean symmetric, int activationLevels, int weightLevels) {}

    final Generator g;
    final Style style;
    private final GraphBuilder builder = new GraphBuilder("quantized");
    private final List<Layer> layers = new ArrayList<>();
    private final Tensor input;

    NetworkBuilder(Generator g, Style style, Tensor input) {
        this.g = g;
        this.style = style;
        this.input = input;
        builder.opset("", g.oneOf(List.of(13, 14, 17, 19, 21)));
        builder.input("x", DType.FLOAT32, PartialShape.of(input.shape()));
    }

    Value start() {
        return quantize("x", input);
    }

    /// Name of the float behind a value: one more DequantizeLinear, since ONNX Runtime wants one for every reader.
    String dequantize(Value value) {
        return builder.add(new DequantizeLinear(), value.integers, value.scale, value.zeroPoint);
    }

    /// INT8 weights with a scale for each entry of an axis, dequantized.
    Weights weights(Tensor real, int axis) {
        int channels = (int) real.shape().dim(axis);
        float[] scales = new float[channels];
        long inner = real.shape().product(axis + 1, real.shape().rank());
        for (long i = 0; i < real.elementCount(); i++) {
            int channel = (int) (i / inner % channels);
            scales[channel] = Math.max(scales[channel], Math.abs(real.getFloat(i)) / style.weightLevels);
        }
        Tensor scale = Tensor.of(Shape.of(channels), scales);
        Tensor zero = Tensor.allocate(DType.INT8, scale.shape());
        Tensor integers = once(new QuantizeLinear(axis, 0, null), real, scale, zero);
        DequantizeLinear op = new DequantizeLinear(axis, 0);
        String name =
                builder.add(op, constant("w", integers), constant("w_scale", scale), constant("w_zero_point", zero));
        return new Weights(name, scales, once(op, integers, scale, zero));
    }

    record Weights(String name, float[] scales, Tensor real) {}

    /// An INT32 bias in steps of the sums of an activation and weights.
    Bias bias(Value x, Weights w) {
        int channels = w.scales.length;
        Tensor scale = Tensor.allocate(DType.FLOAT32, Shape.of(channels));
        IntStream.range(0, channels).forEach(i -> scale.setFloat(i, x.step * w.scales[i]));
        Tensor integers = g.integers(DType.INT32, Shape.of(channels), -3000, 3000);
        Tensor zero = Tensor.allocate(DType.INT32, Shape.of(channels));
        DequantizeLinear op = new DequantizeLinear(0, 0);
        String name =
                builder.add(op, constant("b", integers), constant("b_scale", scale), constant("b_zero_point", zero));
        return new Bias(name, once(op, integers, scale, zero));
    }

    record Bias(String name, Tensor real) {}

    String constant(String base, Tensor tensor) {
        return builder.freshConstant(base, tensor);
    }

    /// A float operation that is not yet quantized: its name and what it computes.
    record Real(String name, Tensor tensor) {}

    /// An operation on values and constants; `names` and `tensors` are its operands.
    Real apply(Op op, List<String> names, List<Tensor> tensors) {
        return new Real(builder.add(op, names.toArray(String[]::new)), once(op, tensors.toArray(Tensor[]::new)));
    }

    Real apply(Op op, Value... operands) {
        return apply(
                op, Stream.of(operands).map(this::dequantize).toList(), Stream.of(operands).map(Value::real).toList());
    }

    Real applyResize(Op resize, Value x, Tensor scales) {
        String name = builder.add(resize, dequantize(x), "", constant("scales", scales));
        Tensor none = Tensor.allocate(DType.FLOAT32, Shape.of(0));
        return new Real(name, once(resize, x.real, none, scales));
    }

    Real apply(Op op, Real x) {
        return apply(op, List.of(x.name), List.of(x.tensor));
    }

    /// Quantizes a layer's result with parameters of its own.
    Value layer(String operator, Real result, Agreement agreement) {
        Value value = quantize(result.name, result.tensor);
        layers.add(new Layer(operator, value.integers, agreement));
        return value;
    }

    /// Quantizes a result with the parameters of the operand, as operators that move elements have it.
    Value layerLike(String operator, Real result, Value like) {
        Value value = quantize(result, like.scale, like.zeroPoint, like.step);
        layers.add(new Layer(operator, value.integers, Agreement.SAME_IF_WATCHED));
        return value;
    }

    private Value quantize(String name, Tensor real) {
        float low = 0;
        float high = 0;
        for (long i = 0; i < real.elementCount(); i++) {
            low = Math.min(low, real.getFloat(i));
            high = Math.max(high, real.getFloat(i));
        }
        // A range that cuts a little makes values saturate; a reduced one has room above, where they would not.
        float cut = style.activationLevels < 255 || g.flip() ? 1 : g.uniform(0.7f, 1);
        boolean signed = style.activation == DType.INT8;
        int qmin = signed ? -(style.activationLevels + 1) / 2 : 0;
        int qmax = qmin + style.activationLevels;
        float step;
        int zeroPoint;
        if (style.symmetric) {
            step = Math.max(-low, high) * cut / ((style.activationLevels - 1) / 2);
            zeroPoint = (qmin + qmax + 1) / 2;
        } else {
            step = (high - low) * cut / style.activationLevels;
            zeroPoint = step == 0 ? qmin : Math.clamp((int) Math.rint(qmin - low * cut / step), qmin, qmax);
        }
        // Where all is nearly zero, ONNX Runtime refuses the ratio of the scales.
        step = Math.max(step, 0.005f);
        Tensor zero = Tensor.scalar(style.activation, zeroPoint);
        return quantize(
                new Real(name, real), constant("scale", Tensor.scalar(step)), constant("zero_point", zero), step);
    }

    private Value quantize(Real real, String scale, String zeroPoint, float step) {
        Tensor zero = builder.build().constant(zeroPoint).orElseThrow();
        Tensor scaleTensor = Tensor.scalar(step);
        Tensor integers = once(new QuantizeLinear(), real.tensor, scaleTensor, zero);
        String name = builder.add(new QuantizeLinear(), real.name, scale, zeroPoint);
        return new Value(name, scale, zeroPoint, step, once(new DequantizeLinear(), integers, scaleTensor, zero));
    }

    Network build() {
        // What an early step of difference becomes further on has no bound to compare with.
        boolean watched = g.flip() || !layers.stream().allMatch(l -> l.agreement() == Agreement.SAME);
        for (Layer layer : watched ? layers : List.of(layers.getLast())) {
            builder.output(new ValueInfo(layer.value(), new TypeInfo(style.activation, null)));
        }
        return new Network(builder.build(), Map.of("x", input), List.copyOf(layers), watched);
    }

    /// What one operator computes, by its reference.
    private static Tensor once(Op op, Tensor... operands) {
        GraphBuilder b = new GraphBuilder("once");
        String[] names =
                IntStream.range(0, operands.length)
                        .mapToObj(i -> b.freshConstant("c", operands[i]))
                        .toArray(String[]::new);
        b.add(new Node("node", op, List.of(names), List.of("y")));
        b.output("y");
        Graph graph = b.build();
        return ReferenceInterpreter.run(graph, Map.of()).get("y");
    }
}
