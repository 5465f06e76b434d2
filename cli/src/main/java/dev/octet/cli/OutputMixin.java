package dev.octet.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// Form of what is printed.
final class OutputMixin {
    @Option(names = "--json", description = "print the result as JSON")
    private boolean json;

    Terminal terminal(CommandSpec spec) {
        return new Terminal(spec, json);
    }
}
