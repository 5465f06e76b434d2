package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.qat.op.TensorArrays;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import dev.octet.test.ReferenceInterpreter;
import dev.octet.test.TensorAssert;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class QatBlockTest {
    private static final Shape BATCH = Shape.of(4, 3, 8, 8);

    private final Generator random = Generator.of(21);

    /// Convolution, depthwise convolution, residual sum and pooling, every activation an output.
    private Graph watched() {
        GraphBuilder b = new GraphBuilder("watched");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 3, 8, 8));
        String stem = convBn(b, "stem", x, 3, 8, 3, 1);
        String depthwise = convBn(b, "depthwise", stem, 8, 8, 3, 8);
        String sum = output(b, b.add(new Binary(BinaryFunction.ADD), stem, depthwise));
        String pooled =
                b.add(new Pool(PoolFunction.MAX, Window.of(2, 2).withStrides(2, 2), false, false, false, 2), sum);
        String last = convBn(b, "last", pooled, 8, 4, 1, 1);
        b.output(b.add(new Conv(Window.of(1, 1), 1), last, weights(b, "head", 3, 4, 1, 1)));
        return b.build();
    }

    private static String output(GraphBuilder b, String value) {
        b.output(value);
        return value;
    }

    private String convBn(GraphBuilder b, String name, String x, long in, long out, long kernel, int group) {
        long pad = kernel / 2;
        String conv =
                b.add(
                        new Conv(Window.of(kernel, kernel).withPads(pad, pad, pad, pad), group),
                        x,
                        weights(b, name, out, in / group, kernel, kernel));
        String norm =
                b.add(
                        new BatchNormalization(1e-5f),
                        conv,
                        b.constant(name + ".gamma", random.floats(Shape.of(out), 0.5f, 1.5f)),
                        b.constant(name + ".beta", random.normals(Shape.of(out), 0, 0.1f)),
                        b.constant(name + ".mean", random.normals(Shape.of(out), 0, 0.1f)),
                        b.constant(name + ".var", random.floats(Shape.of(out), 0.5f, 1.5f)));
        return output(b, b.add(Unary.of(UnaryFunction.RELU), norm));
    }

    private String weights(GraphBuilder b, String name, long... dims) {
        return b.constant(name + ".weight", random.normals(Shape.of(dims), 0, 0.4f));
    }

    private Tensor batch(int samples) {
        return random.normals(Shape.of(samples, 3, 8, 8), 0, 1);
    }

    private static List<Tensor> run(GraphBlock block, Tensor x, boolean training) {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDList inputs = new NDList(TensorArrays.toArray(manager, x));
            NDList outputs = block.forward(new ParameterStore(manager, false), inputs, training);
            return outputs.stream().map(TensorArrays::toTensor).toList();
        }
    }

    @Test
    void convertedGraphIsTheFrozenNetwork() {
        for (String preset : QatPresets.names()) {
            QatBlock block = Qat.prepare(watched(), QatPresets.named(preset));
            for (int step = 0; step < 4; step++) {
                run(block, batch(4), true);
            }
            block.observe(false);
            // Values like those that were observed, and others that go beyond all ranges.
            for (float deviation : new float[] {1, 4}) {
                checkConverted(preset + ", deviation " + deviation, block, random.normals(BATCH, 0, deviation));
            }
        }
    }

    private static void checkConverted(String what, QatBlock block, Tensor x) {
        List<Tensor> frozen = run(block, x, false);
        Graph converted = block.convert();
        Map<String, Tensor> found = ReferenceInterpreter.run(converted, Map.of("x", x));
        CalibrationTable table = block.table();
        for (int i = 0; i < converted.outputs().size(); i++) {
            String output = converted.outputs().get(i).name();
            QuantParams params = table.entry(output).map(e -> e.params()).orElse(null);
            if (params != null) {
                assertWithinOneStep(what + " " + output, frozen.get(i), found.get(output), params.scale());
            }
            assertThat(TensorAssert.sqnr(frozen.get(i), found.get(output))).as(what + " " + output).isGreaterThan(60);
        }
    }

    /// PyTorch clamps to [0, 127] in training, and to all of UINT8 once converted.
    @Test
    void aReducedRangeIsKeptInTrainingOnly() {
        for (String preset : List.of("x86", "fbgemm")) {
            QatBlock block = Qat.prepare(watched(), QatPresets.named(preset));
            run(block, batch(4), true);
            block.observe(false);
            block.freezeBatchNorm(true);
            Tensor x = random.normals(BATCH, 0, 4);
            QuantParams stem = block.table().entry(block.original().outputs().getFirst().name()).orElseThrow().params();
            assertThat(largest(run(block, x, true).getFirst()) / stem.scale()).isCloseTo(127, Offset.offset(1e-3));
            assertThat(largest(run(block, x, false).getFirst()) / stem.scale()).isGreaterThan(128);
        }
    }

    private static double largest(Tensor values) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float value : values.toFloatArray()) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    /// Sums are rounded in another order, so a value may fall to the other side of a rounding, seldom.
    private static void assertWithinOneStep(String what, Tensor expected, Tensor found, float scale) {
        int different = 0;
        for (long i = 0; i < expected.elementCount(); i++) {
            double steps = Math.abs(expected.getDouble(i) - found.getDouble(i)) / scale;
            assertThat(steps).as("%s[%d]", what, i).isLessThan(1.01);
            different += steps > 0.01 ? 1 : 0;
        }
        assertThat((double) different / expected.elementCount()).as(what).isLessThan(0.005);
    }

    @Test
    void withoutRoundingItIsTheFloatGraph() {
        Graph graph = Models.tinyConvNet(5);
        QatBlock block = Qat.prepare(graph, QatPresets.X86);
        block.quantizeActivations(false);
        block.quantizeWeights(false);
        Tensor x = random.normals(Shape.of(2, 3, 16, 16), 0, 1);
        Tensor expected = ReferenceInterpreter.run(graph, Map.of("image", x)).get("logits");
        TensorAssert.assertThat(run(block, x, false).getFirst()).isCloseTo(expected, 1e-4, 1e-4);
    }

    @Test
    void startsFromCalibration() {
        Graph graph = Models.tinyConvNet(5);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            samples.add(Map.of("image", random.normals(Shape.of(1, 3, 16, 16), 0, 1)));
        }
        CalibrationTable start =
                Quantizer.prepare(graph, QatPresets.TENSORRT.quantization())
                        .calibrate(Dataset.of(samples), 1, CalibrationListener.NONE);
        QatBlock block = Qat.prepare(graph, QatPresets.TENSORRT, start);
        run(block, random.normals(Shape.of(2, 3, 16, 16), 0, 3), true);
        CalibrationTable table = block.table();
        start.entries()
                .forEach((name, entry) ->
                        assertThat(table.entry(name).orElseThrow().params()).as(name).isEqualTo(entry.params()));
    }

    @Test
    void presetsAreThoseOfTheirSystems() {
        assertThat(QatPresets.names()).containsExactly("x86", "fbgemm", "qnnpack", "tensorrt", "tflite", "lsq");
        QatSpec tensorRt = QatPresets.TENSORRT;
        assertThat(tensorRt.activation()).isEqualTo(new FakeQuantSpec.Fixed());
        assertThat(tensorRt.quantization().activation().scheme().symmetric()).isTrue();
        assertThat(tensorRt.quantization().weight().scheme().symmetric()).isTrue();
        assertThat(QatPresets.X86.activation()).isEqualTo(new FakeQuantSpec.FusedMovingAverage(0.01));
        assertThat(QatPresets.X86.quantization().activation().scheme().quantMax()).isEqualTo(127);
        assertThat(QatPresets.QNNPACK.quantization().activation().scheme().quantMax()).isEqualTo(255);
        assertThat(QatPresets.TFLITE.quantization().weight().scheme().quantMin()).isEqualTo(-127);
    }

    @Test
    void gradientsReachEveryWeight() {
        QatBlock block = Qat.prepare(Models.tinyConvNet(5), QatPresets.X86);
        Tensor x = random.normals(Shape.of(4, 3, 16, 16), 0, 1);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDArray input = TensorArrays.toArray(manager, x);
            ParameterStore store = new ParameterStore(manager, false);
            Gradients.of(
                    input,
                    random.normals(Shape.of(40), 0, 1).toFloatArray(),
                    v -> block.forward(store, new NDList(v), true).singletonOrThrow());
            block.getParameters().values().stream()
                    .filter(p -> p.requiresGradient())
                    .forEach(p ->
                            assertThat(p.getArray().getGradient().abs().sum().getFloat()).as(p.getName()).isPositive());
        }
    }

    @Test
    void parametersAreSavedAndLoaded() throws Exception {
        Graph graph = Models.tinyConvNet(5);
        QatBlock trained = Qat.prepare(graph, QatPresets.X86);
        Tensor x = random.normals(Shape.of(4, 3, 16, 16), 0, 1);
        run(trained, x, true);
        java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
        trained.saveParameters(new java.io.DataOutputStream(bytes));
        QatBlock loaded = Qat.prepare(graph, QatPresets.X86);
        loaded.loadParameters(
                loaded.manager(), new java.io.DataInputStream(new java.io.ByteArrayInputStream(bytes.toByteArray())));
        TensorAssert.assertThat(run(loaded, x, false).getFirst()).isIdenticalTo(run(trained, x, false).getFirst());
        assertThat(loaded.table().entries()).isEqualTo(trained.table().entries());
    }

    @Test
    void onlyWeightsAreTrained() {
        QatBlock block = Qat.prepare(Models.tinyConvNet(5), QatPresets.X86);
        List<String> trained =
                block.getParameters().values().stream()
                        .filter(p -> p.requiresGradient())
                        .map(p -> p.getName())
                        .toList();
        assertThat(trained).contains("stem.weight", "classifier.weight", "classifier.bias");
        assertThat(trained).noneMatch(n -> n.contains("running") || n.endsWith(".min") || n.endsWith(".scale"));
    }

    @Test
    void stubsBoundWhatIsQuantized() {
        Layers net = new Layers("bounded", 1);
        String x = net.relu(net.conv(net.input("x", 3, 8, 8), 4, 3, 1));
        x = net.relu(net.conv(net.quantStub(x), 4, 3, 1));
        x = net.conv(net.deQuantStub(x), 4, 1, 1);
        QatBlock block = Qat.prepare(net.build(x), QatPresets.X86);
        assertThat(block.prepared().decisions())
                .filteredOn(d -> d.node().op() instanceof Conv)
                .extracting(d -> d.quantized())
                .containsExactly(false, true, false);
    }

    /// Before training all normalizations are alike, and so are the biases that they are folded into.
    @Test
    void constantsThatAreEqualAtTheStartStayApart() {
        Layers net = new Layers("fresh", 1);
        String x = net.relu(net.batchNorm(net.conv(net.input("x", 3, 8, 8), 4, 3, 1)));
        x = net.relu(net.batchNorm(net.conv(x, 4, 3, 1)));
        QatBlock block = Qat.prepare(net.build(x), QatPresets.X86);
        assertThat(block.getParameters().keys()).filteredOn(n -> n.endsWith("gamma")).hasSize(2);
        run(block, batch(4), true);
        Graph trained = block.prepared().graph();
        List<float[]> biases =
                trained.nodes().stream()
                        .filter(n -> n.op() instanceof Conv)
                        .map(n -> trained.constant(n.input(2)).orElseThrow().toFloatArray())
                        .toList();
        assertThat(biases).hasSize(2);
        assertThat(biases.get(0)).isNotEqualTo(biases.get(1));
    }

    @Test
    void nodesKeepTheirNames() {
        QatBlock block = Qat.prepare(Models.tinyConvNet(5), QatPresets.X86);
        run(block, random.normals(Shape.of(4, 3, 16, 16), 0, 1), true);
        List<String> before = block.original().nodes().stream().map(Node::name).toList();
        assertThat(block.convert().nodes().stream().map(Node::name).toList()).containsAll(before);
    }
}
