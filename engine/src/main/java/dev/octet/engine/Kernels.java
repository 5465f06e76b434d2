package dev.octet.engine;

import dev.octet.engine.plan.KernelSets;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;

/// Kernels without a graph around them, from the sets that sessions use.
public final class Kernels {
    private Kernels() {}

    /// The kernel for a specification from the preferred set that has one.
    ///
    /// @throws IllegalArgumentException if the property `octet.kernels` names a kernel set that is not there
    public static Kernel compile(KernelSpec spec) {
        return KernelSets.available().compile(spec).kernel();
    }
}
