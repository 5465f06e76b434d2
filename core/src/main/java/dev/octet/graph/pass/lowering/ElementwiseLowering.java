package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.ArgReduce;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearConcat;
import dev.octet.graph.op.QLinearGlobalAveragePool;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Operators between dequantizers and a quantizer whose integer form takes each element by itself: Add, Mul, Concat,
/// GlobalAveragePool, functions of one operand, and the change of parameters.
final class ElementwiseLowering {
    private static final int IMAGE_RANK = 4;

    private final Rewriter graph;
    private final Forms forms;

    ElementwiseLowering(Rewriter graph, Forms forms) {
        this.graph = graph;
        this.forms = forms;
    }

    void lower(Node node) {
        switch (node.op()) {
            case Binary op -> lowerBinary(node, op);
            case Concat op -> lowerConcat(node, op);
            case GlobalPool op -> lowerPool(node, op);
            case Reduce op -> lowerMean(node, op);
            case QuantizeLinear _ -> requantize(node);
            case Pool op when !forms.activations() && isPlainAverage(op, node) -> lowerAverage(node);
            case ArgReduce _ when !forms.activations() -> readIntegers(node);
            default -> lowerFunction(node);
        }
    }

    private void lowerBinary(Node node, Binary op) {
        List<QuantizedValue> operands = activations(node.inputs());
        boolean known = op.function() == BinaryFunction.ADD || op.function() == BinaryFunction.MUL;
        if (!known || operands == null) {
            return;
        }
        Tail tail = Tail.of(graph, node.output(), forms);
        if (isResult(tail, operands)) {
            List<String> inputs = new ArrayList<>();
            operands.forEach(o -> inputs.addAll(operands(o)));
            inputs.addAll(tail.operands(graph));
            replace(node, new QLinearBinary(op.function(), tail.activation()), inputs, tail);
        }
    }

    private void lowerConcat(Node node, Concat op) {
        List<QuantizedValue> parts = activations(node.inputs());
        Tail tail = Tail.of(graph, node.output(), Forms.ONNX_RUNTIME);
        if (parts == null || !isResult(tail, parts)) {
            return;
        }
        List<String> inputs = new ArrayList<>(tail.operands(graph));
        parts.forEach(p -> inputs.addAll(operands(p)));
        replace(node, new QLinearConcat(op.axis()), inputs, tail);
    }

    private void lowerPool(Node node, GlobalPool op) {
        List<QuantizedValue> x = activations(node.inputs());
        Tail tail = Tail.of(graph, node.output(), Forms.ONNX_RUNTIME);
        if (op.function() == PoolFunction.AVERAGE && x != null && isResult(tail, x)) {
            replace(node, new QLinearGlobalAveragePool(), unary(x.get(0), tail), tail);
        }
    }

    private void lowerAverage(Node node) {
        List<QuantizedValue> x = activations(node.inputs());
        Tail tail = Tail.of(graph, node.output(), Forms.ONNX_RUNTIME);
        if (x != null && isResult(tail, x)) {
            Op op = Operators.read("com.microsoft", "QLinearAveragePool", node.op().attributes());
            replace(node, op, unary(x.get(0), tail), tail);
        }
    }

    /// ONNX Runtime has images and no dilations, and counts padding that the standard does not.
    private boolean isPlainAverage(Pool op, Node node) {
        return op.function() == PoolFunction.AVERAGE
                && graph.rank(node.input(0)) == IMAGE_RANK
                && !(op.ceilMode() && op.countIncludePad())
                && op.window().dilations().stream().allMatch(d -> d == 1);
    }

    /// The place of the largest integer is that of the largest number.
    private void readIntegers(Node node) {
        List<QuantizedValue> x = activations(node.inputs());
        if (x != null) {
            graph.replace(List.of(node), node.withInputs(List.of(x.get(0).integers())));
        }
    }

