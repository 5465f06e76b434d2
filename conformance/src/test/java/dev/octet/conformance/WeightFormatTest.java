package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quant.CodebookWeights.Format;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.WeightOnlySpec;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// MiniLM with the weights of its products in levels at unequal distances, written, read back and run: how close its
/// token vectors stay to the float model's. Bounds lie below what was measured: cosines 0.970, 0.964, 0.900 and 0.537.
class WeightFormatTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource({"NF4, 0.96", "CODEBOOK, 0.955", "POW2, 0.88", "INT2, 0.4"})
    void storesMiniLm(Format format, double leastCosine, TestReporter reporter) throws IOException {
        Path file = Files.write(folder.resolve("model.onnx"), RealModels.read(RealModels.MINILM));
        Graph graph = OnnxReader.read(file);
        Conversion conversion = Quantizer.weightOnly(graph, new WeightOnlySpec(format, 64, Presets.X86));
        Path stored = folder.resolve("stored.onnx");
        OnnxWriter.write(conversion.graph(), stored);
        Map<String, Tensor> sentence = RealModels.longSentence();
        try (Session original = Session.open(graph);
                Session session = Session.open(OnnxReader.read(stored))) {
            String output = original.outputs().getFirst().name();
            Tensor expected = original.run(sentence).get(output);
            Fidelity fidelity = Fidelity.of(expected, session.run(sentence).get(output));
            double smaller = (double) conversion.floatWeightBytes() / conversion.quantizedWeightBytes();
            reporter.publishEntry(format.toString(), fidelity + ", weights " + smaller + " times smaller");
            assertThat(fidelity.cosine()).isGreaterThan(leastCosine);
            assertThat(smaller).isGreaterThan(format == Format.INT2 ? 12 : 7);
        }
    }
}
