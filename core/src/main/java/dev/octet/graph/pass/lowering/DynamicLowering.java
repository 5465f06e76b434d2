package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Products of integers whose sums become real numbers at once, as dynamic quantization writes them (ONNX Runtime's
/// `quantize_dynamic`): MatMulInteger, Cast, a product with the operands' scales, and a constant bias become one
/// operator with the same bits.
final class DynamicLowering {
    private final Rewriter graph;

    DynamicLowering(Rewriter graph) {
        this.graph = graph;
    }

    /// Scales of the operands by name.
    ///
    /// @param left one number, which the data may decide
    /// @param right constant: one number, or one per column
    private record Scales(String left, String right) {}

    void lower(Node node) {
        Node cast = node.op() instanceof MatMulInteger ? graph.soleConsumer(node.output()) : null;
        if (cast == null || !(cast.op() instanceof Cast) || graph.dtype(cast.output()) != DType.FLOAT32) {
            return;
        }
        Node product = next(cast.output(), BinaryFunction.MUL);
        Scales scales = product == null ? null : scales(other(product, cast.output()), columns(node));
        if (product == null || scales == null || (node.has(2) && !isNumber(node.input(2)))) {
            return;
        }
        List<Node> old = new ArrayList<>(List.of(node, cast, product));
        String bias = "";
        Node addition = next(product.output(), BinaryFunction.ADD);
        if (addition != null && isRow(other(addition, product.output()), columns(node))) {
            bias = other(addition, product.output());
            old.add(addition);
        }
        List<String> inputs = new ArrayList<>(List.of(node.input(0), node.input(1), scales.left, scales.right));
        inputs.addAll(List.of(node.input(2), node.input(3), bias));
        while (inputs.getLast().isEmpty()) {
            inputs.removeLast();
        }
        List<String> outputs = old.getLast().outputs();
        graph.replace(old, new Node(node.name(), new MatMulIntegerToFloat(), inputs, outputs, node.metadata()));
    }

    private @Nullable Node next(String value, BinaryFunction function) {
        Node next = graph.soleConsumer(value);
        return next != null && next.op() instanceof Binary binary && binary.function() == function ? next : null;
    }

    private static String other(Node binary, String value) {
        return binary.input(binary.input(0).equals(value) ? 1 : 0);
    }

    /// The factors of a value that multiplies the sums; as a product of both scales, or one number for both.
    private @Nullable Scales scales(String value, long columns) {
        Node product = graph.producer(value);
        if (product != null && product.op() instanceof Binary binary && binary.function() == BinaryFunction.MUL) {
            for (int left = 0; left < 2; left++) {
                String right = product.input(1 - left);
                boolean constant = graph.constant(right) != null && (isNumber(right) || isRow(right, columns));
                if (isNumber(product.input(left)) && constant) {
                    return new Scales(product.input(left), right);
                }
            }
        }
        return isNumber(value) ? new Scales(value, graph.addConstant("one", Tensor.scalar(1f))) : null;
    }

    /// Columns of the product, or -1 if they are not known.
    private long columns(Node node) {
        TypeInfo type = graph.type(node.input(1));
        PartialShape shape = type == null ? null : type.shape();
        return shape == null || shape.rank() < 2 ? -1 : shape.size(-1);
    }

    private boolean isNumber(String value) {
        TypeInfo type = graph.type(value);
        PartialShape shape = type == null ? null : type.shape();
        return shape != null && shape.rank() <= 1 && shape.isFixed() && shape.toShape().elementCount() == 1;
    }

    private boolean isRow(String value, long columns) {
        Tensor tensor = graph.constant(value);
        return tensor != null
                && tensor.dtype() == DType.FLOAT32
                && tensor.shape().rank() == 1
                && tensor.elementCount() == columns;
    }
}
