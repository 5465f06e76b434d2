package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.PortableKernels;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/// Generated kernels of exactly one tier, with portable ones for what they leave out: what contract tests run.
public record TierKernels(Tier tier, X64Kernels generated) implements KernelSet {
    /// Those of the tier of a label; skips a test, and says so, where the machine lacks it.
    public static KernelSet orSkip(String label) {
        return of(Tier.of(label)).orSkip();
    }

    static TierKernels of(Tier tier) {
        return new TierKernels(tier, new X64Kernels(new Processor(List.of(tier), ""), ""));
    }

    /// Skips a test, and says so, where the machine lacks the tier.
    TierKernels orSkip() {
        Assumptions.assumeTrue(
                Processor.local().tiers().contains(tier), "this machine has no " + tier.label() + " to test");
        return this;
    }

    @Override
    public String name() {
        return tier.label();
    }

    @Override
    public Optional<Kernel> compile(KernelSpec spec) {
        return generated.compile(spec).or(() -> PortableKernels.INSTANCE.compile(spec));
    }
}
