import org.jspecify.annotations.NullMarked;

/// Runs graphs, in float and quantized.
@NullMarked
module dev.octet.engine {
    requires static org.jspecify;
    requires transitive dev.octet.kernels;

    exports dev.octet.engine;

    uses dev.octet.kernels.KernelSet;
}
