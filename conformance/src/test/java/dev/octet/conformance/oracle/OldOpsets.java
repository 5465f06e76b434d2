package dev.octet.conformance.oracle;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.onnx.OnnxWriter;
import dev.octet.onnx.proto.ModelProto;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// Files of operator sets older than [OnnxWriter] writes, and cases of the operators whose form differed in them.
final class OldOpsets {
    static final int OLDEST_WRITTEN = 13;

    /// By operator, with the newest operator set that has the form.
    static final Map<String, Function<Generator, OracleCase>> TABLE =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("BatchNormalization (8)", OldOpsets::batchNormalization),
                            Map.entry("Clip (10)", OldOpsets::clip),
                            Map.entry("Dropout (11)", OldOpsets::dropout),
                            Map.entry("GroupNormalization (20)", OldOpsets::groupNormalization),
                            Map.entry("Hardmax (12)", g -> softmax(g, "Hardmax")),
                            Map.entry("LogSoftmax (12)", g -> softmax(g, "LogSoftmax")),
                            Map.entry("Pad (10)", OldOpsets::pad),
                            Map.entry("ReduceMean (12)", g -> reduce(g, "ReduceMean")),
                            Map.entry("ReduceSum (12)", g -> reduce(g, "ReduceSum")),
                            Map.entry("ReduceMax (12)", g -> reduce(g, "ReduceMax")),
                            Map.entry("Resize (10)", OldOpsets::resize),
                            Map.entry("Resize (12)", OldOpsets::resizeToSizes),
                            Map.entry("Scan (8)", OldOpsets::scan),
                            Map.entry("Slice (9)", OldOpsets::slice),
                            Map.entry("Softmax (12)", g -> softmax(g, "Softmax")),
                            Map.entry("Split (12)", OldOpsets::split),
                            Map.entry("Squeeze (12)", OldOpsets::squeeze),
                            Map.entry("Unsqueeze (12)", OldOpsets::unsqueeze),
                            Map.entry("Upsample (8)", OldOpsets::upsample),
                            Map.entry("Upsample (9)", OldOpsets::upsampleByInput)));

    private static final List<DType> FLOAT = List.of(DType.FLOAT32);

    private OldOpsets() {}

    /// The case's graph as a file of its operator set.
    static byte[] encode(OracleCase c) {
        byte[] model = encode(c.graph());
        if (c.opset() >= OLDEST_WRITTEN) {
            return model;
        }
        try {
            ModelProto.Builder old = ModelProto.parseFrom(model).toBuilder();
            old.getOpsetImportBuilderList().stream()
                    .filter(o -> o.getDomain().isEmpty())
                    .forEach(o -> o.setVersion(c.opset()));
            return old.build().toByteArray();
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] encode(Graph graph) {
        try {
            Path file = Files.createTempFile("case", ".onnx");
            try {
                OnnxWriter.write(graph, file);
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static OracleCase batchNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 8);
        int channels = Draw.channels(g);
        boolean spatial = b.opset() > 8 || g.flip();
        Shape each = spatial ? Shape.of(channels) : Shape.of(channels, 3, 4);
        Attributes.Builder attributes = Attributes.builder().put("epsilon", 1e-3f).put("momentum", 0.8f);
        if (!spatial) {
            attributes.put("spatial", 0L);
        }
        String y =
                b.addOld(
                                "BatchNormalization",
                                attributes.build(),
                                FLOAT,
                                b.input(g.floats(WindowCases.shape(2, channels, 3, 4), -3, 3)),
                                b.constant(g.floats(each, -2, 2)),
                                b.constant(g.floats(each, -2, 2)),
                                b.constant(g.floats(each, -2, 2)),
                                b.constant(g.floats(each, 0.1f, 4)))
                        .getFirst();
        return b.build(Tolerance.SUM, y);
    }

    private static OracleCase clip(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 10);
        Attributes.Builder bounds = Attributes.builder();
        if (g.integer(0, 3) > 0) {
            bounds.put("min", g.uniform(-2, 0));
        }
        if (g.integer(0, 3) > 0) {
            bounds.put("max", g.uniform(0, 2));
        }
        String x = b.input(g.floats(Draw.shape(g, 0, 4, 9), -3, 3));
        return b.build(Tolerance.EXACT, b.addOld("Clip", bounds.build(), FLOAT, x));
    }

    private static OracleCase dropout(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 11);
        String x = b.input(g.floats(Draw.shape(g, 1, 4, 9), -3, 3));
        Attributes ratio = Attributes.builder().put("ratio", 0.4f).build();
        List<DType> types = List.of(DType.FLOAT32, b.opset() < 10 ? DType.FLOAT32 : DType.BOOL);
        return b.build(Tolerance.EXACT, b.addOld("Dropout", ratio, g.flip() ? FLOAT : types, x));
    }

    /// Scale and bias have a number for each group.
    private static OracleCase groupNormalization(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 18, 20);
        int groups = g.integer(1, 3);
        int channels = groups * g.integer(1, 3);
        Shape shape = WindowCases.shape(g.integer(1, 2), channels, Draw.extents(g, g.integer(1, 2), 2, 5));
        Attributes attributes = Attributes.builder().put("num_groups", (long) groups).put("epsilon", 1e-3f).build();
        List<String> y =
                b.addOld(
                        "GroupNormalization",
                        attributes,
                        FLOAT,
                        b.input(g.floats(shape, -3, 3)),
                        b.operand(g.floats(Shape.of(groups), -2, 2)),
                        b.operand(g.floats(Shape.of(groups), -2, 2)));
        return b.build(new Tolerance(2e-4, 1e-4), y);
    }

    /// Running sums of each sample, half of the time over as many places as it has of its own.
    private static OracleCase scan(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 8, 8);
        int batch = g.integer(1, 3);
        int length = g.integer(1, 5);
        int width = g.integer(1, 4);
        GraphBuilder body = new GraphBuilder("body");
        String sum = body.input("sum", DType.FLOAT32, PartialShape.of(width));
        String x = body.input("part", DType.FLOAT32, PartialShape.of(width));
        String next = body.add(new Binary(BinaryFunction.ADD), sum, x);
        body.output(new ValueInfo(next, new TypeInfo(DType.FLOAT32, PartialShape.of(width))));
        String stacked = body.add(Unary.of(UnaryFunction.TANH), next);
        body.output(new ValueInfo(stacked, new TypeInfo(DType.FLOAT32, PartialShape.of(width))));
        Attributes attributes =
                Attributes.builder()
                        .put("body", new GraphValue(body.build()))
                        .put("num_scan_inputs", 1L)
                        .put("directions", List.of((long) g.integer(0, 1)))
                        .build();
        String lengths = g.flip() ? "" : b.operand(Tensor.vector(Draw.extents(g, batch, 1, length)));
        String state = b.input(g.floats(Shape.of(batch, width), -3, 3));
        String scanned = b.input(g.floats(Shape.of(batch, length, width), -3, 3));
        List<DType> types = List.of(DType.FLOAT32, DType.FLOAT32);
        return b.build(Tolerance.SUM, b.addOld("Scan", attributes, types, lengths, state, scanned));
    }

    private static OracleCase softmax(Generator g, String type) {
        CaseBuilder b = new CaseBuilder(g, 7, 12);
        Shape shape = g.shape(2, 4, 8);
        Attributes.Builder attributes = Attributes.builder();
        if (g.integer(0, 3) > 0) {
            attributes.put("axis", (long) axis(g, b, shape.rank()));
        }
        return b.build(Tolerance.SUM, b.addOld(type, attributes.build(), FLOAT, b.input(g.floats(shape, -8, 8))));
    }

    /// Negative axes came with operator set 11.
    private static int axis(Generator g, CaseBuilder b, int rank) {
        return b.opset() < 11 ? g.integer(0, rank - 1) : Draw.axis(g, rank);
    }

    private static long[] axes(Generator g, CaseBuilder b, int rank) {
        long[] axes = Draw.axes(g, rank, 1);
        return b.opset() < 11 ? axes : Draw.someNegative(g, axes, rank);
    }

    private static OracleCase pad(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 10);
        Shape shape = g.shape(1, 4, 6).with(0, 4);
        Attributes attributes =
                Attributes.builder()
                        .put("mode", g.oneOf(List.of("constant", "edge")))
                        .put("pads", Draw.list(Draw.extents(g, 2 * shape.rank(), 0, 3)))
                        .put("value", g.uniform(-1, 1))
                        .build();
        return b.build(Tolerance.EXACT, b.addOld("Pad", attributes, FLOAT, b.input(g.floats(shape, -3, 3))));
    }

    private static OracleCase reduce(Generator g, String type) {
        CaseBuilder b = new CaseBuilder(g, 7, 12);
        Shape shape = g.shape(1, 4, 8);
        Attributes.Builder attributes = Attributes.builder().put("keepdims", g.flip());
        if (g.integer(0, 3) > 0) {
            attributes.put("axes", Draw.list(axes(g, b, shape.rank())));
        }
        return b.build(Tolerance.SUM, b.addOld(type, attributes.build(), FLOAT, b.input(g.floats(shape, -3, 3))));
    }

    private static OracleCase slice(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 9);
        Shape shape = g.shape(1, 4, 9);
        long[] axes = Draw.axes(g, shape.rank(), 1);
        Attributes attributes =
                Attributes.builder()
                        .put("axes", Draw.list(axes))
                        .put("starts", Draw.list(Draw.extents(g, axes.length, -3, 2)))
                        .put("ends", Draw.list(Draw.extents(g, axes.length, -1, 12)))
                        .build();
        return b.build(Tolerance.EXACT, b.addOld("Slice", attributes, FLOAT, b.input(g.floats(shape, -3, 3))));
    }

    private static OracleCase split(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 12);
        long[] extents = Draw.extents(g, g.integer(1, 4), 1, 4);
        boolean equal = g.flip();
        if (equal) {
            Arrays.fill(extents, extents[0]);
        }
        Shape shape = g.shape(1, 4, 6);
        int axis = axis(g, b, shape.rank());
        Attributes.Builder attributes = Attributes.builder().put("axis", (long) axis);
        if (!equal || g.flip()) {
            attributes.put("split", Draw.list(extents));
        }
        String x = b.input(g.floats(shape.with(axis, Arrays.stream(extents).sum()), -3, 3));
        return b.build(
                Tolerance.EXACT,
                b.addOld("Split", attributes.build(), Collections.nCopies(extents.length, DType.FLOAT32), x));
    }

    private static OracleCase squeeze(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 12);
        Shape shape = g.shape(1, 5, 4);
        long[] axes = axes(g, b, shape.rank());
        for (long axis : axes) {
            shape = shape.with((int) axis, 1);
        }
        Attributes attributes =
                g.integer(0, 3) == 0 ? Attributes.EMPTY : Attributes.builder().put("axes", Draw.list(axes)).build();
        return b.build(Tolerance.EXACT, b.addOld("Squeeze", attributes, FLOAT, b.input(g.floats(shape, -3, 3))));
    }

    private static OracleCase unsqueeze(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 12);
        Shape shape = g.shape(1, 3, 6);
        long[] axes = Arrays.copyOf(Draw.permutation(g, shape.rank() + 2), 2);
        long[] given = b.opset() < 11 ? axes : Draw.someNegative(g, axes, shape.rank() + 2);
        Attributes attributes = Attributes.builder().put("axes", Draw.list(given)).build();
        return b.build(Tolerance.EXACT, b.addOld("Unsqueeze", attributes, FLOAT, b.input(g.floats(shape, -3, 3))));
    }

    private static OracleCase resize(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 10, 10);
        String x = image(g, b);
        Tensor scales = Tensor.of(Shape.of(4), 1f, 1f, scale(g, b, x, 2, 0.2f), scale(g, b, x, 3, 0.2f));
        return b.build(Tolerance.SUM, b.addOld("Resize", mode(g), FLOAT, x, b.operand(scales)));
    }

    /// Absent operands between given ones had to be empty tensors.
    private static OracleCase resizeToSizes(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 11, 12);
        String x = image(g, b);
        Attributes attributes =
                Attributes.builder()
                        .put("mode", g.oneOf(List.of("nearest", "linear", "cubic")))
                        .put(
                                "coordinate_transformation_mode",
                                g.oneOf(List.of("half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn")))
                        .build();
        String y =
                b.addOld(
                                "Resize",
                                attributes,
                                FLOAT,
                                x,
                                b.constant(Tensor.allocate(DType.FLOAT32, Shape.of(0))),
                                b.constant(Tensor.allocate(DType.FLOAT32, Shape.of(0))),
                                b.constant(Tensor.vector(1, 2, g.integer(1, 9), g.integer(1, 9))))
                        .getFirst();
        return b.build(new Tolerance(5e-5, 1e-5), y);
    }

    private static OracleCase upsampleByInput(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 9, 9);
        String x = image(g, b);
        Tensor scales = Tensor.of(Shape.of(4), 1f, 1f, scale(g, b, x, 2, 1), scale(g, b, x, 3, 1));
        return b.build(Tolerance.SUM, b.addOld("Upsample", mode(g), FLOAT, x, b.constant(scales)));
    }

    /// Of an axis, at least `least`; 1 where the extent stays, since ONNX Runtime copies if all do.
    private static float scale(Generator g, CaseBuilder b, String x, int axis, float least) {
        long extent = b.type(x).shape().size(axis);
        float scale = Math.max(g.flip() ? g.oneOf(List.of(0.5f, 1f, 2f, 3f)) : g.uniform(0.2f, 3), 1f / extent);
        return (long) (scale * extent) == extent ? 1 : Math.max(scale, least);
    }

    private static OracleCase upsample(Generator g) {
        CaseBuilder b = new CaseBuilder(g, 7, 8);
        String x = image(g, b);
        List<Float> scales = List.of(1f, 1f, scale(g, b, x, 2, 1), scale(g, b, x, 3, 1));
        Attributes attributes =
                Attributes.builder()
                        .put("mode", g.oneOf(List.of("nearest", "linear")))
                        .put("scales", new Attributes.FloatsValue(scales))
                        .build();
        return b.build(Tolerance.SUM, b.addOld("Upsample", attributes, FLOAT, x));
    }

    private static Attributes mode(Generator g) {
        return Attributes.builder().put("mode", g.oneOf(List.of("nearest", "linear"))).build();
    }

    private static String image(Generator g, CaseBuilder b) {
        return b.input(g.floats(WindowCases.shape(1, 2, g.integer(2, 6), g.integer(2, 6)), -3, 3));
    }
}
