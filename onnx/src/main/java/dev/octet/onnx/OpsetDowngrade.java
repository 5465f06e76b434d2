package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.IntValue;
import dev.octet.graph.Attributes.IntsValue;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Split;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Brings nodes to the form that an operator set from [OpsetRequirement#OLDEST] on has; the inverse of [OpsetUpgrade].
/// That the version has a form for the node is checked before.
final class OpsetDowngrade {
    /// What lowering asks of the graph that is written.
    interface Target {
        /// The constant of that name, or null if it is none.
        @Nullable Tensor value(String name);

        /// What is known of a value's shape, or null.
        @Nullable PartialShape shape(String name);

        /// Adds a constant under a fresh name that starts with `base`, and returns the name.
        String constant(String base, Tensor value);

        /// A fresh value name that starts with `base`.
        String name(String base);
    }

    private OpsetDowngrade() {}

    /// The nodes that stand for one, in order; the last defines its outputs.
    static List<FileNode> apply(Node node, int opset, Target target) {
        Op op = node.op();
        FileNode file = new FileNode(op.domain(), op.type(), op.attributes(), node.inputs(), node.outputs());
        return switch (op) {
            case DequantizeLinear _ -> List.of(withoutDefault(file, "axis", 1));
            case QuantizeLinear quantize -> List.of(quantizeLinear(file, quantize, opset, target));
            case Reduce reduce -> List.of(reduce(file, reduce, opset, target));
            case Reshape _ -> List.of(withoutDefault(file, "allowzero", 0));
            case Softmax softmax when softmax.flattened() -> softmax(file, softmax, target);
            case Split split -> List.of(split(file, split, opset));
            default -> List.of(file);
        };
    }

    private static FileNode withoutDefault(FileNode node, String attribute, long value) {
        return node.attributes().getInt(attribute, value) == value ? node.without(attribute) : node;
    }

    /// Before version 21 the zero point alone says the type.
    private static FileNode quantizeLinear(FileNode file, QuantizeLinear op, int opset, Target target) {
        FileNode node = withoutDefault(file, "axis", 1);
        DType type = op.outputType();
        if (opset >= 21 || type == null) {
            return node;
        }
        Tensor scale = target.value(node.input(1));
        if (!node.input(2).isEmpty() || type == DType.UINT8 || scale == null) {
            return node.without("output_dtype");
        }
        String zeroPoint = target.constant(node.outputs().get(0) + "_zero_point", Tensor.allocate(type, scale.shape()));
        return node.without("output_dtype").withInput(2, zeroPoint);
    }

    private static FileNode reduce(FileNode file, Reduce op, int opset, Target target) {
        FileNode node = withoutDefault(file, "noop_with_empty_axes", 0);
        Tensor axes = target.value(node.input(1));
        if (opset >= 18 || op.function() == ReduceFunction.SUM || axes == null) {
            return node;
        }
        FileNode lowered = node.withInputCount(1);
        return axes.elementCount() == 0
                ? lowered
                : lowered.with("axes", new IntsValue(LongStream.of(axes.toLongArray()).boxed().toList()));
    }

    /// Version 18 wants the number of parts where it does not want their extents.
    private static FileNode split(FileNode node, Split op, int opset) {
        boolean equalParts = opset >= 18 && node.input(1).isEmpty() && op.numOutputs() == 0;
        return equalParts ? node.with("num_outputs", new IntValue(node.outputs().size())) : node;
    }

    /// Along the last axis both rules agree; else the tensor is made a matrix and back.
    private static List<FileNode> softmax(FileNode node, Softmax op, Target target) {
        String x = node.input(0);
        PartialShape shape = target.shape(x);
        if (op.axis() == -1 || shape != null && op.axis() == shape.rank() - 1) {
            return List.of(node);
        }
        String base = node.outputs().get(0);
        String extents = target.name(base + "_shape");
        String matrix = target.name(base + "_matrix");
        String normalized = target.name(base + "_normalized");
        Attributes axis = Attributes.builder().put("axis", (long) op.axis()).build();
        Attributes last = Attributes.builder().put("axis", -1L).build();
        return List.of(
                FileNode.standard("Shape", Attributes.EMPTY, List.of(x), extents),
                FileNode.standard("Flatten", axis, List.of(x), matrix),
                FileNode.standard(op.type(), last, List.of(matrix), normalized),
                FileNode.standard("Reshape", Attributes.EMPTY, List.of(normalized, extents), base));
    }
}
