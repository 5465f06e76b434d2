package dev.octet.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.pass.Fusion;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Plans that lay images out channels last give what plans that do not give, and transpose only where they must.
class LayoutTest {
    /// The portable kernels, saying that they like a layout.
    private record Preferring(Layout preferredLayout) implements KernelSet {
        @Override
        public String name() {
            return "portable";
        }

        @Override
        public Optional<Kernel> compile(KernelSpec spec) {
            return PortableKernels.INSTANCE.compile(spec);
        }
    }

    private final GraphBuilder graph = new GraphBuilder("test");
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();

    private String input(String name, Tensor tensor) {
        inputs.put(name, tensor);
        return graph.input(name, tensor.dtype(), PartialShape.of(tensor.shape()));
    }

    private static Op op(String type, Attributes attributes) {
        return Operators.read("", type, attributes);
    }

    private String constant(Generator g, long... dims) {
        return graph.freshConstant("c", g.floats(Shape.of(dims), -0.5f, 0.5f));
    }

    private ExecutionPlan plan(Graph built, Set<String> watched, Layout layout) {
        Map<String, TypeInfo> types = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> types.put(name, TypeInfo.of(tensor)));
        List<String> outputs = built.outputs().stream().map(o -> o.name()).toList();
        return PlanBuilder.build(
                built,
                types,
                outputs,
                new Watched(watched, Set.of()),
                new PlanSettings(new KernelSets(List.of(new Preferring(layout))), Fusion.standard(), Long.MAX_VALUE));
    }

    private Map<String, Tensor> run(ExecutionPlan plan, Map<String, Tensor> seen) {
        try (WorkerPool pool = new WorkerPool(2)) {
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            plan.run(
                            inputs,
                            pool,
                            Value::copy,
                            (name, tensor) -> seen.put(name, tensor.copy()),
                            Watchdog.asleep(Duration.ofMinutes(1)))
                    .forEach((name, value) -> outputs.put(name, (Tensor) value));
            return outputs;
        } finally {
            plan.retire();
        }
    }

    /// Both plans give the same.
    ///
    /// @return number of transpositions in the plan that lies channels last
    private long check(Set<String> watched) {
        Graph built = graph.build();
        Map<String, Tensor> expectedWatched = new LinkedHashMap<>();
        Map<String, Tensor> foundWatched = new LinkedHashMap<>();
        Map<String, Tensor> expected = run(plan(built, watched, Layout.CHANNELS_FIRST), expectedWatched);
        ExecutionPlan last = plan(built, watched, Layout.CHANNELS_LAST);
        compare(run(last, foundWatched), expected);
        compare(foundWatched, expectedWatched);
        return last.steps().stream().filter(s -> s.operator().equals("Transpose")).count();
    }

    private static void compare(Map<String, Tensor> found, Map<String, Tensor> expected) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        found.forEach((name, tensor) -> {
            assertThat(tensor.shape()).as(name).isEqualTo(expected.get(name).shape());
            TensorAssert.assertThat(tensor).as(name).isCloseTo(expected.get(name), 1e-4, 1e-4);
        });
    }

    private String conv(Generator g, String x, int in, int out, int kernel, int stride, int groups) {
        Attributes.Builder attributes = Attributes.builder();
        attributes.put("strides", List.of((long) stride, (long) stride));
        attributes.put("group", (long) groups);
        long before = kernel / 2;
        attributes.put("pads", List.of(before, before, before, before));
        String bias = constant(g, out);
        String weights = constant(g, out, in / groups, kernel, kernel);
        return graph.add(op("Conv", attributes.build()), x, weights, bias);
    }

    private String unary(UnaryFunction function, String x) {
        return graph.add(Unary.of(function), x);
    }

    private String add(String a, String b) {
        return graph.add(new Binary(BinaryFunction.ADD), a, b);
    }

    private String multiply(String a, String b) {
        return graph.add(new Binary(BinaryFunction.MUL), a, b);
    }

    private String pool(String x) {
        return graph.add(op("GlobalAveragePool", Attributes.builder().build()), x);
    }

    /// A block with squeeze and excitation: its gate is one pixel, which no layout changes.
    @Test
    void networksOfConvolutionsTransposeTheirInputAndOutputOnly() {
        Generator g = Generator.of(1);
        String x = input("x", g.floats(Shape.of(2, 3, 12, 20), -1, 1));
        String stem = unary(UnaryFunction.RELU, conv(g, x, 3, 16, 3, 2, 1));
        String deep = conv(g, stem, 16, 16, 3, 1, 16);
        String gate = unary(UnaryFunction.SIGMOID, conv(g, pool(deep), 16, 16, 1, 1, 1));
        String excited = multiply(deep, gate);
        String joined = graph.add(new Concat(1), add(excited, stem), stem);
        String scaled = multiply(joined, constant(g, 32, 1, 1));
        graph.output(conv(g, scaled, 32, 8, 1, 1, 1));
        assertThat(check(Set.of())).isEqualTo(2);
    }

    @Test
    void aHeadOfOnePixelNeedsNoTransposition() {
        Generator g = Generator.of(2);
        String x = input("x", g.floats(Shape.of(1, 3, 12, 20), -1, 1));
        String features = pool(conv(g, x, 3, 16, 3, 2, 1));
        String flat = graph.add(new Reshape(false), features, graph.freshConstant("s", Tensor.vector(1, 16)));
        graph.output(graph.add(op("MatMul", Attributes.builder().build()), flat, constant(g, 16, 5)));
        assertThat(check(Set.of())).isEqualTo(1);
    }

    /// What text recognition does between its convolutions and its sequence: rows of pixels become tokens.
    @Test
    void turningPixelsIntoTokensIsFree() {
        Generator g = Generator.of(3);
        String x = input("x", g.floats(Shape.of(1, 3, 6, 20), -1, 1));
        String features = conv(g, x, 3, 16, 3, 2, 1);
        String rows = graph.add(new Reshape(false), features, graph.freshConstant("s", Tensor.vector(1, 16, 30)));
        String tokens = graph.add(new Transpose(List.of(0L, 2L, 1L)), rows);
        String mixed = graph.add(op("MatMul", Attributes.builder().build()), tokens, constant(g, 16, 16));
        String back = graph.add(new Transpose(List.of(0L, 2L, 1L)), mixed);
        String image = graph.add(new Reshape(false), back, graph.freshConstant("s", Tensor.vector(1, 16, 3, 10)));
        String last = conv(g, add(image, features), 16, 8, 3, 1, 1);
        graph.output(graph.add(new Transpose(List.of(0L, 2L, 3L, 1L)), last));
        // The input only: the model itself wants its output channels last.
        assertThat(check(Set.of())).isEqualTo(1);
    }

    @Test
    void anyWiringGivesTheSameInBothLayouts() {
        Generator.forAll(20261124, 120, g -> new LayoutTest().random(g));
    }

    private void random(Generator g) {
        int channels = g.integer(1, 9);
        Shape shape = Shape.of(g.integer(1, 2), channels, g.integer(1, 7), g.integer(1, 7));
        List<String> values = new ArrayList<>();
        values.add(input("x", g.floats(shape, -1, 1)));
        values.add(input("y", g.floats(shape, -1, 1)));
        int nodes = g.integer(3, 18);
        for (int i = 0; i < nodes; i++) {
            values.add(next(g, shape, values));
        }
        graph.output(values.getLast());
        Set<String> watched = Set.of();
        if (g.flip()) {
            String value = g.oneOf(values.subList(2, values.size()));
            if (!value.equals(values.getLast())) {
                graph.output(value);
            }
            watched = Set.of(value);
        }
        check(watched);
    }

    /// A value shaped as all others.
    private String next(Generator g, Shape shape, List<String> values) {
        int channels = (int) shape.dim(1);
        String a = g.oneOf(values);
        String b = g.oneOf(values);
        return switch (g.integer(0, 15)) {
            case 0 -> unary(UnaryFunction.TANH, a);
            case 1 -> add(a, b);
            case 2 -> unary(UnaryFunction.RELU, conv(g, a, channels, channels, 3, 1, 1));
            case 3 -> conv(g, a, channels, channels, 3, 1, channels);
            case 4 -> conv(g, a, channels, channels, 1, 1, 1);
            case 5 -> multiply(a, unary(UnaryFunction.SIGMOID, pool(b)));
            case 6 -> add(constant(g, channels, 1, 1), a);
            case 7 -> add(a, constant(g, channels, shape.dim(2), shape.dim(3)));
            case 8 -> graph.add(new Softmax(g.integer(0, 3), false, false), a);
            case 9 -> unary(UnaryFunction.TANH, reduce(g, a, b));
            case 10 -> quantized(g, a, channels);
            case 11 -> normalized(g, a, channels);
            case 12 -> halves(g, a, b, shape);
            case 13 -> resized(a, shape);
            case 14 -> enlarged(g, a, shape);
            default -> turned(g, a);
        };
    }

    private String reduce(Generator g, String a, String b) {
        String axes = graph.freshConstant("axes", Tensor.vector(g.flip() ? new long[] {2, 3} : new long[] {1}));
        return add(a, graph.add(op("ReduceMean", Attributes.builder().build()), b, axes));
    }

    /// Quantized per channel and back.
    private String quantized(Generator g, String a, int channels) {
        String scales = graph.freshConstant("scales", g.floats(Shape.of(channels), 0.01f, 0.1f));
        String zero = graph.freshConstant("zero", Tensor.allocate(DType.INT8, Shape.of(channels)));
        Attributes axis = Attributes.builder().put("axis", 1L).build();
        return graph.add(
                op("DequantizeLinear", axis), graph.add(op("QuantizeLinear", axis), a, scales, zero), scales, zero);
    }

    private String normalized(Generator g, String a, int channels) {
        String variance = graph.freshConstant("v", g.floats(Shape.of(channels), 0.5f, 2));
        Op op = BatchNormalization.of(Attributes.builder().build());
        return graph.add(op, a, constant(g, channels), constant(g, channels), constant(g, channels), variance);
    }

    /// The first part of one and the rest of another, along any axis.
    private String halves(Generator g, String a, String b, Shape shape) {
        int axis = g.integer(1, 3);
        if (shape.dim(axis) < 2) {
            return add(a, b);
        }
        String sizes = graph.freshConstant("sizes", Tensor.vector(1, shape.dim(axis) - 1));
        return graph.add(new Concat(axis), split(a, axis, sizes).getFirst(), split(b, axis, sizes).getLast());
    }

    private List<String> split(String x, int axis, String sizes) {
        String name = graph.freshName("split");
        Op op = op("Split", Attributes.builder().put("axis", (long) axis).build());
        graph.add(new Node(name, op, List.of(x, sizes), List.of(name + "_a", name + "_b")));
        return List.of(name + "_a", name + "_b");
    }

    /// By a transposed convolution, whose windows overlap or do not, and back to some of the pixels.
    private String enlarged(Generator g, String a, Shape shape) {
        int channels = (int) shape.dim(1);
        int stride = g.integer(1, 2);
        Attributes strides = Attributes.builder().put("strides", List.of((long) stride, (long) stride)).build();
        String weights = constant(g, channels, channels, 2, 2);
        String larger = graph.add(op("ConvTranspose", strides), a, weights, constant(g, channels));
        return graph.add(
                op("Slice", Attributes.builder().build()),
                unary(UnaryFunction.RELU, larger),
                graph.freshConstant("starts", Tensor.vector(1, 0)),
                graph.freshConstant("ends", Tensor.vector(1 + shape.dim(2), shape.dim(3))),
                graph.freshConstant("axes", Tensor.vector(2, 3)));
    }

    /// Twice as high and, by its largest elements, back; shifted by a pad and a slice.
    private String resized(String a, Shape shape) {
        String scales = graph.freshConstant("scales", Tensor.of(Shape.of(4), 1f, 1f, 2f, 1f));
        String larger = graph.add(op("Resize", Attributes.builder().build()), a, "", scales);
        Attributes window =
                Attributes.builder().put("kernel_shape", List.of(2L, 1L)).put("strides", List.of(2L, 1L)).build();
        String back = graph.add(op("MaxPool", window), larger);
        String pads = graph.freshConstant("pads", Tensor.vector(0, 1, 0, 1, 0, 0, 0, 0));
        String padded = graph.add(op("Pad", Attributes.builder().build()), back, pads);
        String ends = graph.freshConstant("ends", Tensor.vector(shape.dim(0), shape.dim(1), 1000, shape.dim(3)));
        return graph.add(
                op("Slice", Attributes.builder().build()),
                padded,
                graph.freshConstant("starts", Tensor.vector(0, 0, 0, 0)),
                ends);
    }

    /// Through a shape in which no axis is a channel, or a transposition, and back.
    private String turned(Generator g, String a) {
        List<Long> there = g.flip() ? List.of(0L, 2L, 3L, 1L) : List.of(3L, 1L, 0L, 2L);
        List<Long> back = there.getFirst() == 0 ? List.of(0L, 3L, 1L, 2L) : List.of(2L, 1L, 3L, 0L);
        String turned = unary(UnaryFunction.TANH, graph.add(new Transpose(there), a));
        return graph.add(new Transpose(back), turned);
    }
}
