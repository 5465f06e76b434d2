package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.OnnxRuntimeOracle.Mode;
import dev.octet.conformance.QuantizedStep.Difference;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Octet and ONNX Runtime, as a user gets it who sets nothing, give the same elements at every quantized value of real
/// networks, or neighbouring ones: one step of the quantization apart.
///
/// Preset `x86` keeps activations within seven bits, so that ONNX Runtime does not saturate either on a CPU without
/// exact 8-bit products.
class QuantizedStepsTest {
    @ParameterizedTest
    @EnumSource
    void sentences(QuantFormat format) throws IOException {
        List<Map<String, Tensor>> samples = List.of(RealModels.shortSentence(), RealModels.bothSentences());
        Graph quantized = quantized(RealModels.MINILM, format, samples);
        Difference total = compare(quantized, RealModels.longSentence());
        assertThat(total.elements()).isGreaterThan(1_000_000);
        // Measured: 268 of 1,263,624. Float sums of softmax, GELU and LayerNorm end at another last bit.
        assertThat(total.apart()).as(total.toString()).isLessThan(total.elements() / 1000);
    }

    @ParameterizedTest
    @CsvSource({
        RealModels.DETECTION + ", QDQ, 160, 160, 7",
        RealModels.DETECTION + ", QOPERATOR, 160, 160, 7",
        RealModels.RECOGNITION + ", QDQ, 48, 160, 3",
        RealModels.RECOGNITION + ", QOPERATOR, 48, 160, 3",
        RealModels.CLASSIFICATION + ", QDQ, 48, 192, 3",
        RealModels.CLASSIFICATION + ", QOPERATOR, 48, 192, 3"
    })
    void pictures(String resource, QuantFormat format, int height, int width, int thickness) throws IOException {
        Generator g = Generator.caseOf(41, 0);
        Shape shape = Shape.of(1, 3, height, width);
        Map<String, Tensor> sample = Map.of("x", RealModels.strokes(g, shape, thickness));
        Map<String, Tensor> other = Map.of("x", RealModels.strokes(g, shape, thickness + 1));
        Graph quantized = quantized(resource, format, List.of(sample, other));
        Difference total = compare(quantized, sample);
        assertThat(total.elements()).isGreaterThan(500_000);
        // Measured: none, but 11 of 3.1 million in detection.
        assertThat(total.apart()).as(total.toString()).isLessThan(total.elements() / 10_000);
    }

    private static Graph quantized(String resource, QuantFormat format, List<Map<String, Tensor>> samples)
            throws IOException {
        Graph graph = OnnxReader.read(RealModels.read(resource));
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86.withFormat(format));
        return Quantizer.convert(prepared, prepared.calibrate(Dataset.of(samples), CalibrationListener.NONE));
    }

    private static Difference compare(Graph graph, Map<String, Tensor> sample) {
        Map<String, Tensor> values = new HashMap<>(sample);
        values.putAll(valuesAtCuts(graph, sample));
        Difference total = Difference.NONE;
        for (QuantizedStep step : QuantizedStep.of(graph, values)) {
            try (Session session = Session.open(step.graph());
                    OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(OnnxWriter.toBytes(step.graph()), Mode.DEFAULT)) {
                Tensor expected = oracle.run(step.inputs()).get(step.value());
                Difference difference = Difference.between(expected, session.run(step.inputs()).get(step.value()));
                assertThat(difference.largest()).as(step.value()).isLessThanOrEqualTo(1);
                total = total.plus(difference);
            }
        }
        return total;
    }

    /// As ONNX Runtime computes them node by node.
    private static Map<String, Tensor> valuesAtCuts(Graph graph, Map<String, Tensor> sample) {
        GraphBuilder builder = graph.toBuilder();
        QuantizedStep.cuts(graph).stream().filter(v -> !graph.isOutput(v)).forEach(builder::output);
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(OnnxWriter.toBytes(builder.build()), Mode.UNOPTIMIZED)) {
            return oracle.run(sample);
        }
    }
}
