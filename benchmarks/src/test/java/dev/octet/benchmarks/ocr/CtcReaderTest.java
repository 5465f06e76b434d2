package dev.octet.benchmarks.ocr;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class CtcReaderTest {
    private static final CtcReader READER = new CtcReader(List.of("a", "b", "c"));

    /// What is read where these classes are the best of their steps; class 0 is the blank, 4 the space.
    private static String read(int... best) {
        Tensor probabilities = Tensor.allocate(DType.FLOAT32, Shape.of(1, best.length, 5));
        for (int step = 0; step < best.length; step++) {
            for (int i = 0; i < 5; i++) {
                probabilities.setFloat(step * 5L + i, i == best[step] ? 0.6f : 0.1f);
            }
        }
        return READER.read(probabilities);
    }

    @Test
    void repeatsAndBlanksAreDropped() {
        assertThat(read(1, 1, 0, 2, 2, 2, 3)).isEqualTo("abc");
        assertThat(read(0, 0, 0)).isEmpty();
    }

    @Test
    void aBlankSeparatesEqualCharacters() {
        assertThat(read(1, 0, 1)).isEqualTo("aa");
        assertThat(read(1, 1)).isEqualTo("a");
    }

    @Test
    void theLastClassIsTheSpace() {
        assertThat(read(1, 4, 2)).isEqualTo("a b");
    }

    @Test
    void ppOcrHasItsCharacters() {
        Tensor steps = Tensor.allocate(DType.FLOAT32, Shape.of(1, 1, 6625));
        steps.setFloat(6624, 1);
        assertThat(CtcReader.ppOcr().read(steps)).isEqualTo(" ");
    }
}
