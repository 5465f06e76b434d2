package dev.octet.quantize.algorithm.scalesearch;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Gemm;
import dev.octet.quant.Rounding;
import dev.octet.quantize.QuantizedNode;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A convolution or product with what joins it, of which one output channel at a time is computed as ncnn's INT8 layers
/// do: input and weights times a multiplier each, rounded away from zero to ±127; sums back in float, bias and function
/// in float.
///
/// @param node the operator
/// @param weight its constant weights
/// @param epilogue nodes after it, each with one operand that is no constant
record IntegerLayer(Graph graph, Node node, QuantizedNode.Weight weight, List<Node> epilogue) {
    private static final float LARGEST = 127;

    /// The layer of a quantized node; null if it has no weights or is not one of those that ncnn has.
    static @Nullable IntegerLayer of(Graph graph, QuantizedNode quantized, Map<String, QuantizedNode> all) {
        Node node = quantized.node();
        QuantizedNode.Weight weight = quantized.weight();
        boolean known = node.op() instanceof Conv || node.op() instanceof Gemm gemm && !gemm.transA();
        if (weight == null || !(known || node.op().type().equals("MatMul") && weight.value().equals(node.input(1)))) {
            return null;
        }
        List<Node> epilogue = new ArrayList<>();
        List<Node> readers = graph.consumers(node.output());
        while (readers.size() == 1 && all.get(readers.getFirst().name()) instanceof QuantizedNode next && joins(next)) {
            epilogue.add(next.node());
            readers = graph.consumers(next.node().output());
        }
        return new IntegerLayer(graph, node, weight, epilogue);
    }

    private static boolean joins(QuantizedNode node) {
        return node.weight() == null && node.activations().isEmpty() && !node.sharing();
    }

    String input() {
        return node.input(0);
    }

    String output() {
        return epilogue.isEmpty() ? node.output() : epilogue.getLast().output();
    }

    private Tensor weights() {
        return graph.constant(weight.value()).orElseThrow();
    }

    int channels() {
        Shape shape = weights().shape();
        return (int) shape.dim(node.op() instanceof Conv || transposed() ? 0 : -1);
    }

    private boolean transposed() {
        return node.op() instanceof Gemm gemm && gemm.transB();
    }

    static Tensor rounded(Tensor values, float multiplier) {
        Tensor rounded = Tensor.allocate(DType.FLOAT32, values.shape());
        for (long i = 0; i < values.elementCount(); i++) {
            rounded.setFloat(i, rounded(values.getFloat(i), multiplier));
        }
        return rounded;
    }

    private static float rounded(float value, float multiplier) {
        return (float) Math.clamp(Rounding.HALF_AWAY_FROM_ZERO.round(value * multiplier), -LARGEST, LARGEST);
    }

    /// One channel of the results.
    ///
    /// @param x rounded input
    /// @param y all results in float
    float[] channel(Tensor x, Tensor y, int channel, float inputMultiplier, float weightMultiplier) {
        Tensor sums =
                node.op() instanceof Conv conv
                        ? convolved(conv, x, y.shape(), channel, weightMultiplier)
                        : product(x, channel, weightMultiplier);
        float factor = 1 / (inputMultiplier * weightMultiplier);
        float bias = node.has(2) ? element(graph.constant(node.input(2)).orElseThrow(), channel) : 0;
        if (node.op() instanceof Gemm gemm) {
            factor *= gemm.alpha();
            bias *= gemm.beta();
        }
        for (long i = 0; i < sums.elementCount(); i++) {
            sums.setFloat(i, sums.getFloat(i) * factor + bias);
        }
        Tensor value = sums;
        for (Node after : epilogue) {
            Tensor result = Tensor.allocate(DType.FLOAT32, value.shape());
            after.op().evaluate(operands(after, value, channel), List.of(result));
            value = result;
        }
        return value.toFloatArray();
    }

    private List<@Nullable Tensor> operands(Node after, Tensor value, int channel) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        for (String operand : after.inputs()) {
            Tensor constant = graph.constants().get(operand);
            operands.add(
                    operand.isEmpty() ? null : constant == null ? value : Tensor.scalar(element(constant, channel)));
        }
        return operands;
    }

    private static float element(Tensor constant, int channel) {
        return constant.getFloat(constant.elementCount() == 1 ? 0 : channel);
    }

    private Tensor convolved(Conv conv, Tensor x, Shape y, int channel, float multiplier) {
        Tensor weights = weights();
        Shape kernel = weights.shape().with(0, 1);
        long perChannel = kernel.elementCount();
        Tensor row = Tensor.allocate(DType.FLOAT32, kernel);
        for (long i = 0; i < perChannel; i++) {
            row.setFloat(i, rounded(weights.getFloat(channel * perChannel + i), multiplier));
        }
        Tensor sums = Tensor.allocate(DType.FLOAT32, y.with(1, 1));
        long group = channel / (weights.shape().dim(0) / conv.group());
        Tensor part = conv.group() == 1 ? x : group(x, group, kernel.dim(1));
        new Conv(conv.window(), 1).evaluate(List.of(part, row), List.of(sums));
        return sums;
    }

    private static Tensor group(Tensor x, long group, long count) {
        long plane = x.shape().product(2, x.shape().rank());
        long all = x.shape().dim(1);
        Tensor part = Tensor.allocate(DType.FLOAT32, x.shape().with(1, count));
        for (long i = 0; i < part.elementCount(); i++) {
            long sample = i / (count * plane);
            part.setFloat(i, x.getFloat((sample * all + group * count) * plane + i % (count * plane)));
        }
        return part;
    }

    private Tensor product(Tensor x, int channel, float multiplier) {
        Tensor weights = weights();
        long depth = x.shape().dim(-1);
        int channels = channels();
        float[] column = new float[(int) depth];
        for (int k = 0; k < depth; k++) {
            column[k] =
                    rounded(
                            weights.getFloat(transposed() ? channel * depth + k : (long) k * channels + channel),
                            multiplier);
        }
        Tensor sums = Tensor.allocate(DType.FLOAT32, Shape.of(x.elementCount() / depth));
        for (long row = 0; row < sums.elementCount(); row++) {
            long sum = 0;
            for (int k = 0; k < depth; k++) {
                sum += (long) (x.getFloat(row * depth + k) * column[k]);
            }
            sums.setFloat(row, sum);
        }
        return sums;
    }

    /// One channel of results in float, in the order of [#channel].
    float[] channel(Tensor y, int channel) {
        Shape shape = y.shape();
        int axis = node.op() instanceof Conv ? 1 : shape.rank() - 1;
        long channels = shape.dim(axis);
        long inner = shape.product(axis + 1, shape.rank());
        float[] values = new float[(int) (y.elementCount() / channels)];
        for (int i = 0; i < values.length; i++) {
            values[i] = y.getFloat((i / inner * channels + channel) * inner + i % inner);
        }
        return values;
    }
}
