package dev.octet.cli;

import dev.octet.data.TestCase;
import dev.octet.engine.SessionOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet check`
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = {
            "Runs test cases of the ONNX standard: folders with model.onnx and test_data_set_*/input_*.pb,"
                    + " output_*.pb.",
            "Lists the cases that fail; exit code 1 if there is one."
        })
final class CheckCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final SessionMixin sessions = new SessionMixin();

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "a case, or a folder of cases")
    private final List<Path> folders = new ArrayList<>();

    /// @param reason why the case failed, null if it passed
    private record Outcome(TestCase testCase, @Nullable String reason) {
        Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("case", testCase.folder().toString());
            json.put("passed", reason == null);
            if (reason != null) {
                json.put("reason", reason);
            }
            return json;
        }
    }

    @Override
    public Integer call() throws IOException {
        Terminal terminal = output.terminal(spec);
        List<TestCase> cases = new ArrayList<>();
        for (Path folder : folders) {
            cases.addAll(TestCase.find(folder));
        }
        List<Outcome> outcomes = new ArrayList<>();
        SessionOptions options = sessions.options();
        try (Progress progress = terminal.progress("checking", cases.size())) {
            for (TestCase testCase : cases) {
                outcomes.add(new Outcome(testCase, reason(testCase, options)));
                progress.done(outcomes.size());
            }
        }
        List<Outcome> failed = outcomes.stream().filter(o -> o.reason != null).toList();
        failed.forEach(o -> terminal.print("FAILED  %s  %s", o.testCase.name(), String.valueOf(o.reason)));
        terminal.print("%d passed, %d failed", outcomes.size() - failed.size(), failed.size());
        if (terminal.isJson()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("cases", outcomes.stream().map(Outcome::json).toList());
            json.put("passed", outcomes.size() - failed.size());
            json.put("failed", failed.size());
            terminal.json(json);
        }
        return failed.isEmpty() ? 0 : 1;
    }

    /// Whatever goes wrong is this case's failure; the others are checked all the same.
    private static @Nullable String reason(TestCase testCase, SessionOptions options) {
        try {
            return testCase.run(options).orElse(null);
        } catch (IOException | RuntimeException e) {
            return Failures.describe(e).lines().map(String::strip).collect(Collectors.joining(" "));
        }
    }
}
