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
import java.nio.file.NotDirectoryException;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// Tells what went wrong, in one message on standard error, and gives the exit code for it.
final class Failures {
    private Failures() {}

    /// Of a command's arguments. The whole usage is a page, which would push the message out of sight.
    static int report(ParameterException e) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("octet: " + e.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(e, err);
        err.println("See " + command.getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    /// Of a command. A stack trace is for our own mistakes, so only those get one.
    static int report(Throwable e, PrintWriter err) {
        err.println("octet: " + describe(e));
        if (isOwnMistake(e)) {
            e.printStackTrace(err);
        }
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    /// What went wrong, for the user.
    static String describe(Throwable e) {
        return switch (e) {
            case UncheckedIOException io -> reason(io);
            case IOException io -> reason(io);
            case OutOfMemoryError _ -> "not enough memory: " + e.getMessage();
            default -> isOwnMistake(e) ? "internal error, please report it: " + e : String.valueOf(e.getMessage());
        };
    }

    private static boolean isOwnMistake(Throwable e) {
        return switch (e) {
            case UserException _,
                    DataException _,
                    GraphException _,
                    OnnxFormatException _,
                    UnsupportedOperatorException _,
                    IllegalArgumentException _ ->
                    e.getMessage() == null;
            case IOException _, UncheckedIOException _, OutOfMemoryError _ -> false;
            default -> true;
        };
    }

    /// The exceptions of files give no reason, or only the file.
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing when missing.getReason() == null -> missing.getFile() + ": no such file";
            case NotDirectoryException file -> file.getFile() + ": not a folder";
            case AccessDeniedException denied -> denied.getFile() + ": access denied";
            case FileAlreadyExistsException exists -> exists.getFile() + ": exists already";
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }

    /// Whoever wraps the exception adds the file where it does not name one.
    private static String reason(UncheckedIOException e) {
        String cause = reason(Objects.requireNonNull(e.getCause()));
        String about = e.getMessage();
        return about == null || cause.contains(about) || about.contains(cause) ? cause : about + ": " + cause;
    }
}
