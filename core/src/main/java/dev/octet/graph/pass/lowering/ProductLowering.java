package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolutions and matrix products of dequantized operands become products of integers.
final class ProductLowering {
    private final Rewriter graph;
    private final Forms forms;

    ProductLowering(Rewriter graph, Forms forms) {
        this.graph = graph;
        this.forms = forms;
    }

    void lower(Node node) {
        switch (node.op()) {
            case Conv op -> lowerConv(node, op);
            case Gemm op -> lowerGemm(node, op);
            case MatMul _ -> lowerMatMul(node);
            default -> {}
        }
    }

    private void lowerConv(Node node, Conv op) {
        QuantizedValue x = activation(node.input(0));
        Weights w = Weights.of(graph, node.input(1), 0);
        if (x == null || w == null || !isPlanar(w) || !combine(x, w.quantized())) {
            return;
        }
        Tail tail = Tail.of(graph, node.output(), forms);
        if (!forms.mixedTypes() && !w.hasOneZeroPoint()) {
            return;
        }
        String bias = bias(node, node.input(2), 1, w, x, x.scales()[0], tail.scale());
        if (bias != null && hasForm(tail, x, forms.floatProducts())) {
            Op integer = new QLinearConv(op.window(), op.group(), tail.activation());
            replace(node, integer, x, w.quantized(), tail, List.of(), bias);
        }
    }

    private void lowerGemm(Node node, Gemm op) {
        QuantizedValue a = activation(node.input(0));
        Weights b = Weights.of(graph, node.input(1), op.transB() ? 0 : 1);
        if (a == null || b == null || !combine(a, b.quantized()) || !(op.alpha() > 0)) {
            return;
        }
        Tail tail = Tail.of(graph, node.output(), forms);
        float scale = op.alpha() * a.scales()[0];
        String bias =
                isRow(node.input(2), b.channels(), 2)
                        ? bias(node, node.input(2), op.beta(), b, a, scale, tail.scale())
                        : null;
        if (bias != null && hasForm(tail, a, true)) {
            Op integer = new QGemm(op.alpha(), op.transA(), op.transB(), tail.activation());
            List<String> operands = new ArrayList<>(operands(a));
            operands.addAll(operands(b.quantized()));
            operands.add(bias);
            operands.addAll(tail.operands(graph));
            emit(node, integer, operands, tail, List.of());
        }
    }

    private void lowerMatMul(Node node) {
        QuantizedValue a = activation(node.input(0));
        Weights weights = Weights.of(graph, node.input(1), -1);
        QuantizedValue b = weights == null ? activation(node.input(1)) : weights.quantized();
        if (a == null || b == null || !combine(a, b) || (weights != null && !hasTwoAxes(weights))) {
            return;
        }
        if (weights == null) {
            lowerUnbiased(node, a, b);
            return;
        }
        Node add = biasAddition(node);
        if (add != null && !forms.matMulBias()) {
            lowerToFloat(node, a, weights, add);
            return;
        }
        if (add != null) {
            String value = other(add, node.output());
            Tail tail = Tail.of(graph, add.output(), forms);
            String bias =
                    isRow(value, weights.channels(), Math.max(1, graph.rank(node.output())))
                            ? bias(node, value, 1, weights, a, a.scales()[0], tail.scale())
                            : null;
            if (bias != null) {
                replace(node, new QLinearMatMul(tail.activation()), a, b, tail, List.of(add), bias);
                return;
            }
        }
        if (Bias.fits(weights.largestSums(a), weights.sumScales(a.scales()[0]))) {
            lowerUnbiased(node, a, b);
        }
    }

    private void lowerUnbiased(Node node, QuantizedValue a, QuantizedValue b) {
        Scaling scaling = Scaling.of(graph, node.output());
        QuantizedValue scaled = scaling == null ? null : scaling.apply(graph, a);
        if (scaling == null || scaled == null) {
            lowerUnbiased(node, a, b, Tail.of(graph, node.output(), forms), List.of());
        } else {
            Tail tail = Tail.of(graph, scaling.node().output(), forms);
            lowerUnbiased(node, scaled, b, tail, List.of(scaling.node()));
        }
    }

    private void lowerUnbiased(Node node, QuantizedValue a, QuantizedValue b, Tail tail, List<Node> between) {
        float scale = a.scales()[0] * b.scales()[0];
        if (!(scale >= Float.MIN_NORMAL)) {
            return;
        }
        if (hasForm(tail, a, forms.floatProducts())) {
            replace(node, new QLinearMatMul(tail.activation()), a, b, tail, between, "");
        } else {
            emitToFloat(node, a, b, "", between);
        }
    }

