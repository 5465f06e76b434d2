package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.engine.Session;
import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Operators;
import dev.octet.qat.op.TensorArrays;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/// Every operator that can be trained, behind a quantized convolution, in two presets each: gradients are those of the
/// float graph, and with fake quantization like these; the converted graph, by the reference and in the engine, gives
/// what the frozen block gives, within one step of its output's quantization.
class QatOperatorsTest {
    private static final int CHANNELS = 4;
    private static final int SIDE = 6;

    /// Presets that each operator is tried in; they take turns.
    private static final int PRESETS_EACH = 2;

    /// Part of the elements that may be more than a step away.
    private static final double SELDOM = 0.003;

    /// Cosine between gradients that pass through roundings to 8 bits, and gradients without these. Roundings make
    /// ties, which share the gradient of a maximum.
    private static final double ALIKE = 0.8;

    private final Generator random = Generator.of(31);
    private int stepped;

    /// What follows the convolution, whose result is `[N, 4, 6, 6]`.
    @FunctionalInterface
    private interface Tail {
        String add(Network net, String x);
    }

    private static final class Network {
        private final GraphBuilder builder;
        private final Generator random;
        private int count;

        Network(String name, Generator random) {
            builder = new GraphBuilder(name);
            this.random = random;
        }

        String constant(Tensor tensor) {
            return builder.constant("c" + count++, tensor);
        }

        String weights(long... dims) {
            return constant(random.normals(Shape.of(dims), 0, 0.5f));
        }

        String positive(long... dims) {
            return constant(random.floats(Shape.of(dims), 0.5f, 1.5f));
        }

        String op(String type, Attributes attributes, String... inputs) {
            return outputs(1, type, attributes, inputs).getFirst();
        }

        List<String> outputs(int outputs, String type, Attributes attributes, String... inputs) {
            String name = type.toLowerCase(java.util.Locale.ROOT) + count++;
            List<String> names = new ArrayList<>();
            for (int i = 0; i < outputs; i++) {
                names.add(name + "_" + i);
            }
            builder.add(new Node(name, Operators.read("", type, attributes), List.of(inputs), names));
            return names;
        }

        String op(String type, String... inputs) {
            return op(type, Attributes.EMPTY, inputs);
        }
    }

    private static Attributes of(String name, long... values) {
        return Attributes.builder().put(name, java.util.Arrays.stream(values).boxed().toList()).build();
    }

    private static Attributes one(String name, long value) {
        return Attributes.builder().put(name, value).build();
    }

    private static Attributes windowed(long kernel) {
        return Attributes.builder()
                .put("kernel_shape", List.of(kernel, kernel))
                .put("strides", List.of(kernel, kernel))
                .build();
    }

    private static Attributes resized(String mode) {
        return Attributes.builder().put("mode", mode).build();
    }

    private static String flat(Network net, String x) {
        return net.op("Reshape", x, net.constant(Tensor.vector(0, CHANNELS * SIDE * SIDE)));
    }

    private static String recurrent(Network net, String type, long gates, String x) {
        String steps = net.op("Reshape", x, net.constant(Tensor.vector(0, CHANNELS, SIDE * SIDE)));
        String sequence = net.op("Transpose", of("perm", 1, 0, 2), steps);
        String w = net.weights(1, gates, SIDE * SIDE);
        return net.op(type, one("hidden_size", 5), sequence, w, net.weights(1, gates, 5), net.weights(1, 2 * gates));
    }

