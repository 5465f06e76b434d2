package dev.octet.conformance.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Numerics;
import dev.octet.engine.PlanDescription;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.graph.pass.FixedPointLowering;
import dev.octet.graph.pass.Fusion;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.onnx.OnnxReader;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/// A whole network that people use runs in integers only between its input's quantization and its output's
/// dequantization, shown by what its steps are and by what the byte code of their kernels can reach.
class IntegerOnlyTest {
    private static final String MODEL = "/models/ch_ppocr_mobile_v2.0_cls_infer.onnx";
    private static final Shape PICTURE = Shape.of(1, 3, 48, 192);

    @TempDir private Path folder;

    private Graph model() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (InputStream in = IntegerOnlyTest.class.getResourceAsStream(MODEL)) {
            Files.copy(in, file);
        }
        return OnnxReader.read(file);
    }

    private static Map<String, Tensor> picture(int seed) {
        Tensor picture = Generator.caseOf(77, seed).floats(PICTURE, 0.7f, 0.9f);
        for (long i = 0; i < picture.elementCount(); i++) {
            if (i % 192 / (3 + seed) % 2 == 0 && i / 192 % 48 > 12 && i / 192 % 48 < 36) {
                picture.setFloat(i, -picture.getFloat(i));
            }
        }
        return Map.of("x", picture);
    }

    @Test
    void aWholeNetworkRunsInIntegers(TestReporter reporter) throws IOException {
        Graph model = model();
        List<Map<String, Tensor>> samples = List.of(picture(0), picture(1), picture(2), picture(3));
        List<PlanDescription.Step> steps = steps(model, samples, picture(4), 15, reporter);
        assertThat(steps).hasSizeGreaterThan(150);
        assertThat(steps)
                .extracting(PlanDescription.Step::operator)
                .contains("ConvInteger", "MatMulInteger", "IntegerAdd", "IntegerMul", "IntegerMean", "IntegerSoftmax");
    }

    /// What that network does not have: a transposed convolution, a difference, and the logarithm of Softmax.
    @Test
    void aNetworkThatDrawsRunsInIntegers(TestReporter reporter) {
        Generator g = Generator.of(78);
        GraphBuilder builder = new GraphBuilder("decoder");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(1, 4, 6, 5));
        Window halves = Window.of(3, 3).withStrides(2, 2).withPads(1, 1, 1, 1);
        String kernel = builder.constant("kernel", g.normals(Shape.of(4, 8, 3, 3), 0, 0.2f));
        String bias = builder.constant("bias", g.normals(Shape.of(8), 0, 0.1f));
        String wide = builder.add(new ConvTranspose(halves, 1, List.of(), List.of()), x, kernel, bias);
        String rectified = builder.add(Unary.of(UnaryFunction.RELU), wide);
        String first = builder.constant("first", g.normals(Shape.of(6, 8, 1, 1), 0, 0.4f));
        String second = builder.constant("second", g.normals(Shape.of(6, 8, 1, 1), 0, 0.4f));
        String a = builder.add(new Conv(Window.of(1, 1), 1), rectified, first);
        String b = builder.add(new Conv(Window.of(1, 1), 1), rectified, second);
        String difference = builder.add(new Binary(BinaryFunction.SUB), a, b);
        String means = builder.add(new Flatten(1), builder.add(new GlobalPool(PoolFunction.AVERAGE), difference));
        builder.output(builder.add(new Softmax(-1, true, false), means));
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            samples.add(Map.of("x", g.normals(Shape.of(1, 4, 6, 5), 0, 1)));
        }
        assertThat(steps(builder.build(), samples.subList(0, 4), samples.get(4), 25, reporter))
                .extracting(PlanDescription.Step::operator)
                .contains("ConvTransposeInteger", "IntegerSub", "IntegerLogSoftmax");
    }

    /// The steps of a model with preset `tflite`: nothing but integers after the first and before the last, the bits of
    /// the operators' own evaluation, and near the float model.
    private static List<PlanDescription.Step> steps(
            Graph model,
            List<Map<String, Tensor>> samples,
            Map<String, Tensor> inputs,
            double decibels,
            TestReporter reporter) {
        PreparedGraph prepared = Quantizer.prepare(model, Presets.TFLITE);
        Graph quantized =
                Quantizer.convert(prepared, prepared.calibrate(Dataset.of(samples), CalibrationListener.NONE));
        SessionOptions options = SessionOptions.defaults().withThreads(2).withNumerics(Numerics.TFLITE);
        List<PlanDescription.Step> steps;
        Map<String, Tensor> output;
        try (Session session = Session.open(quantized, options)) {
            steps = session.describe(Map.of("x", inputs.get("x").shape())).steps();
            output = session.run(inputs);
        }
        assertThat(steps.getFirst().operator()).isEqualTo("RoundedQuantize");
        assertThat(steps.getLast().operator()).isEqualTo("DequantizeLinear");
        assertThat(steps.subList(1, steps.size() - 1)).allMatch(step -> step.by().equals("integer") || isMove(step));
        Map<String, Tensor> reference =
                ReferenceInterpreter.run(
                        new IntegerLowering(IntegerLowering.Target.ENGINE)
                                .then(new FixedPointLowering(RoundingSteps.SINGLE))
                                .apply(Fusion.standard().apply(quantized)),
                        inputs);
        TensorAssert.assertThat(only(output)).as("the operators' own evaluation").isIdenticalTo(only(reference));
        try (Session original = Session.open(model)) {
            Fidelity fidelity = Fidelity.of(only(original.run(inputs)), only(output));
            reporter.publishEntry("TFLite numerics against float", fidelity.toString());
            assertThat(fidelity.sqnr()).isGreaterThan(decibels);
        }
        return steps;
    }

    private static Tensor only(Map<String, Tensor> outputs) {
        return outputs.values().iterator().next();
    }

    /// Whether a step only changes the order of axes.
    private static boolean isMove(PlanDescription.Step step) {
        return step.operator().equals("Transpose") && step.by().equals("portable");
    }

    @Test
    void itsKernelsReachNoFloat() {
        FloatUse use = new FloatUse();
        List<String> kernels =
                new ArrayList<>(use.implementors("dev/octet/kernels/Kernel", "dev/octet/kernels/integer"));
        assertThat(kernels).hasSizeGreaterThan(7);
        kernels.add("dev/octet/kernels/portable/TransposeKernel");
        for (String kernel : kernels) {
            assertThat(use.of(kernel, "run")).as(kernel).isEmpty();
            assertThat(use.of(kernel, "tiles")).as(kernel).isEmpty();
        }
        assertThat(use.reached())
                .contains(
                        "dev/octet/quant/FixedPointMultiplier.multiply(I)I",
                        "dev/octet/quant/FixedPoint.exp(II)I",
                        "dev/octet/quant/FixedPoint.log(II)I",
                        "dev/octet/kernels/integer/Product.multiply([I[IIIII[I)V");
    }

    /// The search must be able to find something.
    @Test
    void otherKernelsReachFloats() {
        assertThat(new FloatUse().of("dev/octet/kernels/portable/PoolKernel", "run"))
                .anyMatch(line -> line.contains("call"))
                .anyMatch(line -> line.contains("FALOAD"));
        assertThat(new FloatUse().of("dev/octet/quant/FloatMultiplier", "multiply")).isNotEmpty();
        assertThat(new FloatUse().of("dev/octet/quant/FixedPointMultiplier", "of")).isNotEmpty();
    }
}
