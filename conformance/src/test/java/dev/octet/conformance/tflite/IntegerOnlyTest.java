package dev.octet.conformance.tflite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Numerics;
import dev.octet.engine.PlanDescription;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
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
        PreparedGraph prepared = Quantizer.prepare(model, Presets.TFLITE);
        List<Map<String, Tensor>> samples = List.of(picture(0), picture(1), picture(2), picture(3));
        Graph quantized =
                Quantizer.convert(prepared, prepared.calibrate(Dataset.of(samples), CalibrationListener.NONE));
        SessionOptions options = SessionOptions.defaults().withThreads(2).withNumerics(Numerics.TFLITE);
        List<PlanDescription.Step> steps;
        Map<String, Tensor> output;
        try (Session session = Session.open(quantized, options)) {
            steps = session.describe(Map.of("x", PICTURE)).steps();
            output = session.run(picture(4));
        }
        assertThat(steps.getFirst().operator()).isEqualTo("RoundedQuantize");
        assertThat(steps.getLast().operator()).isEqualTo("DequantizeLinear");
        assertThat(steps.subList(1, steps.size() - 1))
                .hasSizeGreaterThan(150)
                .allMatch(step -> step.by().equals("integer") || isMove(step));
        assertThat(steps)
                .extracting(PlanDescription.Step::operator)
                .contains("ConvInteger", "MatMulInteger", "IntegerAdd", "IntegerMul", "IntegerMean", "IntegerSoftmax");

        Map<String, Tensor> reference =
                ReferenceInterpreter.run(
                        new IntegerLowering(IntegerLowering.Target.ENGINE)
                                .then(new FixedPointLowering(RoundingSteps.SINGLE))
                                .apply(Fusion.standard().apply(quantized)),
                        picture(4));
        TensorAssert.assertThat(only(output)).as("the operators' own evaluation").isIdenticalTo(only(reference));
        try (Session original = Session.open(model)) {
            Fidelity fidelity = Fidelity.of(only(original.run(picture(4))), only(output));
            reporter.publishEntry("TFLite numerics against float", fidelity.toString());
            assertThat(fidelity.sqnr()).isGreaterThan(15);
        }
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
