package dev.octet.quantize.observer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which of three observers that were fed apart are joined first makes no difference to the parameters, nor, but for
/// averages in which later batches weigh more and ACIQ, which counts the last batch, in which order they are joined.
class ObserverAssociativityTest {
    /// Part of a scale by which rounding of sums may change it.
    private static final double ROUNDING = 2e-5;

    /// Likewise where bins are brought to a common width first, so that counts move to neighbours.
    private static final double BINS = 0.02;

    /// Of those that search in the same counts, one: others find another threshold among hundreds that are nearly as
    /// good when a count has moved. What the others search in has tests of its own, below.
    static Stream<ObserverSpec> specs() {
        return Stream.concat(
                ObserverTest.specs()
                        .filter(s ->
                                !(s instanceof ObserverSpec.Magnitudes) || s.equals(ObserverSpec.TENSORRT_PERCENTILE)),
                Stream.of(
                        ObserverSpec.ABS_MAX,
                        new ObserverSpec.FixedQParams(QuantParams.perTensor(DType.INT8, 0.5f, 3))));
    }

    @ParameterizedTest
    @MethodSource("specs")
    void mergingIsAssociative(ObserverSpec spec) {
        boolean later =
                spec instanceof ObserverSpec.Aciq
                        || spec instanceof ObserverSpec.MovingAverageMinMax
                        || spec instanceof ObserverSpec.MovingAveragePerChannelMinMax;
        Generator.forAll(
                11,
                30,
                g -> {
                    List<Tensor> batches = IntStream.range(0, 6).mapToObj(_ -> batch(g)).toList();
                    List<Observer> parts =
                            Stream.of(List.of(0, 1), List.of(1, 3), List.of(3, 6))
                                    .map(p -> seeing(spec, batches.subList(p.get(0), p.get(1))))
                                    .toList();
                    Observer left = merged(merged(parts.get(0), parts.get(1)), parts.get(2));
                    Observer right = merged(parts.get(0), merged(parts.get(1), parts.get(2)));
                    QuantParams params = params(left, batches);
                    assertSame(spec, params(right, batches), params);
                    if (!later) {
                        Observer backwards = merged(merged(parts.get(2), parts.get(1)), parts.get(0));
                        assertSame(spec, params(backwards, batches), params);
                    }
                });
    }

    static Stream<ObserverSpec.Magnitudes> magnitudes() {
        return ObserverTest.specs()
                .filter(ObserverSpec.Magnitudes.class::isInstance)
                .map(ObserverSpec.Magnitudes.class::cast);
    }

    /// Batches of one largest magnitude have the same bins, so that counts are sums: the same threshold to the bit,
    /// whatever looks for it.
    @ParameterizedTest
    @MethodSource("magnitudes")
    void countsInTheSameBinsAreSums(ObserverSpec.Magnitudes spec) {
        Generator.forAll(
                12,
                10,
                g -> {
                    float largest = g.uniform(4.5f, 6);
                    List<Observer> parts =
                            IntStream.range(0, 3)
                                    .mapToObj(_ -> {
                                        Tensor batch = batch(g);
                                        batch.setFloat(g.integer(0, 1000), g.integer(0, 1) == 0 ? largest : -largest);
                                        return seeing(spec, List.of(batch));
                                    })
                                    .toList();
                    Observer left = merged(merged(parts.get(0), parts.get(1)), parts.get(2));
                    QuantParams params = left.params(QuantScheme.symmetric(DType.INT8), NumericsProfile.TENSORRT);
                    for (Observer other :
                            List.of(
                                    merged(parts.get(0), merged(parts.get(1), parts.get(2))),
                                    merged(merged(parts.get(2), parts.get(1)), parts.get(0)))) {
                        assertThat(other.params(QuantScheme.symmetric(DType.INT8), NumericsProfile.TENSORRT))
                                .isEqualTo(params);
                    }
                });
    }

    /// With other bins, a count may move to a neighbour each time that bins are brought to a common width; none is
    /// lost.
    @ParameterizedTest
    @MethodSource("magnitudes")
    void countsOfOtherBinsMoveToNeighbours(ObserverSpec.Magnitudes spec) {
        Generator.forAll(
                13,
                10,
                g -> {
                    List<Observer> parts =
                            IntStream.range(0, 3).mapToObj(_ -> seeing(spec, List.of(batch(g), batch(g)))).toList();
                    long[] left = sums(merged(merged(parts.get(0), parts.get(1)), parts.get(2)));
                    long[] right = sums(merged(parts.get(0), merged(parts.get(1), parts.get(2))));
                    assertThat(right).hasSameSizeAs(left);
                    int last = left.length - 1;
                    assertThat(right[last]).isEqualTo(left[last]).isPositive();
                    for (int i = 0; i <= last; i++) {
                        assertThat(right[i]).isBetween(left[Math.max(0, i - 2)], left[Math.min(last, i + 2)]);
                    }
                });
    }

    /// The number of values up to each bin.
    private static long[] sums(Observer observer) {
        long[] counts = BinCounts.of(observer.state()).counts().clone();
        for (int i = 1; i < counts.length; i++) {
            counts[i] += counts[i - 1];
        }
        return counts;
    }

    /// Values of which all batches have about the same range, so that methods that cut tails find the same tails.
    private static Tensor batch(Generator g) {
        return g.normals(Shape.of(3, g.integer(500, 2000)), g.uniform(-0.1f, 0.1f), g.uniform(0.9f, 1.1f));
    }

    private static Observer seeing(ObserverSpec spec, List<Tensor> batches) {
        Observer observer = spec.create(0);
        batches.forEach(observer::observe);
        return observer;
    }

    private static Observer merged(Observer first, Observer second) {
        Observer copy = first.state().restore();
        copy.merge(second);
        return copy;
    }

    /// After the second pass, if there is one.
    private static QuantParams params(Observer observer, List<Tensor> batches) {
        while (observer.finishPass()) {
            batches.forEach(observer::observe);
        }
        return observer.params(QuantScheme.symmetric(DType.INT8), NumericsProfile.PYTORCH);
    }

    private static void assertSame(ObserverSpec spec, QuantParams actual, QuantParams expected) {
        boolean binned = spec instanceof ObserverSpec.Histogram || spec instanceof ObserverSpec.Magnitudes;
        assertThat(actual.zeroPoints()).isEqualTo(expected.zeroPoints());
        assertThat(actual.scales()).hasSameSizeAs(expected.scales());
        for (int i = 0; i < actual.scales().length; i++) {
            float scale = expected.scales()[i];
            assertThat(actual.scales()[i]).isCloseTo(scale, within((float) (scale * (binned ? BINS : ROUNDING))));
        }
    }
}
