package dev.octet.cli;

import dev.octet.data.InputContract;
import dev.octet.data.npy.Npy;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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

    @Mixin private final ThreadsMixin threads = new ThreadsMixin();

    @Parameters(paramLabel = "MODEL", description = "an ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(names = "--input", paramLabel = "NAME=FILE.npy", required = true, description = "an input; once for each")
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
        try (Session session =
                Session.open(Models.read(model), SessionOptions.defaults().withThreads(threads.count()))) {
            Map<String, Tensor> sample = new LinkedHashMap<>();
            for (Map.Entry<String, Path> input : inputs.entrySet()) {
                sample.put(input.getKey(), Npy.read(input.getValue()));
            }
            Map<String, Tensor> results =
                    session.run(new InputContract(session.inputs()).bind(sample, "the command line"));
            Files.createDirectories(directory);
            Map<String, Object> written = new LinkedHashMap<>();
            for (Map.Entry<String, Tensor> result : results.entrySet()) {
                // An output's name may hold characters that a file's may not.
                Path file = directory.resolve(result.getKey().replaceAll("[^A-Za-z0-9._-]", "_") + ".npy");
                Npy.write(result.getValue(), file);
                written.put(result.getKey(), Map.of("file", file.toString(), "type", result.getValue().toString()));
                terminal.print("%s  %s  %s", result.getKey(), result.getValue(), file);
            }
            if (terminal.isJson()) {
                terminal.json(Map.of("outputs", written));
            }
        }
        return 0;
    }
}
