package dev.octet.kernels;

import java.util.Optional;

/// A way to compute [KernelSpec]s: plain Java, or machine code for one kind of CPU.
///
/// Sets are asked in order of preference; `portable` answers every specification and is asked last.
public interface KernelSet {
    /// What the property `octet.kernels` and log messages call this set.
    String name();

    /// Why this machine cannot run what the set compiles, or empty if it can.
    ///
    /// @throws IllegalArgumentException if a property of the set has no such value
    default Optional<String> unusable() {
        return Optional.empty();
    }

    /// A kernel for the specification, or empty if this set has none. Constants are packed here, once: the kernel keeps
    /// none of the specification's tensors or arrays.
    ///
    /// Wrap the result in [CheckedKernel] where the operands are not known to be right.
    Optional<Kernel> compile(KernelSpec spec);

    /// Whether all kernels of this set reach their operands through the memory segments that they are given only, and
    /// not by address. Then a kernel that takes too long is stopped by closing the segments' arena: its next access
    /// throws. If not, each of its tiles has to be done in a moment.
    default boolean isConfined() {
        return false;
    }

    /// The layout of images in which this set's convolutions are fastest.
    default Layout preferredLayout() {
        return Layout.CHANNELS_FIRST;
    }
}
