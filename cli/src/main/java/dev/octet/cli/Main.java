package dev.octet.cli;

import dev.octet.data.DataException;
import dev.octet.engine.UnsupportedOperatorException;
import dev.octet.graph.GraphException;
import dev.octet.onnx.OnnxFormatException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
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
                .setExecutionExceptionHandler((e, command, _) -> report(e, command.getErr()));
    }

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /// Prints what went wrong. A stack trace is for our own mistakes, so only those get one.
    private static int report(Exception e, PrintWriter err) {
        err.println("octet: " + describe(e));
        if (isOwnMistake(e)) {
            e.printStackTrace(err);
        }
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    /// What went wrong, for the user.
    static String describe(Exception e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": access denied";
            case FileAlreadyExistsException exists -> exists.getFile() + " exists already";
            default -> isOwnMistake(e) ? "internal error, please report it: " + e : String.valueOf(e.getMessage());
        };
    }

    private static boolean isOwnMistake(Exception e) {
        return switch (e) {
            case UserException _,
                    DataException _,
                    GraphException _,
                    OnnxFormatException _,
                    UnsupportedOperatorException _,
                    IllegalArgumentException _,
                    IOException _,
                    UncheckedIOException _ ->
                    e.getMessage() == null;
            default -> true;
        };
    }
}
