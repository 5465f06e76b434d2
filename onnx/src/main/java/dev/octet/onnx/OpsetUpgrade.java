package dev.octet.onnx;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.FloatValue;
import dev.octet.graph.Attributes.IntValue;
import dev.octet.graph.Attributes.StringValue;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Composition;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Softmax;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Brings nodes of the standard's older operator sets to the form that the newest has.
///
/// One row per change: the operator, the version that brought it, and what to do with a node of an older version.
/// Changes that only widen the types or add an attribute whose default is the old meaning need no row. A rule that
/// finds a node which only training has, and Octet no body for, keeps it as it is ([Opaque]).
final class OpsetUpgrade {
    private static final int ALWAYS = Integer.MAX_VALUE;

    private interface Rule {
        FileNode apply(FileNode node, GraphContext graph);
    }

    private record Row(String type, int version, Rule rule) {}

    /// Rows of one operator stand in the order of the versions.
    private static final List<Row> ROWS = new ArrayList<>();

    /// Names of element types before version 6, each at its number.
    private static final List<String> TYPE_NAMES =
            List.of(
                    "", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16",
                    "DOUBLE", "UINT32", "UINT64");

    private static final List<String> REDUCTIONS =
            List.of(
                    "ReduceL1",
                    "ReduceL2",
                    "ReduceLogSum",
                    "ReduceLogSumExp",
                    "ReduceMax",
                    "ReduceMean",
                    "ReduceMin",
                    "ReduceProd",
                    "ReduceSumSquare");