    /// The mean over all spatial axes is a global pooling.
    private void lowerMean(Node node, Reduce op) {
        Tensor axes = graph.constant(node.input(1));
        int rank = graph.rank(node.input(0));
        List<QuantizedValue> x = activations(List.of(node.input(0)));
        boolean mean = op.function() == ReduceFunction.MEAN;
        if (!mean || axes == null || x == null || rank < 3 || !isSpatial(axes, rank)) {
            return;
        }
        Tail tail = Tail.of(graph, node.output(), Forms.ONNX_RUNTIME);
        if (!isResult(tail, x)) {
            return;
        }
        if (op.keepDims()) {
            replace(node, new QLinearGlobalAveragePool(), unary(x.get(0), tail), tail);
            return;
        }
        String pooled = graph.freshName(tail.value() + "_pooled");
        List<String> inputs = List.of(pooled, graph.addConstant(node.name() + "_axes", axes.cast(DType.INT64)));
        List<String> outputs = List.of(tail.value());
        replace(node, new QLinearGlobalAveragePool(), unary(x.get(0), tail), tail.withValue(pooled));
        graph.add(new Node(graph.freshName(node.name() + "_squeeze"), new Squeeze(), inputs, outputs));
    }

    private static boolean isSpatial(Tensor axes, int rank) {
        Set<Integer> found = new HashSet<>();
        for (long axis : axes.toLongArray()) {
            found.add(Math.floorMod(axis, rank));
        }
        return found.size() == rank - 2 && !found.contains(0) && !found.contains(1);
    }

    private void lowerFunction(Node node) {
        Epilogue function = EpilogueChain.function(node, graph::constant);
        List<QuantizedValue> x = function == null ? null : activations(List.of(node.input(0)));
        if (function == null || x == null || !hasFunction(function.function())) {
            return;
        }
        Tail tail = Tail.of(graph, node.output(), Forms.ONNX_RUNTIME);
        if (isResult(tail, x)) {
            Op op = new QLinearUnary(function.function(), function.alpha(), function.beta());
            replace(node, op, unary(x.get(0), tail), tail);
        }
    }

    private boolean hasFunction(UnaryFunction function) {
        return forms.anyFunction() || function == UnaryFunction.SIGMOID || function == UnaryFunction.LEAKY_RELU;
    }

    /// A quantizer right behind a dequantizer with other parameters.
    private void requantize(Node node) {
        QuantizedValue y = QuantizedValue.quantizer(graph, node);
        List<QuantizedValue> x = activations(List.of(node.input(0)));
        if (y != null && x != null && y.isActivation() && forms.anyFunction()) {
            Tail tail = new Tail(List.of(), Epilogue.NONE, y, y.integers());
            replace(node, new QLinearUnary(UnaryFunction.IDENTITY, 0, 0), unary(x.get(0), tail), tail);
        }
    }

    /// The integers of all operands, or null if one has none.
    private @Nullable List<QuantizedValue> activations(List<String> values) {
        List<QuantizedValue> found = new ArrayList<>();
        for (String value : values) {
            QuantizedValue x = QuantizedValue.dequantized(graph, value);
            if (x == null || !x.isActivation()) {
                return null;
            }
            found.add(x);
        }
        return found;
    }

    private boolean isResult(Tail tail, List<QuantizedValue> operands) {
        QuantizedValue y = tail.quantizer();
        return y != null && (forms.mixedTypes() || operands.stream().allMatch(o -> o.dtype() == y.dtype()));
    }

    private List<String> unary(QuantizedValue x, Tail tail) {
        List<String> inputs = new ArrayList<>(operands(x));
        inputs.addAll(tail.operands(graph));
        return inputs;
    }

    private List<String> operands(QuantizedValue value) {
        return List.of(value.integers(), value.scale(), value.zeroPoint(graph));
    }

    private void replace(Node node, Op op, List<String> inputs, Tail tail) {
        List<Node> old = new ArrayList<>(tail.absorbed());
        old.add(node);
        graph.replace(old, new Node(node.name(), op, inputs, List.of(tail.value()), node.metadata()));
    }
}