    /// A product with weights and a bias, as real numbers.
    private void lowerToFloat(Node node, QuantizedValue a, Weights weights, Node add) {
        if (!Bias.fits(weights.largestSums(a), weights.sumScales(a.scales()[0]))) {
            return;
        }
        String bias = other(add, node.output());
        Tensor values = graph.constant(bias);
        boolean row =
                values != null
                        && values.dtype() == DType.FLOAT32
                        && values.shape().rank() == 1
                        && values.elementCount() == weights.channels();
        if (row) {
            emitToFloat(node, a, weights.quantized(), bias, List.of(add));
        } else {
            emitToFloat(node, a, weights.quantized(), "", List.of());
        }
    }

    /// @param between the nodes that join the product; what the last of them defines is the result
    private void emitToFloat(Node node, QuantizedValue a, QuantizedValue b, String bias, List<Node> between) {
        String result = between.isEmpty() ? node.output() : between.getLast().output();
        List<String> operands = new ArrayList<>(List.of(a.integers(), b.integers(), a.scale(), b.scale()));
        operands.addAll(List.of(a.zeroPoint(graph), b.zeroPoint(graph), bias));
        emit(node, new MatMulIntegerToFloat(), operands, new Tail(List.of(), Epilogue.NONE, null, result), between);
    }

    private static String other(Node binary, String value) {
        return binary.input(binary.input(0).equals(value) ? 1 : 0);
    }

    /// Whether the weights are those of one or two spatial axes.
    private static boolean isPlanar(Weights w) {
        int rank = w.values().shape().rank();
        return rank == 3 || rank == 4;
    }

    private static boolean hasTwoAxes(Weights weights) {
        return weights.values().shape().rank() >= 2;
    }

    /// The addition of a constant that follows a product, or null.
    private @Nullable Node biasAddition(Node node) {
        Node next = graph.soleConsumer(node.output());
        return next != null && next.op() instanceof Binary binary && binary.function() == BinaryFunction.ADD
                ? next
                : null;
    }

    private @Nullable QuantizedValue activation(String value) {
        QuantizedValue x = QuantizedValue.dequantized(graph, value);
        return x != null && x.isActivation() ? x : null;
    }

    /// Whether one operator may take both types; ONNX Runtime has no product of INT8 and UINT8.
    private boolean combine(QuantizedValue left, QuantizedValue right) {
        return forms.mixedTypes() || left.dtype() == DType.UINT8 || right.dtype() == DType.INT8;
    }

    private boolean hasForm(Tail tail, QuantizedValue x, boolean floatResult) {
        QuantizedValue y = tail.quantizer();
        return y == null ? floatResult : forms.mixedTypes() || y.dtype() == x.dtype();
    }

    /// Whether a bias is the same for all rows of a result with `rank` axes.
    private boolean isRow(String value, int columns, int rank) {
        QuantizedValue quantized = QuantizedValue.dequantized(graph, value);
        Tensor tensor = graph.constant(quantized == null ? value : quantized.integers());
        if (value.isEmpty() || tensor == null) {
            return value.isEmpty();
        }
        Shape shape = tensor.shape();
        boolean perColumn = shape.rank() > 0 && shape.dim(-1) == columns && shape.elementCount() == columns;
        return (perColumn || shape.elementCount() == 1) && shape.rank() <= rank;
    }

    /// Name of an INT32 bias, empty for none; null if there is no form with such sums.
    private @Nullable String bias(
            Node node, String value, float factor, Weights w, QuantizedValue x, float xScale, float outputScale) {
        long[] largestSums = w.largestSums(x);
        float[] sumScales = w.sumScales(xScale);
        if (!Bias.fits(largestSums, sumScales)) {
            return null;
        }
        if (value.isEmpty()) {
            return "";
        }
        int[] bias = Bias.of(graph, value, factor, sumScales, largestSums, outputScale);
        return bias == null ? null : graph.addConstant(node.name() + "_bias", Tensor.of(Shape.of(bias.length), bias));
    }

    private List<String> operands(QuantizedValue value) {
        return List.of(value.integers(), value.scale(), value.zeroPoint(graph));
    }

    private void replace(
            Node node, Op op, QuantizedValue x, QuantizedValue w, Tail tail, List<Node> between, String bias) {
        List<String> operands = new ArrayList<>(operands(x));
        operands.addAll(operands(w));
        operands.addAll(tail.operands(graph));
        operands.add(bias);
        emit(node, op, operands, tail, between);
    }

    private void emit(Node node, Op op, List<String> operands, Tail tail, List<Node> between) {
        List<String> inputs = new ArrayList<>(operands);
        while (inputs.getLast().isEmpty()) {
            inputs.removeLast();
        }
        List<Node> old = new ArrayList<>(between);
        old.addAll(tail.absorbed());
        old.add(node);
        graph.replace(old, new Node(node.name(), op, inputs, List.of(tail.value()), node.metadata()));
    }
}
