package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WideningPanelTest {
    private static final int COLUMNS = 16;
    private static final int STEPS = 37;
    private static final int STEP_BYTES = 4 * COLUMNS;

    private static byte[] weights(long seed, double deviation) {
        Random random = new Random(seed);
        byte[] weights = new byte[STEPS * STEP_BYTES];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (byte) Math.clamp(Math.rint(random.nextGaussian() * deviation), -128, 127);
        }
        return weights;
    }

    /// From small weights to such that nearly all are extremes.
    @ParameterizedTest
    @CsvSource({"1, 10", "2, 10", "4, 10", "8, 10", "1, 36", "2, 36", "4, 36", "8, 36", "1, 1e6", "4, 1e6", "8, 1e6"})
    void noSumOfSixteenBitsCanOverflowAndNothingIsLost(int group, double deviation) {
        byte[] weights = weights(group, deviation);
        WideningPanel panel = WideningPanel.of(weights.clone(), COLUMNS, group);
        for (int first = 0; first + group <= STEPS; first += group) {
            for (int pair = 0; pair < STEP_BYTES; pair += 2) {
                assertFits(panel, first, group, pair);
            }
        }
        byte[] sum = panel.steps().clone();
        panel.exceptions()
                .forEach((step, bytes) -> {
                    for (int i = 0; i < STEP_BYTES; i++) {
                        assertThat(bytes[i] == 0 || sum[step * STEP_BYTES + i] == 0).isTrue();
                        sum[step * STEP_BYTES + i] += bytes[i];
                    }
                });
        assertThat(sum).isEqualTo(weights);
    }

    /// Of bytes of A up to 127, the worst are 127 where B is of one sign and 0 where it is of the other.
    private static void assertFits(WideningPanel panel, int first, int group, int pair) {
        int most = 0;
        int least = 0;
        for (int step = first; step < first + group; step++) {
            for (int i = 0; i < 2; i++) {
                int product = 127 * panel.steps()[step * STEP_BYTES + pair + i];
                most += Math.max(0, product);
                least += Math.min(0, product);
            }
        }
        assertThat(most).isLessThanOrEqualTo(Short.MAX_VALUE);
        assertThat(least).isGreaterThanOrEqualTo(Short.MIN_VALUE);
    }
}
