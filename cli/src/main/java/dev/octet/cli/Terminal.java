package dev.octet.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// What a command prints: results on standard output, as text or JSON; progress and notes on standard error.
final class Terminal {
    private static final ObjectMapper JSON =
            JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .addModule(new SimpleModule().addSerializer(Double.class, new FiniteDoubles()))
                    .build();

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;

    Terminal(CommandSpec spec, boolean json) {
        this.out = spec.commandLine().getOut();
        this.err = spec.commandLine().getErr();
        this.json = json;
    }

    /// Whether results are for a program.
    boolean isJson() {
        return json;
    }

    /// JSON has neither infinity nor NaN: both become `null`.
    private static final class FiniteDoubles extends ValueSerializer<Double> {
        @Override
        public void serialize(Double value, JsonGenerator json, SerializationContext context) {
            if (Double.isFinite(value)) {
                json.writeNumber(value.doubleValue());
            } else {
                json.writeNull();
            }
        }
    }

    /// Prints the result for a program; of numbers, those that are not finite as `null`.
    void json(Object value) {
        out.println(JSON.writeValueAsString(value));
        out.flush();
    }

    /// Prints a line of the result for a person; nothing with `--json`.
    void print(String format, Object... args) {
        if (!json) {
            out.println(String.format(Locale.ROOT, format, args));
            out.flush();
        }
    }

    /// Prints a note that is no result.
    void note(String format, Object... args) {
        err.println(String.format(Locale.ROOT, format, args));
        err.flush();
    }

    /// Prints a table whose first row is the head; columns that look like numbers are set to the right.
    void table(List<List<String>> rows) {
        if (json || rows.isEmpty()) {
            return;
        }
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        boolean[] right = new boolean[columns];
        for (int c = 0; c < columns; c++) {
            right[c] = rows.size() > 1;
            for (int r = 0; r < rows.size(); r++) {
                String cell = rows.get(r).get(c);
                widths[c] = Math.max(widths[c], cell.length());
                right[c] &= r == 0 || cell.isEmpty() || cell.matches("[-+]?[0-9∞].*");
            }
        }
        for (int r = 0; r < rows.size(); r++) {
            print("%s", row(rows.get(r), widths, right));
            if (r == 0) {
                List<String> rule = new ArrayList<>();
                for (int width : widths) {
                    rule.add("-".repeat(width));
                }
                print("%s", row(rule, widths, right));
            }
        }
    }

    private static String row(List<String> cells, int[] widths, boolean[] right) {
        StringBuilder line = new StringBuilder();
        for (int c = 0; c < cells.size(); c++) {
            String pad = " ".repeat(widths[c] - cells.get(c).length());
            line.append(c == 0 ? "" : "  ").append(right[c] ? pad + cells.get(c) : cells.get(c) + pad);
        }
        return line.toString().stripTrailing();
    }

    /// A progress bar on standard error, drawn only on a terminal and once a second has passed.
    ///
    /// @param total steps to do, or a negative number if that is unknown
    Progress progress(String what, long total) {
        return new Progress(err, what, total, !json && System.console() != null);
    }

    /// Bytes for a person: `22.9 MB`.
    static String bytes(long count) {
        return count < 1000
                ? count + " B"
                : count < 1_000_000
                        ? String.format(Locale.ROOT, "%.1f kB", count / 1e3)
                        : String.format(Locale.ROOT, "%.1f MB", count / 1e6);
    }

    static String number(String format, @Nullable Double value) {
        return value == null || value.isNaN()
                ? "-"
                : value.isInfinite() ? (value > 0 ? "∞" : "-∞") : String.format(Locale.ROOT, format, value);
    }
}
