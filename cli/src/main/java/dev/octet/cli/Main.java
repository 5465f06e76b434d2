package dev.octet.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The `octet` command. Exit codes: 0 done, 1 a check failed, 2 wrong usage or bad input.
@Command(
        name = "octet",
        description = "Makes neural networks small and fast on the JVM: ONNX model in, calibrated 8-bit model out.",
        mixinStandardHelpOptions = true,
        version = "octet " + Main.VERSION,
        subcommands = {
            DemoCommand.class,
            InspectCommand.class,
            QuantizeCommand.class,
            QatCommand.class,
            RunCommand.class,
            CompareCommand.class,
            CheckCommand.class,
            BenchCommand.class
        })
public final class Main implements Runnable {
    static final String VERSION = "0.1.0";

    @Spec private @Nullable CommandSpec spec;

    private Main() {}

    @Override
    public void run() {
        if (spec != null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "expected a command");
        }
    }

    /// The command line, ready to execute: what [#main] runs and tests call.
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, _) -> Failures.report(e))
                .setExecutionExceptionHandler((e, command, _) -> Failures.report(e, command.getErr()));
    }

    public static void main(String[] args) {
        Logging.configure();
        CommandLine command = commandLine();
        int exit;
        try {
            exit = command.execute(args);
        } catch (OutOfMemoryError e) {
            exit = Failures.report(e, command.getErr());
        }
        System.exit(exit);
    }
}
