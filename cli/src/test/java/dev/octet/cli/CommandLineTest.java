package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// What all commands have in common.
class CommandLineTest {
    @TempDir private Path folder;

    static Set<String> commands() {
        return Main.commandLine().getSubcommands().keySet();
    }

    @Test
    void theCommandsOfTheDesignAreThere() {
        assertThat(commands()).contains("demo", "inspect", "quantize", "run", "compare", "bench", "check");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandExplainsItself(String command) {
        Invocation help = Invocation.of(command, "--help").succeeds();
        assertThat(help.out()).startsWith("Usage: octet " + command).contains("--json", "--help");
        assertThat(help.err()).isEmpty();
        assertThat(help.out().lines()).as("lines that a terminal shows").allMatch(l -> l.length() <= 80);
    }

    /// An option has one meaning and one form, whichever command has it.
    @Test
    void optionsAreTheSameInEveryCommand() {
        List<String> differing = new ArrayList<>();
        for (CommandLine a : Main.commandLine().getSubcommands().values()) {
            for (CommandLine b : Main.commandLine().getSubcommands().values()) {
                a.getCommandSpec()
                        .optionsMap()
                        .forEach((name, option) -> {
                            var other = b.getCommandSpec().findOption(name);
                            if (other != null
                                    && (!other.typeInfo().getClassName().equals(option.typeInfo().getClassName())
                                            || !List.of(other.names()).equals(List.of(option.names())))) {
                                differing.add(a.getCommandName() + " and " + b.getCommandName() + ": " + name);
                            }
                        });
            }
        }
        assertThat(differing).isEmpty();
    }

    @Test
    void usageErrorsSayWhereToLook() {
        Invocation.of().failsWith("octet: expected a command", "See octet --help");
        Invocation.of("quantise").failsWith("quantise", "quantize", "See octet --help");
        Invocation.of("quantize").failsWith("MODEL", "See octet quantize --help");
        Invocation.of("bench", "m.onnx", "--thread", "2").failsWith("--thread", "See octet bench --help");
        Invocation.of("bench", "m.onnx", "--threads", "many").failsWith("--threads", "'many'");
    }

    @Test
    void someThreadIsNeeded() throws IOException {
        Path model = Workspace.in(folder).model();
        Invocation.of("bench", model, "--shape", "image=1x3x16x16", "--threads", "0")
                .failsWith("--threads: expected at least 1, found 0");
    }

    @Test
    void theVersionIsPrinted() {
        assertThat(Invocation.of("--version").succeeds().out()).startsWith("octet " + Main.VERSION);
    }

    static List<List<String>> callsWithModel() {
        return List.of(
                List.of("inspect", "MODEL"),
                List.of("inspect", "MODEL", "--json"),
                List.of("quantize", "MODEL", "-o", "OUT", "--calibration", "DATA"),
                List.of("run", "MODEL", "--input", "image=DATA", "-o", "OUT"),
                List.of("compare", "MODEL", "GOOD", "--data", "DATA"),
                List.of("compare", "GOOD", "MODEL", "--data", "DATA"),
                List.of("bench", "MODEL", "--shape", "image=1x3x16x16", "--runs", "1", "--warmup", "0"));
    }

    @ParameterizedTest
    @MethodSource("callsWithModel")
    void aBadModelIsNamedAndNothingIsWritten(List<String> call) throws IOException {
        Workspace workspace = Workspace.in(folder);
        Path[] bad = {workspace.absent(), workspace.text(), workspace.empty(), workspace.cut(), folder};
        List<String> before = workspace.files();
        for (Path model : bad) {
            Invocation.of(filled(call, workspace, model)).failsWith(model + ": ");
        }
        Invocation.of(filled(call, workspace, workspace.absent())).failsWith("no such file");
        Invocation.of(filled(call, workspace, folder)).failsWith("a folder, not a model file");
        assertThat(workspace.files()).containsExactlyInAnyOrderElementsOf(before);
    }

    @Test
    void whatCannotRunIsNamedWithItsNode() throws IOException {
        Workspace workspace = Workspace.in(folder);
        Path model = workspace.unsupported();
        List<String> before = workspace.files();
        for (List<String> call : callsWithModel()) {
            if (!call.contains("inspect")) {
                Invocation.of(filled(call, workspace, model))
                        .failsWith(model + ": ", "com.example.Frobnicate", "node 'frob'");
            }
        }
        assertThat(workspace.files()).containsExactlyInAnyOrderElementsOf(before);
    }

    private static Object[] filled(List<String> call, Workspace workspace, Path model) {
        return call.stream()
                .map(a -> a.equals("MODEL") ? model.toString() : a)
                .map(a -> a.equals("GOOD") ? workspace.model().toString() : a)
                .map(a -> a.equals("OUT") ? workspace.file("out").toString() : a)
                .map(a -> a.replace("DATA", workspace.images().toString()))
                .toArray();
    }
}
