import org.jspecify.annotations.NullMarked;

/// The octet command.
@NullMarked
module dev.octet.cli {
    requires static org.jspecify;
    requires dev.octet.data;
    requires dev.octet.interop;
    requires dev.octet.quantize;
    requires dev.octet.onnx;
    requires dev.octet.qat;
    requires info.picocli;
    requires java.logging;
    requires tools.jackson.databind;

    exports dev.octet.cli;
    exports dev.octet.cli.bench;

    uses dev.octet.cli.bench.BenchEngine;

    // picocli fills the commands in by reflection.
    opens dev.octet.cli to
            info.picocli;
}
