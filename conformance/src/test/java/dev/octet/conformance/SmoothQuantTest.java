package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.algorithm.smoothquant.SmoothQuant;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// SmoothQuant on a real transformer.
class SmoothQuantTest {
    private static final String OUTPUT = "882";

    @Test
    void floatStaysTheSameAndEightBitsLoseLess() throws IOException {
        Graph graph = OnnxReader.read(RealModels.read(RealModels.MINILM));
        Dataset data = Dataset.of(List.of(RealModels.shortSentence(), RealModels.longSentence()));
        Map<String, Tensor> sample = RealModels.longSentence();
        Graph smooth =
                new SmoothQuant(0.75)
                        .apply(
                                graph,
                                Presets.X86,
                                data,
                                SessionOptions.defaults().withThreads(2),
                                CalibrationListener.NONE);
        Tensor expected = run(graph, sample);
        assertThat(Fidelity.of(expected, run(smooth, sample)).sqnr()).isGreaterThan(120);
        double plain = Fidelity.of(expected, run(quantized(graph, data), sample)).sqnr();
        double smoothed = Fidelity.of(expected, run(quantized(smooth, data), sample)).sqnr();
        assertThat(smoothed).as("%s dB without", plain).isGreaterThan(plain + 3);
    }

    private static Graph quantized(Graph graph, Dataset data) {
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        return Quantizer.convert(prepared, prepared.calibrate(data, CalibrationListener.NONE));
    }

    private static Tensor run(Graph graph, Map<String, Tensor> sample) {
        try (Session session = Session.open(graph)) {
            return session.run(sample).get(OUTPUT);
        }
    }
}