    private static void linear(Map<String, Tail> tails) {
        tails.put(
                "Conv, 1-D",
                (n, x) -> {
                    String rows = n.op("Reshape", x, n.constant(Tensor.vector(0, CHANNELS, SIDE * SIDE)));
                    return n.op("Conv", of("pads", 1, 1), rows, n.weights(5, CHANNELS, 3), n.weights(5));
                });
        tails.put("Conv, 2-D", (n, x) -> n.op("Conv", of("pads", 1, 1, 1, 1), x, n.weights(5, CHANNELS, 3, 3)));
        tails.put("Conv, grouped", (n, x) -> n.op("Conv", one("group", 2), x, n.weights(6, 2, 3, 3), n.weights(6)));
        tails.put("Conv, depthwise", (n, x) -> n.op("Conv", one("group", 4), x, n.weights(4, 1, 3, 3), n.weights(4)));
        tails.put("ConvTranspose", (n, x) -> n.op("ConvTranspose", of("strides", 2, 2), x, n.weights(4, 3, 2, 2)));
        tails.put(
                "ConvTranspose, grouped",
                (n, x) -> n.op("ConvTranspose", one("group", 2), x, n.weights(4, 3, 2, 2), n.weights(6)));
        tails.put(
                "Gemm",
                (n, x) ->
                        n.op("Gemm", one("transB", 1), flat(n, x), n.weights(5, CHANNELS * SIDE * SIDE), n.weights(5)));
        tails.put("MatMul", (n, x) -> n.op("MatMul", flat(n, x), n.weights(CHANNELS * SIDE * SIDE, 5)));
        tails.put("MatMul of two values", (n, x) -> n.op("MatMul", x, n.op("Transpose", of("perm", 0, 1, 3, 2), x)));
        tails.put("LSTM", (n, x) -> recurrent(n, "LSTM", 20, x));
        tails.put("GRU", (n, x) -> recurrent(n, "GRU", 15, x));
    }

    private static void elementwise(Map<String, Tail> tails) {
        for (String type :
                List.of(
                        "Relu",
                        "Sigmoid",
                        "Tanh",
                        "HardSigmoid",
                        "HardSwish",
                        "LeakyRelu",
                        "Elu",
                        "Selu",
                        "Softplus",
                        "Softsign",
                        "Mish",
                        "Gelu",
                        "Exp",
                        "Abs",
                        "Neg",
                        "Erf")) {
            tails.put(type, (n, x) -> n.op(type, x));
        }
        tails.put("Clip", (n, x) -> n.op("Clip", x, n.constant(Tensor.scalar(0f)), n.constant(Tensor.scalar(1f))));
        tails.put("PRelu", (n, x) -> n.op("PRelu", x, n.positive(CHANNELS, 1, 1)));
        for (String type : List.of("Add", "Mul", "Sub", "Div")) {
            tails.put(type + " of a constant", (n, x) -> n.op(type, x, n.positive(CHANNELS, 1, 1)));
        }
        for (String type : List.of("Add", "Mul", "Sub", "Max", "Min")) {
            tails.put(type + " of two values", (n, x) -> n.op(type, x, n.op("Sigmoid", x)));
        }
        tails.put(
                "BatchNormalization",
                (n, x) ->
                        n.op(
                                "BatchNormalization",
                                n.op("Relu", x),
                                n.positive(4),
                                n.weights(4),
                                n.weights(4),
                                n.positive(4)));
        tails.put("LayerNormalization", (n, x) -> n.op("LayerNormalization", x, n.positive(SIDE), n.weights(SIDE)));
        tails.put("InstanceNormalization", (n, x) -> n.op("InstanceNormalization", x, n.positive(4), n.weights(4)));
        tails.put("Softmax", (n, x) -> n.op("Softmax", one("axis", -1), x));
        tails.put("LogSoftmax", (n, x) -> n.op("LogSoftmax", one("axis", -1), x));
    }

