package dev.octet.graph.pass.lowering;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MultiplierOutput;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The patterns of [dev.octet.graph.pass.NcnnLowering].
public final class NcnnProducts {
    private final Rewriter graph;

    private NcnnProducts(Rewriter graph) {
        this.graph = graph;
    }

    /// @param types types of the graph's values, as far as they are known
    public static Graph lower(Graph graph, Map<String, TypeInfo> types) {
        Rewriter rewriter = new Rewriter(graph, types);
        new QuantizerCleanup(rewriter).run();
        new DataMovement(rewriter).run();
        NcnnProducts patterns = new NcnnProducts(rewriter);
        for (Node node : patterns.graph.nodes()) {
            if (patterns.graph.contains(node)) {
                patterns.lower(node);
            }
        }
        for (Node node : patterns.graph.nodes()) {
            patterns.quantize(node);
        }
        return patterns.graph.toGraph();
    }

    private void lower(Node node) {
        switch (node.op()) {
            case Conv op -> product(node, new ConvInteger(op.window(), op.group()), 0, node.input(2), 1, List.of());
            case Gemm op when !op.transA() && op.alpha() == 1 && op.beta() == 1 ->
                    product(node, new MatMulInteger(), op.transB() ? 0 : 1, node.input(2), -1, List.of());
            case MatMul _ -> {
                Node add = addition(node);
                String bias = add == null ? "" : add.input(add.input(0).equals(node.output()) ? 1 : 0);
                product(node, new MatMulInteger(), -1, bias, -1, add == null ? List.of() : List.of(add));
            }
            default -> {}
        }
    }

    /// The addition of a constant vector that follows a product, or null.
    private @Nullable Node addition(Node node) {
        Node next = graph.soleConsumer(node.output());
        boolean adds = next != null && next.op() instanceof Binary op && op.function() == BinaryFunction.ADD;
        if (next == null || !adds) {
            return null;
        }
        Tensor vector = graph.constant(next.input(next.input(0).equals(node.output()) ? 1 : 0));
        return vector != null && vector.dtype() == DType.FLOAT32 && vector.shape().rank() == 1 ? next : null;
    }

    /// @param channelAxis of the weights
    /// @param outputAxis of the channels in the result
    /// @param added the addition of a bias that is a node of its own
    private void product(Node node, Op integer, int channelAxis, String bias, int outputAxis, List<Node> added) {
        QuantizedValue x = QuantizedValue.dequantized(graph, node.input(0));
        Weights weights = Weights.of(graph, node.input(1), channelAxis);
        if (x == null || weights == null || !isPlain(x) || !x.isPerTensor() || !isPlain(weights.quantized())) {
            return;
        }
        float[] numbers = bias.isEmpty() ? null : numbers(bias, weights.channels());
        if (!bias.isEmpty() && numbers == null) {
            return;
        }
        Node last = added.isEmpty() ? node : added.getLast();
        Tail tail = Tail.of(graph, last.output(), Forms.ALL);
        if (tail.quantizer() != null && !isPlain(tail.quantizer())) {
            return;
        }
        String right = weights.quantized().integers();
        if (integer instanceof MatMulInteger && channelAxis == 0) {
            right = graph.addConstant(right + "_transposed", Weights.transposed(weights.values()));
        }
        String sum = graph.freshName(node.output() + "_sum");
        graph.declare(sum, DType.INT32, node.output());
        List<Node> old = new ArrayList<>(added);
        old.add(node);
        old.addAll(tail.absorbed());
        List<String> operands =
                new ArrayList<>(List.of(sum, graph.addConstant(node.name() + "_factor", factors(x, weights))));
        if (numbers != null) {
            operands.add(graph.addConstant(node.name() + "_bias", Tensor.of(Shape.of(numbers.length), numbers)));
        }
        Float scale = tail.quantizer() == null ? null : Float.valueOf(tail.scale());
        Op output = new MultiplierOutput(outputAxis, tail.activation(), scale);
        graph.replace(old, new Node(node.name(), output, operands, List.of(tail.value()), node.metadata()));
        graph.add(
                new Node(graph.freshName(node.name() + "_sums"), integer, List.of(x.integers(), right), List.of(sum)));
    }

    /// INT8 without zero points.
    private static boolean isPlain(QuantizedValue value) {
        return value.dtype() == DType.INT8 && Arrays.stream(value.zeroPoints()).allMatch(z -> z == 0);
    }

    /// `1/(m_x·m_w[c])` of the multipliers of input and weights.
    private static Tensor factors(QuantizedValue x, Weights weights) {
        float[] factors = weights.quantized().scales().clone();
        float input = 1 / x.scales()[0];
        for (int c = 0; c < factors.length; c++) {
            factors[c] = 1 / (input * (1 / factors[c]));
        }
        return Tensor.of(Shape.of(factors.length), factors);
    }

    /// A constant bias in float, whether it is stored so or in steps of sums; null if it is none.
    private float @Nullable [] numbers(String bias, int channels) {
        QuantizedValue quantized = QuantizedValue.dequantized(graph, bias);
        Tensor tensor = graph.constant(quantized == null ? bias : quantized.integers());
        if (tensor == null || tensor.elementCount() != channels) {
            return null;
        }
        float[] numbers = tensor.toFloatArray();
        for (int c = 0; quantized != null && c < channels; c++) {
            numbers[c] *= quantized.scales()[quantized.isPerTensor() ? 0 : c];
        }
        return numbers;
    }

    private void quantize(Node node) {
        QuantizedValue y = node.op() instanceof QuantizeLinear ? QuantizedValue.quantizer(graph, node) : null;
        if (y != null && y.isActivation() && isPlain(y) && graph.dtype(node.input(0)) == DType.FLOAT32) {
            Op op = MultiplierOutput.quantizer(y.scales()[0]);
            List<String> operands = List.of(node.input(0));
            graph.replace(List.of(node), new Node(node.name(), op, operands, node.outputs(), node.metadata()));
        }
    }
}
