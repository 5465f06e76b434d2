import org.jspecify.annotations.NullMarked;

/// The inner loops: contracts and their implementations.
@NullMarked
module dev.octet.kernels {
    requires static org.jspecify;
    requires transitive dev.octet.core;

    exports dev.octet.kernels;
    exports dev.octet.kernels.integer;
    exports dev.octet.kernels.portable;
    exports dev.octet.kernels.x64;

    provides dev.octet.kernels.KernelSet with
            dev.octet.kernels.x64.X64Kernels;
}
