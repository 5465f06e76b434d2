package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.octet.cli.Rehearsal;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    /// The launcher goes on without its cache if it fails, so that nobody would notice.
    @Test
    void runsToItsEnd() {
        assertThatCode(() -> Rehearsal.main(new String[0])).doesNotThrowAnyException();
    }
}
