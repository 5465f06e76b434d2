package dev.octet.benchmarks;

import dev.octet.cli.bench.BenchEngine;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.FidelityMeter;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// How close a quantized model stays to its float original, in Octet and in ONNX Runtime, where steps follow each
/// other: each of the three runs is fed with its own outputs.
///
/// Usage: `./octet --main dev.octet.benchmarks.CompareQuantized MODEL QUANTIZED ARGUMENT…`, arguments as those of
/// [CompareRuntimes].
public final class CompareQuantized {
    private CompareQuantized() {}

    /// Both against the float model in Octet.
    public record Closeness(Fidelity octet, Fidelity runtime) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "Octet %.1f dB, cosine %.4f; ONNX Runtime %.1f dB, cosine %.4f",
                    octet.sqnr(),
                    octet.cosine(),
                    runtime.sqnr(),
                    runtime.cosine());
        }
    }

    private interface Step {
        Map<String, Tensor> run(Map<String, Tensor> inputs) throws Exception;
    }

    /// By output, over all steps.
    ///
    /// @param arguments as on the command line
    /// @throws IllegalArgumentException if they do not fit the model
    public static Map<String, Closeness> of(Path model, Path quantized, List<String> arguments) throws Exception {
        Graph graph = OnnxReader.read(model);
        List<Map<String, Tensor>> truth = octet(graph, arguments);
        List<Map<String, Tensor>> own = octet(OnnxReader.read(quantized), arguments);
        List<Map<String, Tensor>> peer;
        try (BenchEngine.Run runtime = new OnnxRuntimeEngine().open(quantized, 1)) {
            Step step =
                    inputs -> {
                        runtime.bind(inputs);
                        return runtime.outputs();
                    };
            peer = steps(graph, arguments, step);
        }
        Map<String, Closeness> all = new TreeMap<>();
        for (String output : truth.getFirst().keySet()) {
            all.put(output, new Closeness(fidelity(truth, own, output), fidelity(truth, peer, output)));
        }
        return all;
    }

    private static List<Map<String, Tensor>> octet(Graph graph, List<String> arguments) throws Exception {
        try (Session session = Session.open(graph)) {
            return steps(graph, arguments, session::run);
        }
    }

    private static List<Map<String, Tensor>> steps(Graph graph, List<String> arguments, Step model) throws Exception {
        StepInputs inputs = new StepInputs(arguments);
        List<Map<String, Tensor>> all = new ArrayList<>();
        Map<String, Tensor> before = Map.of();
        for (int step = 0; step < StepInputs.STEPS; step++) {
            before = model.run(inputs.next(graph, before));
            all.add(before);
        }
        return all;
    }

    private static Fidelity fidelity(List<Map<String, Tensor>> truth, List<Map<String, Tensor>> found, String output) {
        FidelityMeter meter = new FidelityMeter();
        for (int step = 0; step < truth.size(); step++) {
            meter.add(StepInputs.value(truth.get(step), output), StepInputs.value(found.get(step), output));
        }
        return meter.fidelity();
    }

    public static void main(String[] args) throws Exception {
        if (args.length < 2) {
            System.err.println("expected MODEL QUANTIZED [name=SHAPE[:NUMBER] | output->input] …");
            System.exit(2);
        }
        of(Path.of(args[0]), Path.of(args[1]), List.of(args).subList(2, args.length))
                .forEach((output, closeness) -> System.out.printf("%-24s %s%n", output, closeness));
    }
}
