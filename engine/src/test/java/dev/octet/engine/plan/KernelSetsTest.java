package dev.octet.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSet;
import dev.octet.kernels.KernelSpec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelSetsTest {
    private record Named(String name) implements KernelSet {
        @Override
        public Optional<Kernel> compile(KernelSpec spec) {
            return Optional.empty();
        }
    }

    private static final List<KernelSet> ALL = List.of(new Named("fast"), new Named("faster"), new Named("portable"));

    @Test
    void portableIsAlwaysThere() {
        assertThat(KernelSets.available().names()).endsWith("portable");
    }

    @Test
    void thePropertyNamesTheSetToPrefer() {
        assertThat(KernelSets.select(ALL, "").names()).containsExactly("fast", "faster", "portable");
        assertThat(KernelSets.select(ALL, "faster").names()).containsExactly("faster", "portable");
        assertThat(KernelSets.select(ALL, "portable").names()).containsExactly("portable");
    }

    @Test
    void aSetThatCannotRunIsLeftOutUnlessItIsForced() {
        KernelSet broken =
                new KernelSet() {
                    @Override
                    public String name() {
                        return "broken";
                    }

                    @Override
                    public Optional<String> unusable() {
                        return Optional.of("no such CPU");
                    }

                    @Override
                    public Optional<Kernel> compile(KernelSpec spec) {
                        throw new AssertionError("asked for a kernel");
                    }
                };
        List<KernelSet> all = List.of(broken, new Named("portable"));
        assertThat(KernelSets.select(all, "").names()).containsExactly("portable");
        assertThatThrownBy(() -> KernelSets.select(all, "broken"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("property octet.kernels: broken cannot be used here: no such CPU");
    }

    @Test
    void anUnknownNameIsRefused() {
        assertThatThrownBy(() -> KernelSets.select(ALL, "avx1024"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("property octet.kernels: expected one of [fast, faster, portable], found 'avx1024'");
    }
}
