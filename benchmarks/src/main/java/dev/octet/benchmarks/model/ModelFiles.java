package dev.octet.benchmarks.model;

import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of networks, made once.
public final class ModelFiles {
    private static final int SAMPLES = 4;

    private final Path folder;

    /// @param folder where files are kept; made if it is not there
    public ModelFiles(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /// The forms of a network: `float`, `int8` (quantized statically by Octet with the preset `x86`, as Q and DQ
    /// nodes), and `int8-dynamic` where there is one.
    public Map<String, Path> forms(BenchNetwork network) throws IOException {
        Map<String, Path> forms = new LinkedHashMap<>();
        Path real = folder.resolve(network.file() + ".onnx");
        if (!Files.exists(real)) {
            network.source().write(real);
        }
        forms.put("float", real);
        if (network.quantized()) {
            Path quantized = folder.resolve(network.file() + ".int8.onnx");
            if (!Files.exists(quantized)) {
                quantize(network, real, quantized);
            }
            forms.put("int8", quantized);
        }
        BenchNetwork.Source source = network.dynamic();
        if (source != null) {
            Path dynamic = folder.resolve(network.file() + ".dynamic.onnx");
            if (!Files.exists(dynamic)) {
                source.write(dynamic);
            }
            forms.put("int8-dynamic", dynamic);
        }
        return forms;
    }

    private static void quantize(BenchNetwork network, Path real, Path quantized) throws IOException {
        PreparedGraph prepared = Quantizer.prepare(OnnxReader.read(real), Presets.X86);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < SAMPLES; i++) {
            samples.add(network.inputs(i));
        }
        CalibrationTable table = prepared.calibrate(Dataset.of(samples), CalibrationListener.NONE);
        OnnxWriter.write(Quantizer.convert(prepared, table), quantized);
    }
}
