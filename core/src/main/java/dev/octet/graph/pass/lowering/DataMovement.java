package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Resize;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Tile;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Lets operators that only move or select elements work on integers. They commute with quantization by one scale,
/// exactly, and so does MaxPool, since quantization keeps order: a dequantizer before one moves behind it, a quantizer
/// behind one moves before it, and where both meet with equal parameters they go.
final class DataMovement {
    private final Rewriter graph;

    DataMovement(Rewriter graph) {
        this.graph = graph;
    }

    void run() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Node node : graph.nodes()) {
                changed |=
                        graph.contains(node)
                                && (moveDequantizer(node) || moveQuantizer(node) || readShape(node) || cancel(node));
            }
            if (changed) {
                new QuantizerCleanup(graph).mergeDuplicates();
            }
        }
    }

    private static boolean moves(Op op) {
        return switch (op) {
            case Identity _, Reshape _, Transpose _, Flatten _, Squeeze _, Unsqueeze _ -> true;
            case Slice _, Gather _, Split _, Expand _, Tile _, Concat _, Pad _ -> true;
            case Resize resize ->
                    resize.mode() == Resize.ResizeMode.NEAREST
                            && resize.coordinates() != Resize.CoordinateTransformation.TF_CROP_AND_RESIZE;
            case Pool pool -> pool.function() == PoolFunction.MAX;
            default -> false;
        };
    }

    /// The shape of `DQ(q)` is that of q.
    private boolean readShape(Node node) {
        QuantizedValue x = node.op() instanceof ShapeOf ? QuantizedValue.dequantized(graph, node.input(0)) : null;
        if (x == null) {
            return false;
        }
        graph.replace(List.of(node), node.withInputs(List.of(x.integers())));
        return true;
    }

    /// `f(DQ(q))` becomes `DQ(f(q))`.
    private boolean moveDequantizer(Node node) {
        if (!moves(node.op()) || (node.op() instanceof Pool && node.outputs().size() > 1)) {
            return false;
        }
        QuantizedValue x = QuantizedValue.dequantized(graph, node.input(0));
        if (x == null) {
            return false;
        }
        QuantizedValue moved = afterMoving(node.op(), x);
        List<String> inputs = moved == null ? null : integerInputs(node, x);
        if (moved == null || inputs == null) {
            return false;
        }
        List<String> outputs = new ArrayList<>();
        graph.remove(node);
        for (String output : node.outputs()) {
            String integers = output.isEmpty() ? "" : graph.freshName(output + "_quantized");
            outputs.add(integers);
            if (!output.isEmpty()) {
                graph.declare(integers, x.dtype(), output);
                List<String> operands = new ArrayList<>(x.node().inputs());
                operands.set(0, integers);
                String name = graph.freshName(x.node().name());
                graph.add(new Node(name, moved.node().op(), operands, List.of(output)));
            }
        }
        add(node.withInputs(inputs).withOutputs(outputs));
        return true;
    }

    /// The parameters behind an operator, or null if it mixes elements of different scales.
    private @Nullable QuantizedValue afterMoving(Op op, QuantizedValue x) {
        boolean constant = graph.constant(x.integers()) != null;
        if (x.isPerTensor()) {
            return x.isEightBit() || (constant && isFree(op)) ? x : null;
        }
        Tensor weights = graph.constant(x.integers());
        if (weights == null || !(op instanceof Transpose transpose)) {
            return null;
        }
        int rank = weights.shape().rank();
        int axis = x.axis(rank);
        List<Long> perm = transpose.perm();
        int to = perm.isEmpty() ? rank - 1 - axis : perm.indexOf((long) axis);
        return axis < 0 || to < 0 ? null : withAxis(x, to);
    }

    private static QuantizedValue withAxis(QuantizedValue x, int axis) {
        Node node = x.node().withOp(new DequantizeLinear(axis, 0));
        return new QuantizedValue(
                node, x.integers(), x.dtype(), x.scale(), x.zeroPoint(), x.scales(), x.zeroPoints(), axis);
    }

    /// Whether a constant operand stays as large as it is, so that it may be computed now.
    private static boolean isFree(Op op) {
        return switch (op) {
            case Identity _, Reshape _, Transpose _, Flatten _, Squeeze _, Unsqueeze _ -> true;
            default -> false;
        };
    }

    /// Inputs of the operator on integers, or null if it can not work on them.
    private @Nullable List<String> integerInputs(Node node, QuantizedValue x) {
        List<String> inputs = new ArrayList<>(node.inputs());
        inputs.set(0, x.integers());
        if (node.op() instanceof Concat) {
            for (int i = 1; i < inputs.size(); i++) {
                QuantizedValue part = QuantizedValue.dequantized(graph, node.input(i));
                if (part == null || !part.hasSameParams(x)) {
                    return null;
                }
                inputs.set(i, part.integers());
            }
        }
        if (node.op() instanceof Pad pad && pad.mode() == Pad.PadMode.CONSTANT) {
            String padding = padding(node, x);
            if (padding == null) {
                return null;
            }
            while (inputs.size() < 3) {
                inputs.add("");
            }
            inputs.set(2, padding);
        }
        return inputs;
    }

    /// The padding as an integer, or null if there is none that means the same number.
    private @Nullable String padding(Node node, QuantizedValue x) {
        float value = 0;
        if (node.has(2)) {
            Tensor constant = graph.constant(node.input(2));
            if (constant == null || constant.elementCount() != 1) {
                return null;
            }
            value = constant.getFloat(0);
        }
        int q = x.quantize(value);
        return x.dequantize(q) == value
                ? graph.addConstant(node.name() + "_padding", Tensor.scalar(x.dtype(), q))
                : null;
    }

    /// Adds a node, or its values if they follow from constants and take no more memory than these.
    private void add(Node node) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<@Nullable TypeInfo> types = new ArrayList<>();
        boolean constant = isFree(node.op());
        for (String input : node.inputs()) {
            Tensor operand = graph.constant(input);
            constant &= input.isEmpty() || operand != null;
            operands.add(operand);
            types.add(operand == null ? null : TypeInfo.of(operand));
        }
        if (!constant) {
            graph.add(node);
            return;
        }
        Inference inference = new Inference(types, operands, 1);
        node.op().infer(inference);
        TypeInfo type = inference.outputs().get(0);
        if (type == null || type.shape() == null || !type.isFixed()) {
            graph.add(node);
            return;
        }
        Tensor result = Tensor.allocate(type.dtype(), type.shape().toShape());
        node.op().evaluate(operands, Arrays.asList(result));
        graph.redirect(node.output(), graph.addConstant(node.output(), result));
    }

    /// `Q(f(x))` becomes `f(Q(x))` where that is no more work, and x is not dequantized.
    private boolean moveQuantizer(Node node) {
        QuantizedValue y = QuantizedValue.quantizer(graph, node);
        Node source = graph.producer(node.input(0));
        if (y == null || !y.isActivation() || source == null || !keepsElements(source)) {
            return false;
        }
        String x = source.input(0);
        boolean computed = graph.constant(x) == null && QuantizedValue.dequantized(graph, x) == null;
        if (!computed || !node.equals(graph.soleConsumer(source.output()))) {
            return false;
        }
        String integers = graph.freshName(x + "_quantized");
        graph.declare(integers, y.dtype(), x);
        List<String> operands = new ArrayList<>(node.inputs());
        operands.set(0, x);
        List<String> inputs = new ArrayList<>(source.inputs());
        inputs.set(0, integers);
        graph.remove(source);
        graph.replace(List.of(node), node.withInputs(operands).withOutputs(List.of(integers)));
        graph.add(source.withInputs(inputs).withOutputs(node.outputs()));
        return true;
    }

    private boolean keepsElements(Node node) {
        return switch (node.op()) {
            case Identity _, Reshape _, Transpose _, Flatten _, Squeeze _, Unsqueeze _, Expand _ -> true;
            case Pool pool -> pool.function() == PoolFunction.MAX && node.outputs().size() == 1;
            default -> false;
        };
    }

    /// `Q(DQ(q))` is q where the parameters are equal.
    private boolean cancel(Node node) {
        QuantizedValue y = QuantizedValue.quantizer(graph, node);
        QuantizedValue x = y == null ? null : QuantizedValue.dequantized(graph, node.input(0));
        if (y == null || x == null || !x.hasSameParams(y)) {
            return false;
        }
        Node source = graph.producer(x.integers());
        if (!graph.isOutput(y.integers())) {
            graph.redirect(y.integers(), x.integers());
            graph.remove(node);
            return true;
        }
        // The name of an output has to stay.
        if (source == null || graph.isOutput(x.integers())) {
            return false;
        }
        graph.remove(node);
        graph.rename(source, x.integers(), y.integers());
        return true;
    }
}
