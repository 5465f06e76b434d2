import org.jspecify.annotations.NullMarked;

/// Prepares, calibrates, and converts graphs.
@NullMarked
module dev.octet.quantize {
    requires static org.jspecify;
    requires transitive dev.octet.engine;
    requires tools.jackson.databind;
    requires tools.jackson.dataformat.yaml;

    exports dev.octet.quantize;
    exports dev.octet.quantize.algorithm.scalesearch;
    exports dev.octet.quantize.algorithm.smoothquant;
    exports dev.octet.quantize.spec;
    exports dev.octet.quantize.observer;
    exports dev.octet.quantize.calibration;
}
