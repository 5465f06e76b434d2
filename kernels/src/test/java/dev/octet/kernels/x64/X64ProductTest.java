package dev.octet.kernels.x64;

import dev.octet.kernels.KernelSet;
import dev.octet.kernels.ProductContract;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Generated products and convolutions in every tier.
@ParameterizedClass
@EnumSource(Tier.class)
final class X64ProductTest extends ProductContract {
    private final TierKernels kernels;

    X64ProductTest(Tier tier) {
        kernels = TierKernels.of(tier).orSkip();
    }

    /// Fewer, since there are several tiers.
    @Override
    protected int cases() {
        return 6;
    }

    @Override
    protected KernelSet kernels() {
        return kernels;
    }
}
