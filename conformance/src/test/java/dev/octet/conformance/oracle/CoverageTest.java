package dev.octet.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.OperatorTypes;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class CoverageTest {
    /// Written by no case of its own: Dropout is read as Identity, see [OldOpsets]; QLinear begins the names of Octet's
    /// own forms, which ONNX Runtime does not have.
    private static final Set<String> ELSEWHERE = Set.of("Dropout", "QLinear");

    @Test
    void everyOperatorHasACase() {
        Set<String> without = new TreeSet<>(OperatorTypes.all());
        without.removeAll(OperatorCases.TABLE.keySet());
        assertThat(without).as("operators that are not compared with ONNX Runtime").isEqualTo(ELSEWHERE);
    }
}