    static {
        for (String type : List.of("Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor")) {
            row(type, 7, OpsetUpgrade::trailingBroadcast);
        }
        row("BatchNormalization", 7, (n, _) -> n.attributes().getBoolean("is_test", false) ? n : opaque(n));
        row("BatchNormalization", 9, OpsetUpgrade::byElement);
        row("BatchNormalization", ALWAYS, OpsetUpgrade::inferenceBatchNormalization);
        row("Cast", 6, (n, _) -> castByNumber(n));
        row("Clip", 11, (n, g) -> floatInput(floatInput(n, g, "min", 1), g, "max", 2));
        row("Concat", 4, (n, _) -> n.attributes().has("axis") ? n : n.with("axis", new IntValue(1)));
        row("DFT", 20, OpsetUpgrade::axisInput);
        row("Dropout", 7, (n, _) -> n.attributes().getBoolean("is_test", false) ? n : opaque(n));
        row("Dropout", 10, (n, g) -> readsBeyondFirst(n, g) ? OldForms.maskedDropout(n, g, 9) : n);
        row("Dropout", 12, (n, g) -> readsBeyondFirst(n, g) ? OldForms.maskedDropout(n, g, 11) : n);
        row("Dropout", ALWAYS, OpsetUpgrade::inferenceDropout);
        row("GridSample", 20, (n, _) -> plainModes(n));
        row("GroupNormalization", 21, OpsetUpgrade::scalesPerChannel);
        row("Hardmax", 13, OpsetUpgrade::flattenedHardmax);
        row("LogSoftmax", 13, (n, g) -> flattenedSoftmax(n, g, true));
        row("LpPool", 2, (n, _) -> n.with("p", new IntValue((long) n.attributes().getFloat("p", 2))));
        row("PRelu", 7, OpsetUpgrade::slopePerChannel);
        row("Pad", 2, OpsetUpgrade::padsInput);
        row("Pad", 11, (n, g) -> floatInput(intsInput(n, g, "pads", 1), g, "value", 2));
        row("ReduceSum", 13, (n, g) -> intsInput(n, g, "axes", 1));
        REDUCTIONS.forEach(type -> row(type, 18, (n, g) -> intsInput(n, g, "axes", 1)));
        row("Reshape", 5, (n, g) -> intsInput(n, g, "shape", 1));
        row("Resize", 11, OldForms::resize);
        row("Resize", ALWAYS, OpsetUpgrade::dropEmptyScales);
        row("RoiAlign", 16, (n, _) -> wholePixels(n));
        row("Scan", 9, BatchedScan::upgrade);
        row("Scatter", 11, (n, _) -> n.withType("ScatterElements"));
        row("Slice", 10, (n, g) -> intsInput(intsInput(intsInput(n, g, "starts", 1), g, "ends", 2), g, "axes", 3));
        row("Softmax", 13, (n, g) -> flattenedSoftmax(n, g, false));
        row("Split", 13, (n, g) -> intsInput(n, g, "split", 1));
        row("Squeeze", 13, (n, g) -> intsInput(n, g, "axes", 1));
        row("Tile", 6, (n, _) -> opaque(n));
        row("TopK", 10, OpsetUpgrade::countInput);
        row("Unsqueeze", 13, (n, g) -> intsInput(n, g, "axes", 1));
        row("Upsample", 7, (n, _) -> opaque(n));
        row("Upsample", 9, OpsetUpgrade::scalesInput);
        row("Upsample", 10, (n, g) -> OldForms.resize(n.withType("Resize"), g));
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

    /// Before version 7 the second operand had to be fitted to the first one's axes from `axis` on; now its last axis
    /// meets the first one's last.
    private static FileNode trailingBroadcast(FileNode node, GraphContext graph) {
        FileNode plain = node.without("broadcast", "axis");
        if (!node.attributes().getBoolean("broadcast", false) || !node.attributes().has("axis")) {
            return plain;
        }
        int axis = node.attributes().getInt("axis", 0);
        int first = rank(node.input(0), graph);
        int second = rank(node.input(1), graph);
        if (first < 0 || second < 0 || (axis < 0 ? axis + first : axis) + second != first) {
            throw new OnnxFormatException(
                    "attribute axis: expected operands of known rank that meet at the last axis, found axis " + axis);
        }
        return plain;
    }

    private static int rank(String value, GraphContext graph) {
        TypeInfo type = graph.type(value);
        return type == null || type.shape() == null ? -1 : type.shape().rank();
    }

    /// Before version 6 the type was given by its name.
    private static FileNode castByNumber(FileNode node) {
        String name = node.attributes().getString("to", "");
        int number = TYPE_NAMES.indexOf(name);
        if (number <= 0) {
            throw new OnnxFormatException("attribute to: expected an element type, found '" + name + "'");
        }
        return node.with("to", new IntValue(number));
    }

    /// Before version 7 a vector of slopes was one for each channel; now its axis is the last one.
    private static FileNode slopePerChannel(FileNode node, GraphContext graph) {
        Tensor slope = graph.value(node.input(1));
        if (slope != null && slope.elementCount() == 1) {
            return node;
        }
        int rank = rank(node.input(0), graph);
        if (slope == null || rank < 2) {
            throw new OnnxFormatException("expected a constant slope and an operand of known rank");
        }
        long[] extents = new long[rank - 1];
        Arrays.fill(extents, 1);
        extents[0] = slope.elementCount();
        return node.withInput(1, graph.constant(node.input(1) + "_per_channel", slope.reshape(Shape.of(extents))));
    }

    private static FileNode padsInput(FileNode node, GraphContext graph) {
        List<Long> pads = node.attributes().getInts("paddings").orElse(List.of());
        return node.withInput(1, graph.constant(node.outputs().get(0) + "_pads", ints(pads))).without("paddings");
    }

    /// Before version 20 the axis of a DFT was an attribute, 1 by default.
    private static FileNode axisInput(FileNode node, GraphContext graph) {
        Tensor axis = Tensor.scalar(node.attributes().getInt("axis", 1L));
        return node.withInput(2, graph.constant(node.outputs().get(0) + "_axis", axis)).without("axis");
    }

    /// Before version 20 the modes were named for two axes.
    private static FileNode plainModes(FileNode node) {
        return switch (node.attributes().getString("mode", "bilinear")) {
            case "bilinear" -> node.with("mode", new StringValue("linear"));
            case "bicubic" -> node.with("mode", new StringValue("cubic"));
            default -> node;
        };
    }

    /// Before version 16 regions were not moved by half an element.
    private static FileNode wholePixels(FileNode node) {
        return node.attributes().has("coordinate_transformation_mode")
                ? node
                : node.with("coordinate_transformation_mode", new StringValue("output_half_pixel"));
    }

    /// Before version 13 all axes from the given one on were taken together; from the last one on, that is as now.
    private static FileNode flattenedHardmax(FileNode node, GraphContext graph) {
        int axis = node.attributes().getInt("axis", 1);
        return axis == -1 || axis == rank(node.input(0), graph) - 1
                ? node.with("axis", new IntValue(axis))
                : OldForms.hardmax(node, graph, axis);
    }

    /// Before version 21 scale and bias had a number for each group.
    private static FileNode scalesPerChannel(FileNode node, GraphContext graph) {
        long groups = node.attributes().getInt("num_groups", 0L);
        if (groups < 1) {
            throw new OnnxFormatException("attribute num_groups: expected at least 1, found " + groups);
        }
        return node.withInput(1, channelsOfGroups(node, 1, groups, graph))
                .withInput(2, channelsOfGroups(node, 2, groups, graph));
    }

    /// The numbers of an input's groups, each for all channels of its group; exporters write one for each channel, too.
    private static String channelsOfGroups(FileNode node, int input, long groups, GraphContext graph) {
        TypeInfo x = graph.type(node.input(0));
        long channels = x == null || x.shape() == null || x.shape().rank() < 2 ? -1 : x.shape().size(1);
        Tensor constant = graph.value(node.input(input));
        if (constant != null && channels > 0 && divides(constant, channels)) {
            return graph.constant(node.input(input) + "_per_channel", repeated(constant, channels));
        }
        TypeInfo given = graph.type(node.input(input));
        if (given != null && given.shape() != null && given.shape().equals(PartialShape.of(channels))) {
            return node.input(input);
        }
        String column =
                graph.node(new Reshape(false), node.input(input), graph.constant("groups", ints(List.of(groups, 1L))));
        String count = graph.node(new ShapeOf(1, 2L), node.input(0));
        String each =
                graph.node(new Binary(BinaryFunction.DIV), count, graph.constant("groups", ints(List.of(groups))));
        String shape = graph.node(new Concat(0), graph.constant("one", ints(List.of(1L))), each);
        String rows = graph.node(new Expand(), column, shape);
        return graph.node(new Reshape(false), rows, graph.constant("all", ints(List.of(-1L))));
    }

    private static boolean divides(Tensor perGroup, long channels) {
        return perGroup.elementCount() > 0 && channels % perGroup.elementCount() == 0;
    }

    private static Tensor repeated(Tensor perGroup, long channels) {
        Tensor repeated = Tensor.allocate(perGroup.dtype(), Shape.of(channels));
        for (long i = 0; i < channels; i++) {
            repeated.setDouble(i, perGroup.getDouble(i / (channels / perGroup.elementCount())));
        }
        return repeated;
    }

    private static FileNode countInput(FileNode node, GraphContext graph) {
        Tensor count = Tensor.vector(node.attributes().getInt("k", 0L));
        return node.withInput(1, graph.constant(node.outputs().get(0) + "_k", count)).without("k");
    }

    /// Version 7 could normalize each element of a sample by itself.
    private static FileNode byElement(FileNode node, GraphContext graph) {
        boolean spatial = node.attributes().getInt("spatial", 1L) != 0;
        return spatial || readsBeyondFirst(node, graph) ? node : OldForms.batchNormalizationByElement(node, graph);
    }

    /// Exporters leave the outputs of training in place where nobody reads them.
    private static FileNode inferenceBatchNormalization(FileNode node, GraphContext graph) {
        if (node.attributes().getInt("training_mode", 0L) != 0) {
            return node;
        }
        return readsBeyondFirst(node, graph)
                ? opaque(node)
                : node.withOutputCount(1).without("momentum", "spatial", "training_mode", "is_test");
    }

    private static FileNode inferenceDropout(FileNode node, GraphContext graph) {
        Tensor mode = graph.value(node.input(2));
        boolean mayTrain =
                !node.input(2).isEmpty() && (mode == null || mode.elementCount() != 1 || mode.getLong(0) != 0);
        if (mayTrain) {
            return opaque(node);
        }
        FileNode plain = node.withInputCount(1).without("ratio", "seed", "training_mode", "is_test");
        return readsBeyondFirst(node, graph)
                ? plain.withOp(new Composite(Composition.MASKED_DROPOUT, Attributes.EMPTY))
                : plain.withOutputCount(1);
    }

    private static boolean readsBeyondFirst(FileNode node, GraphContext graph) {
        return node.outputs().stream().skip(1).anyMatch(graph::isRead);
    }

    private static FileNode opaque(FileNode node) {
        return node.withOp(new Opaque(node.domain(), node.type(), node.attributes()));
    }

    /// Before version 13 all axes from the given one on were normalized together; from the last one on, that is as now.
    private static FileNode flattenedSoftmax(FileNode node, GraphContext graph, boolean log) {
        int axis = node.attributes().getInt("axis", 1);
        boolean last = axis == -1 || axis == rank(node.input(0), graph) - 1 && axis >= 0;
        return node.withOp(new Softmax(axis, log, !last));
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
