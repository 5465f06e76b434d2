package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FourierTransformTest {
    private static double[] random(int n, long seed) {
        return new Random(seed).doubles(n, -1, 1).toArray();
    }

    /// By the definition, for lengths of all kinds: one, primes small and large, products of them.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 36, 61, 64, 67, 134, 210, 257})
    void isWhatTheDefinitionSays(int n) {
        double[] re = random(n, 1);
        double[] im = random(n, 2);
        double[] transformedRe = re.clone();
        double[] transformedIm = im.clone();

        new FourierTransform(n, false, false).apply(transformedRe, transformedIm);

        for (int k = 0; k < n; k++) {
            double sumRe = 0;
            double sumIm = 0;
            for (int j = 0; j < n; j++) {
                double angle = -2 * Math.PI * ((long) j * k % n) / n;
                sumRe += re[j] * Math.cos(angle) - im[j] * Math.sin(angle);
                sumIm += re[j] * Math.sin(angle) + im[j] * Math.cos(angle);
            }
            assertThat(transformedRe[k]).isCloseTo(sumRe, within(1e-10));
            assertThat(transformedIm[k]).isCloseTo(sumIm, within(1e-10));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 6, 8, 35, 67, 100})
    void theInverseUndoesIt(int n) {
        double[] re = random(n, 3);
        double[] im = random(n, 4);
        double[] back = re.clone();

        new FourierTransform(n, false, true).apply(back, im);
        new FourierTransform(n, true, true).apply(back, im);

        for (int k = 0; k < n; k++) {
            assertThat(back[k]).isCloseTo(re[k], within(1e-5));
        }
    }
}