    private static void rearranging(Map<String, Tail> tails) {
        tails.put("MaxPool", (n, x) -> n.op("MaxPool", windowed(2), x));
        tails.put("AveragePool", (n, x) -> n.op("AveragePool", windowed(2), x));
        tails.put("GlobalAveragePool", (n, x) -> n.op("GlobalAveragePool", x));
        tails.put("GlobalMaxPool", (n, x) -> n.op("GlobalMaxPool", x));
        tails.put("Concat", (n, x) -> n.op("Concat", one("axis", 1), x, n.op("Relu", x)));
        tails.put("Reshape", QatOperatorsTest::flat);
        tails.put("Flatten", (n, x) -> n.op("Flatten", x));
        tails.put("Transpose", (n, x) -> n.op("Transpose", of("perm", 0, 2, 3, 1), x));
        tails.put(
                "Slice",
                (n, x) -> {
                    String two = n.constant(Tensor.vector(2));
                    return n.op("Slice", x, n.constant(Tensor.vector(1)), n.constant(Tensor.vector(6)), two, two);
                });
        tails.put(
                "Split",
                (n, x) -> {
                    List<String> parts = n.outputs(2, "Split", one("axis", 1), x, n.constant(Tensor.vector(1, 3)));
                    return n.op("Add", parts.get(0), parts.get(1));
                });
        tails.put("Gather", (n, x) -> n.op("Gather", one("axis", 1), x, n.constant(Tensor.vector(3, 0, -2))));
        tails.put("Pad", (n, x) -> n.op("Pad", x, n.constant(Tensor.vector(0, 0, 1, 0, 0, 0, 0, 2))));
        tails.put(
                "Unsqueeze, Squeeze",
                (n, x) -> {
                    String axis = n.constant(Tensor.vector(2));
                    return n.op("Squeeze", n.op("Relu", n.op("Unsqueeze", x, axis)), axis);
                });
        tails.put(
                "Expand",
                (n, x) -> {
                    String pooled = n.op("GlobalAveragePool", x);
                    return n.op("Expand", pooled, n.constant(Tensor.vector(1, 1, 2, 3)));
                });
        for (String mode : List.of("nearest", "linear")) {
            tails.put(
                    "Resize, " + mode,
                    (n, x) ->
                            n.op("Resize", resized(mode), x, "", n.constant(Tensor.of(Shape.of(4), 1f, 1f, 2f, 1.5f))));
        }
        for (String type : List.of("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2")) {
            tails.put(type, (n, x) -> n.op(type, x, n.constant(Tensor.vector(2, 3))));
        }
    }

    @Test
    void everyOperatorIsTrainedAndConverted() {
        Map<String, Tail> tails = new LinkedHashMap<>();
        linear(tails);
        elementwise(tails);
        rearranging(tails);
        List<String> presets = QatPresets.names();
        int turn = 0;
        for (Map.Entry<String, Tail> tail : tails.entrySet()) {
            for (int i = 0; i < PRESETS_EACH; i++) {
                String preset = presets.get(turn++ % presets.size());
                check(tail.getKey() + ", " + preset, graph(tail.getKey(), tail.getValue()), QatPresets.named(preset));
            }
        }
        assertThat(stepped).as("quantized outputs").isGreaterThanOrEqualTo(20);
    }

    /// They are observed one after the other, and all that changes between two of them must not touch the gradients of
    /// the first.
    @Test
    void valuesThatShareTheirRangeAreTrainedInEveryPreset() {
        for (String preset : QatPresets.names()) {
            Graph graph = graph("shared", (n, x) -> n.op("Concat", one("axis", 1), x, n.op("Tanh", x), n.op("Neg", x)));
            check("Concat of three, " + preset, graph, QatPresets.named(preset));
        }
    }

    /// Difference quotients say nothing of functions with steps, so here nothing is rounded.
    @Test
    void gradientsWithoutRoundingAreThoseOfTheFloatGraph() {
        Map<String, Tail> tails = new LinkedHashMap<>();
        linear(tails);
        elementwise(tails);
        rearranging(tails);
        tails.forEach((name, tail) -> {
            QatBlock block = Qat.prepare(graph(name, tail), QatPresets.QNNPACK);
            block.quantizeActivations(false);
            block.quantizeWeights(false);
            block.freezeBatchNorm(true);
            GradientCheck.assertGradients(name, block, random.normals(Shape.of(4, 3, SIDE, SIDE), 0, 1));
        });
    }

    private Graph graph(String name, Tail tail) {
        Network net = new Network(name, random);
        String x = net.builder.input("x", DType.FLOAT32, PartialShape.of(-1, 3, SIDE, SIDE));
        String y = net.op("Conv", of("pads", 1, 1, 1, 1), x, net.weights(CHANNELS, 3, 3, 3), net.weights(CHANNELS));
        String z = tail.add(net, y);
        net.builder.output(z);
        // Somebody who reads it in integers.
        net.builder.output(net.op("Add", z, z));
        return net.builder.build();
    }

