package dev.octet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One call of the `octet` command, in this process.
record Invocation(int exit, String out, String err) {
    /// Arguments of any type, as they print.
    static Invocation of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exit = line.execute(Stream.of(args).map(Object::toString).toArray(String[]::new));
        return new Invocation(exit, out.toString(), err.toString());
    }

    /// The printed JSON of a call that went well and had nothing to remark.
    JsonNode json() {
        assertThat(exit).as(err).isZero();
        assertThat(err).isEmpty();
        return JsonMapper.shared().readTree(out);
    }

    Invocation succeeds() {
        assertThat(exit).as(err).isZero();
        return this;
    }

    /// A usage error or bad input: exit code 2, nothing on standard output, one message without stack trace that has
    /// all these parts.
    void failsWith(String... parts) {
        assertThat(exit).as(out + err).isEqualTo(2);
        assertThat(out).isEmpty();
        assertThat(err).startsWith("octet: ").contains(parts).doesNotContain("internal error", "\tat ");
        // A bad argument adds a suggestion and a pointer to --help.
        assertThat(err.lines()).as(err).hasSizeLessThanOrEqualTo(3);
    }
}
