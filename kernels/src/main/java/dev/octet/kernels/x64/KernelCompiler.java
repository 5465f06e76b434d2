package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import java.util.Optional;

/// Makes kernels for one kind of specification.
interface KernelCompiler<S extends KernelSpec> {
    /// A kernel, or empty if portable code is to be used.
    ///
    /// @param code gives the functions that the kernel calls
    /// @throws CodeMemory.RefusedException if the system gives no memory for code
    Optional<Kernel> compile(S spec, Tier tier, CodeLibrary.Request code) throws CodeMemory.RefusedException;

    /// A small case with odd extents whose kernel calls the same functions as that for `spec`: the self-check runs it
    /// before they are used.
    Sample<S> sample(S spec, Tier tier);
}
