package dev.octet.quantize.observer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ObserverTest {
    private static final QuantScheme UINT8 = QuantScheme.affine(DType.UINT8);

    static Stream<ObserverSpec> specs() {
        return Stream.of(
                ObserverSpec.MIN_MAX,
                ObserverSpec.MOVING_AVERAGE,
                ObserverSpec.ONNXRUNTIME_AVERAGE,
                ObserverSpec.PER_CHANNEL,
                ObserverSpec.MOVING_AVERAGE_PER_CHANNEL,
                ObserverSpec.HISTOGRAM,
                ObserverSpec.TENSORRT_ENTROPY,
                ObserverSpec.TENSORRT_PERCENTILE,
                ObserverSpec.ONNXRUNTIME_ENTROPY,
                ObserverSpec.ONNXRUNTIME_PERCENTILE,
                ObserverSpec.NCNN_KL,
                ObserverSpec.NCNN_ACIQ,
                ObserverSpec.TENSORRT_MSE,
                ObserverSpec.ACIQ_LAPLACE,
                new ObserverSpec.GivenRange(-1, Float.NaN),
                new ObserverSpec.AbsMax(3));
    }

    private static List<Tensor> batches(Generator g, int count) {
        List<Tensor> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float center = g.uniform(-2, 2);
            float width = g.uniform(0.01f, 3);
            batches.add(g.floats(Shape.of(3, g.integer(1, 2000)), center - width, center + width));
        }
        return batches;
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

    @ParameterizedTest
    @MethodSource("specs")
    void stateRestores(ObserverSpec spec) {
        Generator.forAll(
                1,
                20,
                g -> {
                    Observer observer = seeing(spec, batches(g, g.integer(0, 4)));
                    Observer restored = observer.state().restore();
                    assertThat(restored.state()).isEqualTo(observer.state());
                    assertThat(restored.isEmpty()).isEqualTo(observer.isEmpty());
                    List<Tensor> more = batches(g, 2);
                    more.forEach(observer::observe);
                    more.forEach(restored::observe);
                    assertThat(restored.state()).isEqualTo(observer.state());
                });
    }

    @ParameterizedTest
    @MethodSource("specs")
    void mergingAnEmptyObserverChangesNothing(ObserverSpec spec) {
        Generator.forAll(
                2,
                20,
                g -> {
                    Observer observer = seeing(spec, batches(g, 3));
                    assertThat(merged(observer, spec.create(0)).state()).isEqualTo(observer.state());
                    assertThat(merged(spec.create(0), observer).state()).isEqualTo(observer.state());
                });
    }

    @Test
    void rangesMergeAsIfSeenInOnePassInAnyOrder() {
        Generator.forAll(
                3,
                50,
                g -> {
                    for (ObserverSpec spec :
                            List.of(
                                    ObserverSpec.MIN_MAX,
                                    ObserverSpec.PER_CHANNEL,
                                    new ObserverSpec.GivenRange(Float.NaN, 5))) {
                        List<Tensor> batches = batches(g, 6);
                        Observer a = seeing(spec, batches.subList(0, 1));
                        Observer b = seeing(spec, batches.subList(1, 3));
                        Observer c = seeing(spec, batches.subList(3, 6));
                        ObserverState whole = seeing(spec, batches).state();
                        assertThat(merged(merged(a, b), c).state()).isEqualTo(whole);
                        assertThat(merged(a, merged(b, c)).state()).isEqualTo(whole);
                        assertThat(merged(merged(c, b), a).state()).isEqualTo(whole);
                    }
                });
    }

    @Test
    void averagesMergeInOrderAsIfSeenInOnePass() {
        Generator.forAll(
                4,
                50,
                g -> {
                    List<Tensor> batches = batches(g, 30);
                    ObserverSpec spec = new ObserverSpec.MovingAverageMinMax(g.uniform(0.01f, 0.9f));
                    Observer a = seeing(spec, batches.subList(0, 4));
                    Observer b = seeing(spec, batches.subList(4, 17));
                    Observer c = seeing(spec, batches.subList(17, 30));
                    assertClose(merged(merged(a, b), c).state(), seeing(spec, batches).state());
                    assertClose(merged(a, merged(b, c)).state(), seeing(spec, batches).state());
                });
    }

    private static void assertClose(ObserverState actual, ObserverState expected) {
        for (Map.Entry<String, Double> number : expected.numbers().entrySet()) {
            assertThat(actual.numbers().get(number.getKey()))
                    .as(number.getKey())
                    .isCloseTo(number.getValue(), within(2e-5));
        }
    }

    @Test
    void histogramsMergeInAnyOrderToTheSameRangeAndMass() {
        Generator.forAll(
                5,
                30,
                g -> {
                    List<Tensor> batches = batches(g, 6);
                    Observer a = seeing(ObserverSpec.HISTOGRAM, batches.subList(0, 2));
                    Observer b = seeing(ObserverSpec.HISTOGRAM, batches.subList(2, 4));
                    Observer c = seeing(ObserverSpec.HISTOGRAM, batches.subList(4, 6));
                    assertThat(merged(a, b).state()).as("commutes").isEqualTo(merged(b, a).state());
                    ObserverState whole = seeing(ObserverSpec.HISTOGRAM, batches).state();
                    for (Observer all : List.of(merged(merged(a, b), c), merged(a, merged(b, c)))) {
                        assertThat(all.state().numbers()).isEqualTo(whole.numbers());
                        assertThat(mass(all.state())).isCloseTo(mass(whole), within(mass(whole) * 1e-5));
                        // Mass has moved by a bin or two at most, so that the distributions are nearly the same.
                        assertThat(distance(all.state(), whole)).isLessThan(0.005);
                    }
                });
    }

    private static double mass(ObserverState state) {
        double mass = 0;
        for (float count : state.array("counts")) {
            mass += count;
        }
        return mass;
    }

    /// Area between the cumulative distributions, as a part of the range.
    private static double distance(ObserverState a, ObserverState b) {
        float[] x = a.array("counts");
        float[] y = b.array("counts");
        double difference = 0;
        double area = 0;
        for (int i = 0; i < x.length; i++) {
            difference += x[i] / mass(a) - y[i] / mass(b);
            area += Math.abs(difference);
        }
        return area / x.length;
    }

    @Test
    void observersOfDifferentKindsDoNotMerge() {
        assertThatThrownBy(() -> new MinMaxObserver().merge(new HistogramObserver(2048)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("observer to merge: expected MinMaxObserver, found HistogramObserver");
        assertThatThrownBy(() -> new HistogramObserver(2048).merge(new HistogramObserver(1024)))
                .hasMessage("observer to merge: expected bins 2048.0, found 1024.0");
        assertThatThrownBy(() -> new MovingAverageMinMaxObserver(0.5).merge(new MovingAverageMinMaxObserver(0.1)))
                .hasMessageContaining("averaging constant");
        assertThatThrownBy(() -> new PerChannelMinMaxObserver(0).merge(new PerChannelMinMaxObserver(1)))
                .hasMessageContaining("channel axis");
    }

    @ParameterizedTest
    @MethodSource("specs")
    void refusesWhatCannotBeObserved(ObserverSpec spec) {
        Observer observer = spec.create(0);
        assertThatThrownBy(() -> observer.observe(Tensor.of(Shape.of(2), 1, 2)))
                .hasMessage("values to observe: expected FLOAT32, found INT32 2");
        assertThatThrownBy(() -> observer.observe(Tensor.of(Shape.of(3), 1f, Float.NaN, 2f)))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> observer.params(UINT8, NumericsProfile.PYTORCH))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("nothing was observed");
        observer.observe(Tensor.allocate(DType.FLOAT32, Shape.of(0, 3)));
        assertThat(observer.isEmpty()).isTrue();
        assertThat(observer.state()).as("a refused batch leaves no trace").isEqualTo(spec.create(0).state());
    }

    @Test
    void infinitiesAreRefusedByRangesAndLeftOutByHistograms() {
        Tensor values = Tensor.of(Shape.of(4), 1f, Float.NEGATIVE_INFINITY, 3f, Float.POSITIVE_INFINITY);
        for (ObserverSpec spec : List.of(ObserverSpec.MIN_MAX, ObserverSpec.MOVING_AVERAGE, ObserverSpec.PER_CHANNEL)) {
            assertThatThrownBy(() -> spec.create(0).observe(values)).hasMessageContaining("infinity");
        }
        Observer histogram = new HistogramObserver(16);
        histogram.observe(values);
        assertThat(mass(histogram.state())).isEqualTo(2);
        Observer nothing = new HistogramObserver(16);
        nothing.observe(Tensor.of(Shape.of(1), Float.POSITIVE_INFINITY));
        assertThat(nothing.isEmpty()).isTrue();
    }

    /// What never happens silently: a range without width has the profile's smallest scale or represents the constant,
    /// and infinities are refused by all but PyTorch's histogram.
    @ParameterizedTest
    @MethodSource("specs")
    void constantsZerosAndInfinitiesBehaveAsDocumented(ObserverSpec spec) {
        QuantScheme scheme = QuantScheme.narrow(DType.INT8);
        // ncnn's normal distribution, its KL and the searches of TensorRT may clip the one bin of a constant; so may an
        // end that is given.
        boolean clips =
                spec instanceof ObserverSpec.Aciq
                        || spec instanceof ObserverSpec.Kl
                        || spec instanceof ObserverSpec.Magnitudes
                        || spec instanceof ObserverSpec.GivenRange;
        for (float value : new float[] {0, 2.5f, -2.5f}) {
            Observer observer = spec.create(0);
            observer.observeWhole(Tensor.of(Shape.of(2, 3), value, value, value, value, value, value));
            for (float scale : observer.params(scheme, NumericsProfile.PYTORCH).scales()) {
                assertThat(scale).as("scale of %s", value).isPositive().isLessThan(Float.POSITIVE_INFINITY);
                assertThat(scale * 127).as("reach of %s", value).isGreaterThan(clips ? 0 : Math.abs(value) * 0.999f);
            }
        }
        Tensor infinite = Tensor.of(Shape.of(2), 1f, Float.POSITIVE_INFINITY);
        Observer observer = spec.create(0);
        if (spec instanceof ObserverSpec.Histogram) {
            observer.observe(infinite);
            assertThat(mass(observer.state())).isEqualTo(1);
        } else {
            assertThatThrownBy(() -> observer.observe(infinite)).hasMessageContaining("infinit");
            assertThat(observer.isEmpty()).isTrue();
        }
    }

    @Test
    void fixedParametersNeedNoData() {
        QuantParams params = QuantParams.perTensor(DType.UINT8, 1f / 256, 0);
        Observer observer = new ObserverSpec.FixedQParams(params).create();
        observer.observe(Tensor.of(Shape.of(2), -5f, 7f));
        assertThat(observer.params(QuantScheme.symmetric(DType.INT8), NumericsProfile.ONNX)).isEqualTo(params);
        assertThat(merged(observer, observer).state()).isEqualTo(observer.state());
        assertThat(observer.state().restore().params(UINT8, NumericsProfile.PYTORCH)).isEqualTo(params);
        QuantParams others = QuantParams.perTensor(DType.INT8, 1f / 128, 0);
        assertThatThrownBy(() -> observer.merge(new FixedQParamsObserver(others)))
                .hasMessageContaining("observer to merge");
    }

    @Test
    void placeholdersHaveNoParameters() {
        Observer observer = ObserverSpec.PLACEHOLDER.create();
        observer.observe(Tensor.of(Shape.of(1), Float.NaN));
        assertThat(observer.state().restore().isEmpty()).isTrue();
        assertThatThrownBy(() -> observer.params(UINT8, NumericsProfile.PYTORCH))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("no parameters follow");
    }

    @Test
    void recordingsKeepEveryTensorInOrder() {
        Tensor values = Tensor.of(Shape.of(1, 2), 1f, 2f);
        RecordingObserver first = new RecordingObserver();
        first.observe(values);
        values.setFloat(0, 9);
        RecordingObserver second = new RecordingObserver();
        second.observe(Tensor.allocate(DType.FLOAT32, Shape.of(0)));
        second.observe(Tensor.of(Shape.of(1), 3f));
        RecordingObserver all = (RecordingObserver) merged(first, second);
        assertThat(all.tensors()).extracting(t -> t.shape()).containsExactly(Shape.of(1, 2), Shape.of(0), Shape.of(1));
        assertThat(all.tensors().getFirst().toFloatArray()).as("a copy").containsExactly(1, 2);
        assertThat(all.state().restore().state()).isEqualTo(all.state());
    }

    /// 6 is far outside of what 400 values around zero need.
    @Test
    void outliersAreClippedAtANumberOfRootMeanSquares() {
        float[] values = new float[401];
        for (int i = 0; i < 400; i++) {
            values[i] = i % 2 == 0 ? 0.5f : -0.5f;
        }
        values[400] = 6;
        double rms = Math.sqrt((400 * 0.25 + 36) / 401);
        QuantScheme scheme = QuantScheme.narrow(DType.INT8);
        Observer clipped = new ObserverSpec.AbsMax(3).create();
        Observer plain = ObserverSpec.ABS_MAX.create();
        for (Observer observer : List.of(clipped, plain)) {
            observer.observe(Tensor.of(Shape.of(401), values));
        }
        assertThat(clipped.params(scheme, NumericsProfile.ONNX).scale()).isEqualTo((float) ((float) (3 * rms) / 127.0));
        assertThat(plain.params(scheme, NumericsProfile.ONNX).scale()).isEqualTo((float) (6 / 127.0));
    }

    @Test
    void countsMergeExactlyIfTheSecondPassStartsFromTheMergedFirst() {
        Generator.forAll(
                7,
                20,
                g -> {
                    for (ObserverSpec spec :
                            List.of(
                                    ObserverSpec.NCNN_KL,
                                    ObserverSpec.ONNXRUNTIME_ENTROPY,
                                    ObserverSpec.ONNXRUNTIME_PERCENTILE)) {
                        List<Tensor> batches = batches(g, 6);
                        Observer whole = spec.create();
                        do {
                            batches.forEach(whole::observe);
                        } while (whole.finishPass());
                        Observer range =
                                merged(seeing(spec, batches.subList(0, 2)), seeing(spec, batches.subList(2, 6)));
                        assertThat(range.finishPass()).isTrue();
                        Observer a = range.state().restore();
                        Observer b = range.state().restore();
                        batches.subList(0, 3).forEach(a::observe);
                        batches.subList(3, 6).forEach(b::observe);
                        assertThat(a.finishPass()).isFalse();
                        assertThat(merged(a, b).state()).isEqualTo(whole.state());
                        assertThat(merged(b, a).state()).isEqualTo(whole.state());
                    }
                });
    }

    @Test
    void channelsAreKeptApartAlongAnyAxis() {
        Generator.forAll(
                6,
                60,
                g -> {
                    Shape shape = g.shape(1, 4, 9);
                    int axis = g.integer(0, shape.rank() - 1);
                    Tensor values = g.floats(shape, -3, 3);
                    Observer observer = new PerChannelMinMaxObserver(axis);
                    observer.observe(values);
                    int channels = (int) shape.dim(axis);
                    float[] mins = new float[channels];
                    float[] maxs = new float[channels];
                    java.util.Arrays.fill(mins, 9);
                    java.util.Arrays.fill(maxs, -9);
                    for (long i = 0; i < values.elementCount(); i++) {
                        int c = (int) (i / shape.product(axis + 1, shape.rank()) % channels);
                        mins[c] = Math.min(mins[c], values.getFloat(i));
                        maxs[c] = Math.max(maxs[c], values.getFloat(i));
                    }
                    assertThat(observer.state().array("mins")).isEqualTo(mins);
                    assertThat(observer.state().array("maxs")).isEqualTo(maxs);
                });
    }

    @Test
    void statesThatNoObserverHasAreRefused() {
        assertRefused(new ObserverState("nonsense", Map.of(), Map.of()), "observer kind: expected one of [absmax,");
        assertRefused(new ObserverState("minmax", Map.of("min", 2.0, "max", 1.0), Map.of()), "expected min <= max");
        assertRefused(new ObserverState("minmax", Map.of("min", 2.0), Map.of()), "finite number 'max'");
        assertRefused(new ObserverState("histogram", Map.of("bins", 1e9), Map.of()), "bins: expected an integer in");
        assertRefused(
                new ObserverState(
                        "histogram",
                        Map.of("bins", 4.0, "min", 0.0, "max", 1.0),
                        Map.of("counts", new float[] {1, 2, 3})),
                "expected 4 counts, found 3");
        assertRefused(
                new ObserverState(
                        "histogram",
                        Map.of("bins", 2.0, "min", 0.0, "max", 1.0),
                        Map.of("counts", new float[] {1, -2})),
                "negative count");
        assertRefused(
                new ObserverState(
                        "per-channel-minmax", Map.of("axis", 0.0), Map.of("mins", new float[2], "maxs", new float[3])),
                "as many maxima as minima");
    }

    private static void assertRefused(ObserverState state, String message) {
        assertThatThrownBy(state::restore).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }
}
