package dev.octet.onnx;

import dev.octet.graph.Attributes.FloatValue;
import dev.octet.graph.Attributes.StringValue;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Softmax;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Brings nodes of the standard's older operator sets to the form that the newest has.
///
/// One row per change: the operator, the version that brought it, and what to do with a node of an older version.
/// Changes that only widen the types or add an attribute whose default is the old meaning need no row. A rule that
/// finds a node which only training has keeps it as it is ([Opaque]).
final class OpsetUpgrade {
    private static final int ALWAYS = Integer.MAX_VALUE;

    private interface Rule {
        FileNode apply(FileNode node, GraphContext graph);
    }

    private record Row(String type, int version, Rule rule) {}

    /// Rows of one operator stand in the order of the versions.
    private static final List<Row> ROWS = new ArrayList<>();

    static {
        row("BatchNormalization", 9, OpsetUpgrade::refusePerActivation);
        row("BatchNormalization", ALWAYS, OpsetUpgrade::inferenceBatchNormalization);
        row("Clip", 11, (n, g) -> floatInput(floatInput(n, g, "min", 1), g, "max", 2));
        row("Dropout", ALWAYS, OpsetUpgrade::inferenceDropout);
        row("LogSoftmax", 13, (n, _) -> flattenedSoftmax(n, true));
        row("Pad", 11, (n, g) -> floatInput(intsInput(n, g, "pads", 1), g, "value", 2));
        for (String reduction :
                List.of(
                        "ReduceL1",
                        "ReduceL2",
                        "ReduceLogSum",
                        "ReduceLogSumExp",
                        "ReduceMax",
                        "ReduceMean",
                        "ReduceMin",
                        "ReduceProd",
                        "ReduceSumSquare")) {
            row(reduction, 18, (n, g) -> intsInput(n, g, "axes", 1));
        }
        row("ReduceSum", 13, (n, g) -> intsInput(n, g, "axes", 1));
        row("Resize", 11, (n, _) -> asymmetricResize(n));
        row("Resize", ALWAYS, OpsetUpgrade::dropEmptyScales);
        row("Scatter", 11, (n, _) -> n.withType("ScatterElements"));
        row("Slice", 10, (n, g) -> intsInput(intsInput(intsInput(n, g, "starts", 1), g, "ends", 2), g, "axes", 3));
        row("Softmax", 13, (n, _) -> flattenedSoftmax(n, false));
        row("Split", 13, (n, g) -> intsInput(n, g, "split", 1));
        row("Squeeze", 13, (n, g) -> intsInput(n, g, "axes", 1));
        row(
                "TopK",
                10,
                (n, g) -> n.withInput(1, g.constant("k", Tensor.vector(n.attributes().getInt("k", 0L)))).without("k"));
        row("Unsqueeze", 13, (n, g) -> intsInput(n, g, "axes", 1));
        row("Upsample", 9, OpsetUpgrade::scalesInput);
        row("Upsample", 10, (n, _) -> asymmetricResize(n.withType("Resize")));
    }

    private OpsetUpgrade() {}

    private static void row(String type, int version, Rule rule) {
        ROWS.add(new Row(type, version, rule));
    }

    /// The newest form of a node of the standard.
    ///
    /// @throws OnnxFormatException if the newest operator set has no such thing; the message does not name the node
    static FileNode apply(FileNode node, int opset, GraphContext graph) {
        FileNode newest = node;
        for (Row row : ROWS) {
            if (row.type.equals(newest.type()) && opset < row.version && newest.op() == null) {
                newest = row.rule.apply(newest, graph);
            }
        }
        return newest;
    }

    /// An attribute that became an INT64 input.
    private static FileNode intsInput(FileNode node, GraphContext graph, String attribute, int input) {
        return node.attributes()
                .getInts(attribute)
                .map(values ->
                        node.withInput(input, graph.constant(node.outputs().get(0) + "_" + attribute, ints(values)))
                                .without(attribute))
                .orElse(node);
    }

    private static Tensor ints(List<Long> values) {
        return Tensor.vector(values.stream().mapToLong(Long::longValue).toArray());
    }

    /// An attribute that became an input of the operand's type.
    private static FileNode floatInput(FileNode node, GraphContext graph, String attribute, int input) {
        if (!(node.attributes().asMap().get(attribute) instanceof FloatValue value)) {
            return node;
        }
        TypeInfo type = graph.type(node.input(0));
        Tensor scalar = Tensor.scalar(type == null ? DType.FLOAT32 : type.dtype(), value.value());
        return node.withInput(input, graph.constant(node.outputs().get(0) + "_" + attribute, scalar))
                .without(attribute);
    }

    /// Version 7 could normalize each element of a sample by itself.
    private static FileNode refusePerActivation(FileNode node, GraphContext graph) {
        if (node.attributes().getInt("spatial", 1L) != 1) {
            throw new OnnxFormatException("attribute spatial: expected 1, found 0, which no newer operator set has");
        }
        return node;
    }

    /// Exporters leave the outputs of training in place where nobody reads them.
    private static FileNode inferenceBatchNormalization(FileNode node, GraphContext graph) {
        boolean training = node.attributes().getInt("training_mode", 0L) != 0;
        return training || readsBeyondFirst(node, graph)
                ? opaque(node)
                : node.withOutputCount(1).without("momentum", "spatial", "training_mode");
    }

    private static FileNode inferenceDropout(FileNode node, GraphContext graph) {
        Tensor mode = graph.value(node.input(2));
        boolean mayTrain =
                !node.input(2).isEmpty() && (mode == null || mode.elementCount() != 1 || mode.getLong(0) != 0);
        return mayTrain || readsBeyondFirst(node, graph)
                ? opaque(node)
                : node.withInputCount(1).withOutputCount(1).without("ratio", "seed");
    }

    private static boolean readsBeyondFirst(FileNode node, GraphContext graph) {
        return node.outputs().stream().skip(1).anyMatch(graph::isRead);
    }

    private static FileNode opaque(FileNode node) {
        return node.withOp(new Opaque(node.domain(), node.type(), node.attributes()));
    }

    /// Before version 13 all axes from the given one on were normalized together.
    private static FileNode flattenedSoftmax(FileNode node, boolean log) {
        int axis = node.attributes().getInt("axis", 1);
        return node.withOp(new Softmax(axis, log, axis != -1));
    }

    /// Version 10 and Upsample: an output coordinate is the input's, scaled, and cut to the sample before it.
    private static FileNode asymmetricResize(FileNode node) {
        return node.withInputs(node.input(0), "", node.input(1))
                .with("coordinate_transformation_mode", new StringValue("asymmetric"))
                .with("nearest_mode", new StringValue("floor"));
    }

    /// Versions 11 and 12 had no absent input before `sizes`, so files have an empty constant there.
    private static FileNode dropEmptyScales(FileNode node, GraphContext graph) {
        Tensor scales = graph.value(node.input(2));
        return scales != null && scales.elementCount() == 0 ? node.withInput(2, "") : node;
    }

    private static FileNode scalesInput(FileNode node, GraphContext graph) {
        List<Float> scales =
                node.attributes()
                        .getFloats("scales")
                        .orElseThrow(
                                () -> new OnnxFormatException("attribute scales: expected numbers, found nothing"));
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(scales.size()));
        for (int i = 0; i < scales.size(); i++) {
            tensor.setFloat(i, scales.get(i));
        }
        return node.withInput(1, graph.constant(node.outputs().get(0) + "_scales", tensor)).without("scales");
    }
}
