package dev.octet.cli;

import dev.octet.data.DataException;
import dev.octet.data.SampleSource;
import dev.octet.file.StagedFiles;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.algorithm.scalesearch.ScaleSearch;
import dev.octet.quantize.algorithm.smoothquant.SmoothQuant;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.WeightOnlySpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet quantize`
@Command(
        name = "quantize",
        mixinStandardHelpOptions = true,
        description = "Writes a float model in 8 bits or fewer: calibrated on data, dynamically, or its weights only.",
        footer = {
            "",
            "Data (--calibration) is a .npz with arrays named as the inputs (first axis: samples), a .npy, a folder of"
                    + " .npy,",
            "a folder of test_data_set_N, a folder of pictures (--preprocess), or a text file (--tokenizer)."
        })
final class QuantizeCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final SessionMixin sessions = new SessionMixin();

    @Mixin private final DataMixin data = new DataMixin();

    @Mixin private final SpecMixin quantization = new SpecMixin();

    @Parameters(paramLabel = "MODEL", description = "a float ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            required = true,
            description = "the quantized ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path out;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = "static",
            description = {
                "static: ranges from --calibration or --table; dynamic: ranges at run time, no data;",
                "weight-only: products stay in float (default: ${DEFAULT-VALUE})"
            })
    private String mode = "static";

    @Mixin private final WeightMixin weights = new WeightMixin();

    @Option(names = "--calibration", paramLabel = "PATH", description = "data to find the ranges of activations with")
    private @Nullable Path calibration;

    @Option(
            names = "--table",
            paramLabel = "FILE",
            description = {
                "calibration table: written if --calibration is given, else read; ncnn's form if its name ends in",
                ".table, TensorRT's if in .cache"
            })
    private @Nullable Path table;

    @Option(
            names = "--smooth-quant",
            arity = "0..1",
            fallbackValue = "" + SmoothQuant.TRANSFORMERS,
            paramLabel = "ALPHA",
            description = {
                "make the channels of activations alike before quantizing, for transformers (SmoothQuant);",
                "takes one more pass over the data (ALPHA: ${FALLBACK-VALUE})"
            })
    private @Nullable Double smoothQuant;

    @Option(
            names = "--scale-search",
            description = {
                "with --preset ncnn and --calibration: look for scales with which the results of layers are most like",
                "those in float (ncnn's method=eq); slow"
            })
    private boolean scaleSearch;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        return switch (QuantizeMode.named(mode)) {
            case STATIC -> withRanges(terminal);
            case DYNAMIC -> {
                DynamicSpec settings = quantization.dynamic();
                yield withoutData(terminal, graph -> Quantizer.dynamic(graph, settings));
            }
            case WEIGHT_ONLY -> {
                WeightOnlySpec settings = weights.spec(quantization.spec());
                yield withoutData(terminal, graph -> Quantizer.weightOnly(graph, settings));
            }
        };
    }

    private int withRanges(Terminal terminal) throws Exception {
        if (scaleSearch && calibration == null) {
            throw new UserException("--scale-search: needs data; give it with --calibration");
        }
        checkFiles(List.of(model, source()));
        QuantizationSpec settings = quantization.spec();
        Stopwatch watch = new Stopwatch();
        Graph original = Models.read(model);
        watch.lap("read");
        Graph graph = smoothQuant == null ? original : smoothed(terminal, original, settings, smoothQuant);
        if (smoothQuant != null) {
            watch.lap("smooth");
        }
        PreparedGraph prepared = prepared(graph, settings);
        quantization.requireMatches(model, original, prepared.decisions(), terminal);
        watch.lap("prepare");
        CalibrationTable ranges = ranges(terminal, prepared);
        watch.lap("calibrate");
        Conversion conversion = Models.about(source(), () -> Quantizer.conversion(prepared, ranges));
        watch.lap("convert");
        write(conversion);
        watch.lap("write");
        report(terminal, conversion, ranges.provenance().samples(), watch.seconds());
        return 0;
    }

    private PreparedGraph prepared(Graph graph, QuantizationSpec settings) throws IOException {
        PreparedGraph all = Models.about(model, () -> Quantizer.prepare(graph, settings));
        if (calibration != null) {
            return all;
        }
        Set<String> inFloat = Models.about(source(), () -> TableFiles.nodesInFloat(source(), all));
        return inFloat.isEmpty()
                ? all
                : Quantizer.prepare(graph, settings.excluding(new NodeSelector.Nodes(inFloat, 0)));
    }

    /// Dynamic or weight-only.
    private int withoutData(Terminal terminal, Function<Graph, Conversion> quantize) throws Exception {
        if (calibration != null || table != null || smoothQuant != null) {
            throw new UserException(
                    "--mode " + mode + ": takes no data; leave out --calibration, --table and --smooth-quant");
        }
        checkFiles(List.of(model));
        Stopwatch watch = new Stopwatch();
        Graph graph = Models.read(model);
        watch.lap("read");
        Conversion conversion = Models.about(model, () -> quantize.apply(graph));
        quantization.requireMatches(model, graph, conversion.decisions(), terminal);
        watch.lap("convert");
        write(conversion);
        watch.lap("write");
        report(terminal, conversion, 0, watch.seconds());
        return 0;
    }

    private void write(Conversion conversion) throws IOException {
        Models.about(
                model,
                () -> {
                    OnnxWriter.write(conversion.graph(), out);
                    return out;
                });
    }

    /// Before minutes of work, not after.
    private void checkFiles(List<Path> sources) throws IOException {
        List<Path> read = new ArrayList<>(sources);
        StagedFiles.requireWritable(out);
        if (table != null && calibration != null) {
            StagedFiles.requireWritable(table);
            for (Path file : read) {
                OutputFiles.requireOther(table, "--table", file);
            }
            read.add(table);
        }
        for (Path file : read) {
            OutputFiles.requireOther(out, "--output", file);
        }
    }

    /// Where the ranges come from.
    private Path source() {
        if (calibration != null) {
            return calibration;
        }
        if (table != null) {
            return table;
        }
        throw new UserException("give data with --calibration, or a calibration table with --table");
    }

    private CalibrationTable ranges(Terminal terminal, PreparedGraph prepared) throws IOException {
        if (calibration == null) {
            return Models.about(source(), () -> TableFiles.load(source(), prepared));
        }
        return overSamples(
                terminal,
                "calibrating",
                prepared.graph(),
                (samples, progress) -> {
                    CalibrationTable calibrated = prepared.calibrate(samples, sessions.options(), progress);
                    CalibrationTable ranges =
                            scaleSearch
                                    ? ScaleSearch.NCNN.apply(
                                            prepared, calibrated, samples, sessions.options(), CalibrationListener.NONE)
                                    : calibrated;
                    if (table != null) {
                        TableFiles.save(ranges, prepared, table);
                    }
                    return ranges;
                });
    }

    private Graph smoothed(Terminal terminal, Graph graph, QuantizationSpec settings, double alpha) throws IOException {
        if (calibration == null) {
            throw new UserException("--smooth-quant: needs data; give it with --calibration");
        }
        if (!(alpha > 0 && alpha < 1)) {
            throw new UserException("--smooth-quant: expected ALPHA between 0 and 1, found " + alpha);
        }
        SmoothQuant algorithm = new SmoothQuant(alpha);
        return overSamples(
                terminal,
                "smoothing",
                graph,
                (samples, progress) -> algorithm.apply(graph, settings, samples, sessions.options(), progress));
    }

    private interface Pass<T> {
        T over(Dataset samples, CalibrationListener progress) throws IOException;
    }

    private <T> T overSamples(Terminal terminal, String title, Graph graph, Pass<T> pass) throws IOException {
        // Beside a sample that does not fit, this also tells of a model that cannot run.
        return Models.about(
                model,
                () -> {
                    try (SampleSource source = data.open(source(), graph.inputs())) {
                        Dataset samples = data.limited(source);
                        try (Progress progress = terminal.progress(title, samples.size().orElse(-1))) {
                            return pass.over(samples, (done, _, _) -> progress.done(done));
                        } catch (IllegalArgumentException e) {
                            throw new DataException(calibration + ": " + e.getMessage(), e);
                        }
                    }
                });
    }

    private void report(Terminal terminal, Conversion conversion, long samples, Map<String, Double> seconds)
            throws Exception {
        long before = Files.size(model);
        long after = Files.size(out);
        if (terminal.isJson()) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("model", model.toString());
            result.put("output", out.toString());
            result.put("float_bytes", before);
            result.put("quantized_bytes", after);
            result.put("float_weight_bytes", conversion.floatWeightBytes());
            result.put("quantized_weight_bytes", conversion.quantizedWeightBytes());
            result.put("quantized_operators", conversion.quantizedOperators());
            result.put("float_operators", conversion.floatOperators());
            result.put("mode", mode);
            result.put("samples", samples);
            result.put("seconds", seconds);
            terminal.json(result);
            return;
        }
        terminal.print("%s", out);
        terminal.print(
                "  file      %s -> %s (%.2f times smaller)",
                Terminal.bytes(before), Terminal.bytes(after), (double) before / after);
        terminal.print(
                "  weights   %s -> %s (%.2f times smaller)",
                Terminal.bytes(conversion.floatWeightBytes()),
                Terminal.bytes(conversion.quantizedWeightBytes()),
                (double) conversion.floatWeightBytes() / Math.max(1, conversion.quantizedWeightBytes()));
        terminal.print(
                "  operators %d in integers, %d in float (octet inspect --mode %s says why)",
                conversion.quantizedOperators(), conversion.floatOperators(), mode);
        for (String line : DecisionGroups.productsInFloat(conversion.decisions())) {
            terminal.print("            in float %s", line);
        }
        if (mode.equals("static")) {
            terminal.print("  ranges    from %d samples", samples);
        }
        StringBuilder times = new StringBuilder();
        seconds.forEach((stage, time) ->
                times.append(times.isEmpty() ? "" : ", ").append(stage).append(Terminal.number(" %.2f s", time)));
        terminal.print("  time      %s", times);
    }
}
