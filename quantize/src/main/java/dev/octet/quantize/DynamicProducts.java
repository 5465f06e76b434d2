package dev.octet.quantize;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.quantize.spec.DynamicActivations;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes products of activations, which are quantized at run time, with weights, which are stored.
final class DynamicProducts {
    private static final float LARGEST_HALF = 65504;

    private final QdqBuilder builder;
    private final DynamicSpec dynamic;
    private final RunTimeQuantizer activations;
    private final Map<String, StoredWeight> stored = new HashMap<>();
    private final Map<String, String> halves = new HashMap<>();
    private final List<TensorDecision> weights = new ArrayList<>();
    private long floatBytes;
    private long quantizedBytes;

    /// Names of a weight's integers and what belongs to them.
    ///
    /// @param scales `[channels]`, or one number
    record StoredWeight(String integers, String scales, String zeroPoint) {}

    DynamicProducts(QdqBuilder builder, DynamicSpec dynamic) {
        this.builder = builder;
        this.dynamic = dynamic;
        activations = new RunTimeQuantizer(builder, dynamic.activations());
    }

    QdqBuilder builder() {
        return builder;
    }

    DynamicSpec spec() {
        return dynamic;
    }

    RunTimeQuantizer activations() {
        return activations;
    }

    long floatBytes() {
        return floatBytes;
    }

    long quantizedBytes() {
        return quantizedBytes;
    }

    /// Counts weights that something else has stored.
    void count(Tensor weights, Tensor integers, int scales) {
        count(weights, integers.byteSize() + scales * (Float.BYTES + 1L));
    }

    /// Likewise, in so many bytes.
    void count(Tensor weights, long bytes) {
        floatBytes += weights.byteSize();
        quantizedBytes += bytes;
    }

    /// How each tensor was quantized: activations, then weights.
    List<TensorDecision> tensors() {
        List<TensorDecision> all = new ArrayList<>(activations.decisions());
        all.addAll(weights);
        return all;
    }

    void decided(String name, String integers, String source, String reader) {
        weights.add(new TensorDecision(name, integers, source, "weights of " + reader));
    }

    /// Takes over what other products of the same graph, or of one inside it, have stored.
    void count(DynamicProducts others) {
        weights.addAll(others.tensors());
        floatBytes += others.floatBytes;
        quantizedBytes += others.quantizedBytes;
    }

    /// `y = x·W + bias`
    ///
    /// @param node whose rules count, and whose name the new nodes have
    /// @param name of the weights, which are stored once
    /// @param weights `[…, K, N]`
    /// @param bias name of a constant `[N]`; empty for none
    void write(Node node, String x, String name, Tensor weights, String bias, String y) {
        if (dynamic.activations() == DynamicActivations.FLOAT) {
            String product = bias.isEmpty() ? y : builder.freshName(y + "_product");
            addNode(node.name(), new MatMul(), List.of(x, half(node, name, weights)), product);
            addBias(node, product, bias, y);
            return;
        }
        write(node, activations.quantize(x), store(node, name, weights, weights.shape().rank() - 1), bias, y);
    }

    /// `y = a·b` of two activations.
    void writeActivations(Node node, String a, String b, String y) {
        RunTimeQuantizer.Quantized right = activations.quantizeRight(b);
        StoredWeight factor = new StoredWeight(right.integers(), right.scale(), right.zeroPoint());
        write(node, activations.quantize(a), factor, "", y);
    }

    private void write(Node node, RunTimeQuantizer.Quantized x, StoredWeight weight, String bias, String y) {
        String sums =
                add(
                        node.name() + "_quant",
                        new MatMulInteger(),
                        x.integers(),
                        weight.integers,
                        x.zeroPoint(),
                        weight.zeroPoint);
        String real = add(node.name() + "_cast", Cast.to(DType.FLOAT32), sums);
        scale(node, real, x, weight.scales, bias, y);
    }

    /// The sums in units of both scales, with the bias.
    void scale(Node node, String sums, RunTimeQuantizer.Quantized x, String scales, String bias, String y) {
        String factor = add(node.name() + "_scales", new Binary(BinaryFunction.MUL), x.scale(), scales);
        if (x.perRow()) {
            // ONNX Runtime takes a product with a Mul of scales for one whose first scale is one number, and applies
            // the first row's to all. It looks through no Sum, not even one of a single operand.
            factor = add(node.name() + "_row_scales", new Variadic(VariadicFunction.SUM), factor);
        }
        String product = bias.isEmpty() ? y : builder.freshName(y + "_scaled");
        addNode(node.name() + "_scale", new Binary(BinaryFunction.MUL), List.of(sums, factor), product);
        addBias(node, product, bias, y);
    }

    private void addBias(Node node, String product, String bias, String y) {
        if (!bias.isEmpty()) {
            addNode(node.name() + "_bias", new Binary(BinaryFunction.ADD), List.of(product, bias), y);
        }
    }

    /// Weights as FLOAT16, too large ones as the largest, and back in FLOAT32.
    String half(Node node, String name, Tensor weights) {
        return halves.computeIfAbsent(
                name + " " + weights.shape(),
                _ -> {
                    Tensor half = Tensor.allocate(DType.FLOAT16, weights.shape());
                    for (long i = 0; i < weights.elementCount(); i++) {
                        half.setFloat(i, Math.clamp(weights.getFloat(i), -LARGEST_HALF, LARGEST_HALF));
                    }
                    decided(name, "FLOAT16", "", node.toString());
                    floatBytes += weights.byteSize();
                    quantizedBytes += half.byteSize();
                    return add(name + "_Cast", Cast.to(DType.FLOAT32), builder.constant(name + "_float16", half));
                });
    }

    /// Weights in integers.
    ///
    /// @param node that multiplies by them
    /// @param name of the weights
    /// @param channelAxis -1 for one scale
    QuantizedConstant quantized(Node node, String name, TensorSpec weight, Tensor values, int channelAxis) {
        QuantizationSpec spec = dynamic.spec();
        int axis = weight.observer().perChannel() ? channelAxis : -1;
        decided(name, TensorDecisions.integers(weight.scheme(), axis), weight.observer().toString(), node.toString());
        return QuantizedConstant.of(values, QuantizedConstant.weightParams(values, weight, channelAxis, spec), spec);
    }

    StoredWeight store(Node node, String name, Tensor weights, int channelAxis) {
        return stored.computeIfAbsent(
                name + " " + weights.shape() + " " + channelAxis + " " + dynamic.spec().weight(node),
                _ -> {
                    QuantizedConstant constant =
                            quantized(node, name, dynamic.spec().weight(node), weights, channelAxis);
                    QdqBuilder.Scales scales = builder.scales(name, constant.params());
                    count(weights, constant.values(), constant.params().scales().length);
                    // ONNX Runtime's integer products take one zero point; symmetric ones are all zero.
                    String zeroPoint =
                            constant.params().scales().length == 1
                                    ? scales.zeroPoint()
                                    : builder.constant(
                                            name + "_zero", Tensor.allocate(constant.params().dtype(), Shape.SCALAR));
                    return new StoredWeight(
                            builder.constant(name + "_quantized", constant.values()), scales.scale(), zeroPoint);
                });
    }

    String add(String name, Op op, String... operands) {
        String result = builder.freshName(name + "_output");
        addNode(name, op, List.of(operands), result);
        return result;
    }

    void addNode(String name, Op op, List<String> operands, String output) {
        builder.add(new Node(builder.freshName(name), op, operands, List.of(output)));
    }
}
