package dev.octet.kernels;

import dev.octet.kernels.x64.TierKernels;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Tiers with dot products of bytes run the same code here as those without.
@ParameterizedClass
@ValueSource(strings = {"avx2", "avx512"})
class X64ElementTest extends ElementContract {
    @Parameter String tier;

    @Override
    protected KernelSet kernels() {
        return TierKernels.orSkip(tier);
    }
}
