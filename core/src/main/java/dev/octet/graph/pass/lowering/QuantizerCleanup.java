package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Brings the quantizers that different tools write to one form: constants are stored as integers, and of several nodes
/// that quantize or dequantize the same value in the same way one is left.
final class QuantizerCleanup {
    private final Rewriter graph;

    QuantizerCleanup(Rewriter graph) {
        this.graph = graph;
    }

    void run() {
        for (Node node : graph.nodes()) {
            if (node.op() instanceof QuantizeLinear op) {
                quantizeConstant(node, op);
            }
        }
        mergeDuplicates();
    }

    private void quantizeConstant(Node node, QuantizeLinear op) {
        Tensor x = graph.constant(node.input(0));
        Tensor scale = graph.constant(node.input(1));
        Tensor zeroPoint = node.has(2) ? graph.constant(node.input(2)) : null;
        if (x == null || scale == null || (node.has(2) && zeroPoint == null) || graph.isOutput(node.output())) {
            return;
        }
        DType without = op.outputType() == null ? DType.UINT8 : op.outputType();
        Tensor q = Tensor.allocate(zeroPoint == null ? without : zeroPoint.dtype(), x.shape());
        op.evaluate(Arrays.asList(x, scale, zeroPoint), List.of(q));
        String name = graph.addConstant(node.input(0) + "_quantized", q);
        graph.redirect(node.output(), name);
        graph.remove(node);
    }

    /// Leaves one of the quantizers and one of the dequantizers that do the same to a value.
    void mergeDuplicates() {
        boolean merged = true;
        while (merged) {
            merged = false;
            Map<List<Object>, Node> seen = new HashMap<>();
            for (Node node : graph.nodes()) {
                List<Object> key = graph.contains(node) ? key(node) : null;
                Node first = key == null ? null : seen.putIfAbsent(key, node);
                if (first != null && !graph.isOutput(node.output())) {
                    graph.redirect(node.output(), first.output());
                    graph.remove(node);
                    merged = true;
                }
            }
        }
    }

    private @Nullable List<Object> key(Node node) {
        if (!(node.op() instanceof QuantizeLinear) && !(node.op() instanceof DequantizeLinear)) {
            return null;
        }
        Object scale = constantKey(node.input(1));
        Object zeroPoint = node.has(2) ? constantKey(node.input(2)) : "";
        if (scale == null || zeroPoint == null) {
            return null;
        }
        boolean onlyScale = graph.constant(node.input(1)) instanceof Tensor t && t.elementCount() == 1;
        // With one scale the axis means nothing.
        Object op = onlyScale ? node.op().type() : node.op();
        return List.of(op, node.input(0), scale, zeroPoint, node.op() instanceof QuantizeLinear q ? outputType(q) : "");
    }

    private static Object outputType(QuantizeLinear op) {
        return op.outputType() == null ? "" : op.outputType();
    }

    private @Nullable Object constantKey(String value) {
        Tensor tensor = graph.constant(value);
        if (tensor == null) {
            return null;
        }
        if (tensor.elementCount() > 1) {
            return value;
        }
        List<Object> key = new ArrayList<>(List.of(tensor.dtype()));
        for (float f : tensor.toFloatArray()) {
            key.add(f);
        }
        return key;
    }
}
