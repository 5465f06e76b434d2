package dev.octet.cli;

import dev.octet.data.InputContract;
import dev.octet.data.npy.Npy;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.file.StagedFiles;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet run`
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Runs a model on arrays and writes each output as .npy.")
final class RunCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final SessionMixin sessions = new SessionMixin();

    @Mixin private final NumericsMixin numerics = new NumericsMixin();

    @Parameters(paramLabel = "MODEL", description = "an ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(names = "--input", paramLabel = "NAME=FILE.npy", description = "an input; once for each")
    private final Map<String, Path> inputs = new LinkedHashMap<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            required = true,
            description = "folder for the outputs")
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        requireDistinctInputs();
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new UserException(directory + ": a file, where a folder for the outputs is expected");
        }
        SessionOptions options = sessions.options().withNumerics(numerics.value());
        try (Session session = Models.open(model, Models.read(model), options)) {
            Map<String, Tensor> sample = sample(session);
            Map<String, Tensor> results = Models.about(model, () -> session.run(sample));
            report(terminal, results, write(results));
        }
        return 0;
    }

    /// A map keeps the last of two values for one name, and says nothing.
    private void requireDistinctInputs() {
        Set<String> seen = new HashSet<>();
        for (String input : spec.findOption("--input").originalStringValues()) {
            String name = input.substring(0, input.indexOf('='));
            if (!seen.add(name)) {
                throw new UserException("--input: '" + name + "' is given twice");
            }
        }
    }

    private Map<String, Tensor> sample(Session session) throws IOException {
        Map<String, Tensor> sample = new LinkedHashMap<>();
        StringJoiner source = new StringJoiner(" ", "--input ", "");
        for (Map.Entry<String, Path> input : inputs.entrySet()) {
            sample.put(input.getKey(), Npy.read(input.getValue()));
            source.add(input.getKey() + "=" + input.getValue());
        }
        return new InputContract(session.inputs()).bind(sample, source.toString());
    }

    /// Writes all outputs or none, and returns the file of each.
    private Map<String, Path> write(Map<String, Tensor> results) throws IOException {
        Map<String, Path> places = new LinkedHashMap<>();
        OutputFiles.names(List.copyOf(results.keySet()))
                .forEach((name, file) -> places.put(name, directory.resolve(file + ".npy")));
        for (Map.Entry<String, Path> place : places.entrySet()) {
            for (Path input : inputs.values()) {
                OutputFiles.requireOther(place.getValue(), "the output '" + place.getKey() + "'", input);
            }
        }
        Files.createDirectories(directory);
        try (StagedFiles files = new StagedFiles()) {
            for (Map.Entry<String, Tensor> result : results.entrySet()) {
                Path place = Objects.requireNonNull(places.get(result.getKey()));
                try {
                    files.write(
                            place,
                            file -> {
                                try (OutputStream out = Files.newOutputStream(file)) {
                                    Npy.write(result.getValue(), out);
                                }
                            });
                } catch (IllegalArgumentException e) {
                    throw new UserException("output '" + result.getKey() + "': " + e.getMessage(), e);
                }
            }
            files.commit();
        }
        return places;
    }

    private static void report(Terminal terminal, Map<String, Tensor> results, Map<String, Path> places) {
        List<Map<String, Object>> records = new ArrayList<>();
        results.forEach((name, tensor) -> {
            Path file = Objects.requireNonNull(places.get(name));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", name);
            entry.put("file", file.toString());
            entry.put("dtype", tensor.dtype().toString());
            entry.put("shape", tensor.shape().dims());
            records.add(entry);
            terminal.print("%s  %s  %s", name, tensor, file);
        });
        if (terminal.isJson()) {
            terminal.json(Map.of("outputs", records));
        }
    }
}
