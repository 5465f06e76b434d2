package dev.octet.cli;

import dev.octet.data.SampleSource;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
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
        description = "Calibrates a float model on data and writes it in 8 bits.",
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

    @Mixin private final ThreadsMixin threads = new ThreadsMixin();

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

    @Option(names = "--calibration", paramLabel = "PATH", description = "data to find the ranges of activations with")
    private @Nullable Path calibration;

    @Option(
            names = "--table",
            paramLabel = "FILE",
            description = "calibration table: written if --calibration is given, else read")
    private @Nullable Path table;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        if (calibration == null && table == null) {
            throw new UserException("give data with --calibration, or a calibration table with --table");
        }
        if (Files.exists(out) && Files.isSameFile(model, out)) {
            throw new UserException(out + ": the output would replace the float model");
        }
        Stopwatch watch = new Stopwatch();
        Graph graph = Models.read(model);
        watch.lap("read");
        PreparedGraph prepared = Quantizer.prepare(graph, quantization.spec());
        watch.lap("prepare");
        CalibrationTable ranges = ranges(terminal, prepared);
        watch.lap("calibrate");
        Conversion conversion = Quantizer.conversion(prepared, ranges);
        watch.lap("convert");
        OnnxWriter.write(conversion.graph(), out);
        watch.lap("write");
        report(terminal, conversion, ranges, watch.seconds());
        return 0;
    }

    private CalibrationTable ranges(Terminal terminal, PreparedGraph prepared) throws Exception {
        if (calibration == null) {
            return CalibrationTable.load(Objects.requireNonNull(table));
        }
        try (SampleSource source = data.open(calibration, prepared.graph().inputs())) {
            Dataset samples = data.limited(source);
            try (Progress progress = terminal.progress("calibrating", samples.size().orElse(-1))) {
                CalibrationTable ranges =
                        prepared.calibrate(samples, threads.count(), (done, _, _) -> progress.done(done));
                if (table != null) {
                    ranges.save(table);
                }
                return ranges;
            }
        }
    }

    private void report(Terminal terminal, Conversion conversion, CalibrationTable ranges, Map<String, Double> seconds)
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
            result.put("samples", ranges.provenance().samples());
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
                "  operators %d in integers, %d in float (octet inspect says why)",
                conversion.quantizedOperators(), conversion.floatOperators());
        terminal.print("  ranges    from %d samples", ranges.provenance().samples());
        StringBuilder times = new StringBuilder();
        seconds.forEach((stage, time) ->
                times.append(times.isEmpty() ? "" : ", ").append(stage).append(Terminal.number(" %.2f s", time)));
        terminal.print("  time      %s", times);
    }
}
