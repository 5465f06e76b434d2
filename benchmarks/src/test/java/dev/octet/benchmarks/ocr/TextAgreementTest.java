package dev.octet.benchmarks.ocr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextAgreementTest {
    /// Counted by hand. `kitten` keeps `i t t n` of `sitting`, and takes three edits.
    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "same,same,4,4,0,4,0",
                "kitten,sitting,6,4,3,6,3",
                "abc,,3,0,3,3,3",
                "'',abc,0,0,3,0,3",
                "abc,xyz,3,0,3,3,3",
                // Read too, but in another order: only one of both stays.
                "ab,ba,2,1,2,2,2",
                // Something new between them takes nothing away.
                "ab,aXXXb,2,2,3,2,3",
                "No 42,No42,5,4,1,4,0",
                "No42,N o 4 2,4,4,3,4,0",
                // One character outside the first plane, two Java chars.
                "𠮷野家,吉野家,3,2,1,3,1"
            })
    void countsOnePair(
            String reference, String other, int characters, int kept, int edits, int charactersNoSpaces, int noSpaces) {
        assertThat(TextAgreement.NONE.with(reference == null ? "" : reference, other == null ? "" : other))
                .isEqualTo(new TextAgreement(characters, kept, edits, charactersNoSpaces, noSpaces));
    }

    @Test
    void ratesAreOverAllPairsTogether() {
        TextAgreement both = TextAgreement.NONE.with("a b c d e", "a b c d e").with("x", "yyy");
        assertThat(both).isEqualTo(new TextAgreement(10, 9, 3, 6, 3));
        assertThat(both.keptRatio()).isEqualTo(0.9);
        assertThat(both.errorRate()).isEqualTo(0.3, within(1e-12));
        assertThat(both.errorRateWithoutSpaces()).isEqualTo(0.5);
    }

    @Test
    void nothingToReadIsNoError() {
        TextAgreement nothing = TextAgreement.NONE.with("", "");
        assertThat(nothing.keptRatio()).isEqualTo(1);
        assertThat(nothing.errorRate()).isZero();
        assertThat(nothing.errorRateWithoutSpaces()).isZero();
        assertThat(TextAgreement.NONE.with("", "ghost").errorRate()).isEqualTo(Double.POSITIVE_INFINITY);
    }
}