    private void check(String what, Graph graph, QatSpec spec) {
        QatBlock block = Qat.prepare(graph, spec);
        Tensor x = random.normals(Shape.of(4, 3, SIDE, SIDE), 0, 1);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            ParameterStore store = new ParameterStore(manager, false);
            NDArray array = TensorArrays.toArray(manager, x);
            long size = block.forward(store, new NDList(array), true).head().size();
            float[] upstream = random.normals(Shape.of(size), 0, 1).toFloatArray();
            double[] rounded = gradients(block, store, array, upstream);
            block.quantizeActivations(false);
            block.quantizeWeights(false);
            double[] plain = gradients(block, store, array, upstream);
            assertThat(cosine(rounded, plain)).as(what + ": gradients with rounding and without").isGreaterThan(ALIKE);
            block.quantizeActivations(true);
            block.quantizeWeights(true);
            block.observe(false);
            Tensor frozen = TensorArrays.toTensor(block.forward(store, new NDList(array), false).head());
            compare(what, block, x, frozen);
        }
    }

    /// Of the input and all weights, one after the other.
    private static double[] gradients(QatBlock block, ParameterStore store, NDArray x, float[] upstream) {
        DoubleStream.Builder all = DoubleStream.builder();
        NDArray input = x.duplicate();
        for (float value : Gradients.of(input, upstream, v -> block.forward(store, new NDList(v), true).head()).dx()) {
            all.add(value);
        }
        for (Parameter parameter : block.trainedParameters().values()) {
            if (!parameter.requiresGradient()) {
                continue;
            }
            NDArray gradient = parameter.getArray().getGradient();
            for (float value : gradient.toFloatArray()) {
                all.add(value);
            }
            // The next gradients start from zero.
            gradient.muli(0);
        }
        return all.build().toArray();
    }

    private static double cosine(double[] a, double[] b) {
        double product = 0;
        double ofA = 0;
        double ofB = 0;
        for (int i = 0; i < a.length; i++) {
            product += a[i] * b[i];
            ofA += a[i] * a[i];
            ofB += b[i] * b[i];
        }
        return product / Math.sqrt(ofA * ofB);
    }

    private void compare(String what, QatBlock block, Tensor x, Tensor frozen) {
        Graph converted = block.convert();
        String output = converted.outputs().getFirst().name();
        CalibrationTable table = block.table();
        float step =
                block.prepared().ranges().stream()
                        .filter(r -> r.values().contains(output))
                        .flatMap(r -> table.entry(r.name()).stream())
                        .map(e -> e.params().scale())
                        .findFirst()
                        .orElse(0f);
        stepped += step > 0 ? 1 : 0;
        Map<String, Tensor> inputs = Map.of("x", x);
        assertWithin(what + ", reference", frozen, ReferenceInterpreter.run(converted, inputs).get(output), step);
        try (Session session = Session.open(converted)) {
            assertWithin(what + ", engine", frozen, session.run(inputs).get(output), step);
        }
    }

    /// One step, or where the output is not quantized a hundredth of its range, which is less. Sums are rounded in
    /// another order, so seldom an inner value falls to the other side of a rounding, and what the operator makes of
    /// that may be more than a step.
    private static void assertWithin(String what, Tensor expected, Tensor found, float step) {
        double range = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            range = Math.max(range, Math.abs(expected.getDouble(i)));
        }
        double allowed = step > 0 ? 1.001 * step : 0.01 * range;
        double largest = 0;
        int beyond = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            double difference = Math.abs(expected.getDouble(i) - found.getDouble(i));
            largest = Math.max(largest, difference);
            beyond += difference > allowed ? 1 : 0;
        }
        assertThat(beyond)
                .as(what + ": farther away than " + allowed)
                .isLessThanOrEqualTo((int) (SELDOM * found.elementCount()));
        assertThat(largest).as(what).isLessThanOrEqualTo(3 * allowed);
    }
}
