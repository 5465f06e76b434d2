import org.jspecify.annotations.NullMarked;

/// Trains graphs, with or without fake quantization, on DJL's PyTorch engine.
@NullMarked
module dev.octet.qat {
    requires static org.jspecify;
    requires transitive dev.octet.quantize;
    requires transitive ai.djl.api;

    exports dev.octet.qat;
    exports dev.octet.qat.quantizer;
}
