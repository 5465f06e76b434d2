package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.cli.demo.MiniLmDemo.Hit;
import dev.octet.cli.demo.MiniLmDemo.Outcome;
import dev.octet.cli.demo.MiniLmDemo.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// How the demo looks; what it does on the real network is tested in module conformance.
class DemoCommandTest {
    @TempDir private Path folder;

    @Test
    void printsOneTable() {
        StringWriter out = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out));
        Result result =
                new Result(
                        Path.of("demo/minilm.int8.onnx"),
                        90_000_000,
                        23_000_000,
                        12.345,
                        4,
                        List.of(
                                new Outcome("octet", 6.5, 0.987, 0.95, 17.23, 4),
                                new Outcome("onnxruntime", 7.5, 0.986, 0.94, 17.1, 3)),
                        List.of(new Hit("a pet", "The kitten plays.", "The cat sleeps.")));
        DemoCommand.print(new Terminal(line.getCommandSpec(), false), result, 1);
        assertThat(out.toString().lines())
                .containsExactly(
                        "",
                        "all-MiniLM-L6-v2                          float32  int8, octet  int8, onnxruntime",
                        "---------------------------------------  --------  -----------  -----------------",
                        "file                                      90.0 MB      23.0 MB            23.0 MB",
                        "time of a sentence, 1 thread             12.35 ms      6.50 ms            7.50 ms",
                        "sentence vectors: mean cosine to float                  0.9870             0.9860",
                        "sentence vectors: worst cosine to float                 0.9500             0.9400",
                        "token vectors: SQNR                                    17.2 dB            17.1 dB",
                        "search: finds what float finds                          4 of 4             3 of 4",
                        "",
                        "\"a pet\" finds \"The cat sleeps.\", where float finds \"The kitten plays.\"",
                        "",
                        "written: demo/minilm.int8.onnx");
    }

    @Test
    void theFolderMustBeOne() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        Invocation.of("demo", "-o", file).failsWith(file + ": a file, where a folder for the models is expected");
    }

    @Test
    void librariesMayWarnAndNothingMore() throws IOException {
        Logger library = Logger.getLogger("ai.djl.huggingface.tokenizers");
        try {
            Logging.configure();
            assertThat(library.isLoggable(Level.INFO)).isFalse();
            assertThat(library.isLoggable(Level.WARNING)).isTrue();
        } finally {
            LogManager.getLogManager().readConfiguration();
        }
        assertThat(library.isLoggable(Level.INFO)).as("restored").isTrue();
    }
}
