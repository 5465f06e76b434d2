package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.StringValue;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.CastLike;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;

/// Nodes of older operator sets that the newest one says with several.
final class OldForms {
    private OldForms() {}

    /// Hardmax before version 13: the largest of all elements from `axis` on.
    static FileNode hardmax(FileNode node, GraphContext graph, int axis) {
        String shape = graph.node(ShapeOf.of(Attributes.EMPTY), node.input(0));
        String flat = graph.node(new Flatten(axis), node.input(0));
        String largest = graph.node(Operators.read("", "Hardmax", Attributes.EMPTY), flat);
        return node.withType("Reshape").withInputs(largest, shape).without("axis");
    }

    /// Resize 10 and Upsample: an output coordinate is the input's, scaled. Of `nearest` the standard says no more;
    /// ONNX Runtime (upsamplebase.h, `SIMPLE`) takes the element before it where an axis grows, the one after where it
    /// shrinks.
    static FileNode resize(FileNode node, GraphContext graph) {
        String scales = node.input(1);
        FileNode asymmetric = node.with("coordinate_transformation_mode", new StringValue("asymmetric"));
        FileNode growing = asymmetric.with("nearest_mode", new StringValue("floor"));
        FileNode shrinking = asymmetric.with("nearest_mode", new StringValue("ceil"));
        Tensor known = graph.value(scales);
        boolean nearest = node.attributes().getString("mode", "nearest").equals("nearest");
        if (!nearest || known != null && !any(known, -1)) {
            return growing.withInputs(node.input(0), "", scales);
        }
        if (known != null && !any(known, 1)) {
            return shrinking.withInputs(node.input(0), "", scales);
        }
        String one = graph.constant("one", Tensor.scalar(1f));
        String up = graph.node(new Variadic(VariadicFunction.MAX), scales, one);
        String down = graph.node(new Variadic(VariadicFunction.MIN), scales, one);
        String grown = graph.node(Operators.read("", "Resize", growing.attributes()), node.input(0), "", up);
        return shrinking.withInputs(grown, "", down);
    }

    /// Whether a scale is above 1, or below if `sign` is negative.
    private static boolean any(Tensor scales, int sign) {
        for (long i = 0; i < scales.elementCount(); i++) {
            if (sign * (scales.getDouble(i) - 1) > 0) {
                return true;
            }
        }
        return false;
    }

    /// The mask of a Dropout before version 12, of which the standard says nothing outside of training: zeros as in
    /// ONNX Runtime (identity_op.h); before version 10 they had the type of x.
    static FileNode maskedDropout(FileNode node, GraphContext graph, int opset) {
        String shape = graph.node(ShapeOf.of(Attributes.EMPTY), node.input(0));
        String mask = node.outputs().get(1);
        if (opset >= 10) {
            graph.define(mask, new ConstantOfShape(Tensor.of(DType.BOOL, Shape.of(1), (byte) 0)), shape);
        } else {
            String zeros = graph.node(new ConstantOfShape(Tensor.of(Shape.of(1), 0f)), shape);
            graph.define(mask, CastLike.of(Attributes.EMPTY), zeros, node.input(0));
        }
        return node.withOutputCount(1);
    }

    /// BatchNormalization 7 with `spatial` 0: each element of a sample has moments, a scale and a shift of its own.
    static FileNode batchNormalizationByElement(FileNode node, GraphContext graph) {
        TypeInfo type = graph.type(node.input(3));
        DType dtype = type == null ? DType.FLOAT32 : type.dtype();
        String epsilon = graph.constant("epsilon", Tensor.scalar(dtype, node.attributes().getFloat("epsilon", 1e-5f)));
        String centred = graph.node(new Binary(BinaryFunction.SUB), node.input(0), node.input(3));
        String variance = graph.node(new Binary(BinaryFunction.ADD), node.input(4), epsilon);
        String deviation = graph.node(Unary.of(UnaryFunction.SQRT), variance);
        String normal = graph.node(new Binary(BinaryFunction.DIV), centred, deviation);
        String scaled = graph.node(new Binary(BinaryFunction.MUL), normal, node.input(1));
        return new FileNode("", "Add", Attributes.EMPTY, List.of(scaled, node.input(2)), node.outputs().subList(0, 1));
    }
}
