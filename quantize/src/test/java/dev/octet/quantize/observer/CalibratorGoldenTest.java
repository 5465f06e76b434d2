package dev.octet.quantize.observer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.MagnitudeSearch.Method;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Against PyTorch 1.13, NVIDIA's pytorch-quantization, ONNX Runtime's tool and ncnn's: the scripts in src/test/python
/// made the numbers.
class CalibratorGoldenTest {
    private static final Map<String, ObserverSpec> TENSORRT =
            Map.of(
                    "entropy", ObserverSpec.TENSORRT_ENTROPY,
                    "mse", ObserverSpec.TENSORRT_MSE,
                    "percentile 99.99", ObserverSpec.TENSORRT_PERCENTILE,
                    "percentile 99.9", tensorRtPercentile(99.9),
                    "percentile 100", tensorRtPercentile(100));

    private static final Map<String, ObserverSpec> ONNXRUNTIME =
            Map.of(
                    "entropy 128/128", ObserverSpec.ONNXRUNTIME_ENTROPY,
                    "entropy 512/128", new ObserverSpec.OnnxRuntimeEntropyBins(512, 128),
                    "entropy 2048/128", new ObserverSpec.OnnxRuntimeEntropyBins(2048, 128),
                    "percentile 99.999 symmetric", ObserverSpec.ONNXRUNTIME_PERCENTILE,
                    "percentile 99.9 symmetric", new ObserverSpec.OnnxRuntimePercentileBins(2048, 99.9, true),
                    "percentile 99.999", new ObserverSpec.OnnxRuntimePercentileBins(2048, 99.999, false),
                    "percentile 99.9", new ObserverSpec.OnnxRuntimePercentileBins(2048, 99.9, false),
                    "percentile 95", new ObserverSpec.OnnxRuntimePercentileBins(512, 95, false));

    private static ObserverSpec tensorRtPercentile(double percentile) {
        return new ObserverSpec.Magnitudes(new MagnitudeSearch(Method.PERCENTILE, percentile), 2048);
    }

    private static Observer calibrated(ObserverSpec spec, JsonNode golden) {
        Observer observer = spec.create();
        do {
            Batch.all(golden).forEach(b -> observer.observe(b.tensor()));
        } while (observer.finishPass());
        return observer;
    }

    /// The range that an observer found: the one that 8 bits of it express, up to rounding, and exactly by scale.
    private static QuantParams symmetric(Observer observer) {
        return observer.params(QuantScheme.narrow(DType.INT8), NumericsProfile.ONNX);
    }

    private static QuantParams expected(float min, float max) {
        return QuantScheme.narrow(DType.INT8).params(min, max, NumericsProfile.ONNX);
    }

    static Stream<Arguments> tensorRt() {
        return Goldens.cases(Goldens.read("tensorrt-goldens.json"));
    }

    @ParameterizedTest
    @MethodSource("tensorRt")
    void magnitudesEqualPyTorchQuantization(JsonNode golden) {
        SoftAssertions soft = new SoftAssertions();
        Observer any = calibrated(ObserverSpec.TENSORRT_MSE, golden);
        soft.assertThat(any.state().array("counts").length).as("bins").isEqualTo(golden.get("bins").asInt());
        soft.assertThat((float) any.state().number("top")).as("top").isEqualTo(Goldens.value(golden.get("top")));
        TENSORRT.forEach((name, spec) -> {
            if (golden.get("amax").has(name)) {
                float amax = Goldens.value(golden.get("amax").get(name));
                QuantParams params = symmetric(calibrated(spec, golden));
                soft.assertThat(params.scale()).as("scale of %s", name).isEqualTo(expected(-amax, amax).scale());
            }
        });
        soft.assertAll();
    }

    static Stream<Arguments> onnxRuntime() {
        return Goldens.cases(Goldens.read("onnxruntime-goldens.json"));
    }

    @ParameterizedTest
    @MethodSource("onnxRuntime")
    void rangesEqualOnnxRuntime(JsonNode golden) {
        SoftAssertions soft = new SoftAssertions();
        ONNXRUNTIME.forEach((name, spec) -> {
            JsonNode range = golden.get("ranges").get(name);
            QuantScheme scheme = QuantScheme.affine(DType.UINT8);
            QuantParams params = calibrated(spec, golden).params(scheme, NumericsProfile.ONNX);
            float min = Goldens.value(range.get(0));
            float max = Goldens.value(range.get(1));
            soft.assertThat(params)
                    .as(name)
                    .isEqualTo(scheme.params(Math.min(min, 0), Math.max(max, 0), NumericsProfile.ONNX));
        });
        soft.assertAll();
    }

    static Stream<Arguments> ncnn() {
        return Goldens.cases(Goldens.read("ncnn-goldens.json"));
    }

    @ParameterizedTest
    @MethodSource("ncnn")
    void thresholdsEqualNcnn(JsonNode golden) {
        assertMultiplier("kl", ObserverSpec.NCNN_KL, golden);
        assertMultiplier("aciq", ObserverSpec.NCNN_ACIQ, golden);
    }

    /// ncnn has multipliers instead of scales: two roundings lie between them.
    private static void assertMultiplier(String name, ObserverSpec spec, JsonNode golden) {
        double multiplier = 1.0 / symmetric(calibrated(spec, golden)).scale();
        double expected = golden.get(name).asDouble();
        assertThat(multiplier).as(name).isCloseTo(expected, org.assertj.core.api.Assertions.within(expected * 2.4e-7));
    }

    static Stream<Arguments> aciq() {
        return Goldens.cases(Goldens.read("aciq-goldens.json"));
    }

    /// The paper's formula.
    @ParameterizedTest
    @MethodSource("aciq")
    void thresholdsEqualThoseOfTheFormula(JsonNode golden) {
        JsonNode factors = Goldens.read("aciq-goldens.json").get("factors");
        Observer observer = calibrated(ObserverSpec.ACIQ_LAPLACE, golden);
        double deviation = golden.get("deviation").asDouble();
        double low = golden.get("low").asDouble();
        double high = golden.get("high").asDouble();
        double largest = Math.max(-low, high);
        for (DType signed : List.of(DType.INT4, DType.INT8)) {
            double threshold = Math.min(factors.get("" + signed.bits()).asDouble() * deviation, largest);
            double kept = deviation == 0 ? largest : threshold;
            double steps = QuantScheme.symmetric(signed).quantMax() + 0.5;
            assertThat((double) observer.params(QuantScheme.symmetric(signed), NumericsProfile.PYTORCH).scale())
                    .as(signed.toString())
                    .isCloseTo(Math.max(kept / steps, 0x1p-23), Percentage.withPercentage(1e-4));
        }
        double above = Math.min(factors.get(low >= 0 ? "9" : "8").asDouble() * deviation, largest);
        above = deviation == 0 ? largest : above;
        double width = Math.min(high, above) + Math.max(0, Math.min(-low, above));
        assertThat((double) observer.params(QuantScheme.affine(DType.UINT8), NumericsProfile.PYTORCH).scale())
                .isCloseTo(Math.max(width / 255, 0x1p-23), Percentage.withPercentage(1e-4));
    }

    /// The table of the reference, 7.12.
    @ParameterizedTest
    @CsvSource({"1, 1.863", "2, 2.8307", "3, 3.8972", "4, 5.0286", "5, 6.2047", "6, 7.4132", "7, 8.6457", "8, 9.8968"})
    void factorsEqualTheTableOfTheReference(int bits, double factor) {
        assertThat(LaplaceObserver.factor(bits)).isCloseTo(factor, org.assertj.core.api.Assertions.within(6e-4));
    }

    @Test
    void averagesOfChannelsEqualPyTorch() {
        Map<String, QuantScheme> schemes =
                Map.of(
                        "qint8", QuantScheme.affine(DType.INT8),
                        "qint8-symmetric", QuantScheme.symmetric(DType.INT8),
                        "quint8", QuantScheme.affine(DType.UINT8));
        for (JsonNode golden : Goldens.read("channel-goldens.json").get("averages")) {
            long[] dims = golden.get("shape").valueStream().mapToLong(JsonNode::asLong).toArray();
            Shape shape = Shape.of(dims);
            Observer observer =
                    new MovingAveragePerChannelMinMaxObserver(
                            golden.get("axis").asInt(), golden.get("constant").asDouble());
            int batch = 0;
            for (JsonNode seed : golden.get("seeds")) {
                Batch values = new Batch(seed.asLong(), (int) shape.elementCount(), 1.0 + batch++, 0, false, false);
                observer.observe(Tensor.of(shape, values.values()));
            }
            assertThat(Goldens.bits(observer.state().array("mins"))).isEqualTo(Goldens.ints(golden.get("mins")));
            assertThat(Goldens.bits(observer.state().array("maxs"))).isEqualTo(Goldens.ints(golden.get("maxs")));
            schemes.forEach((name, scheme) -> {
                QuantParams params = observer.params(scheme, NumericsProfile.PYTORCH);
                JsonNode expected = golden.get("params").get(name);
                assertThat(Goldens.bits(params.scales())).as(name).isEqualTo(Goldens.ints(expected.get(0)));
                assertThat(params.zeroPoints()).as(name).isEqualTo(Goldens.ints(expected.get(1)));
            });
        }
    }

    /// The figures of the reference, in decimal, so that goldens and code cannot be wrong together.
    @Test
    void equalsTheVectorsOfTheReference() {
        Tensor g = Batch.of(12345, 10000).tensor();
        Tensor g2 = new Batch(777, 10000, 1.7, 0, false, false).tensor();
        assertLargest(new ObserverSpec.OnnxRuntimeEntropyBins(2048, 128), g, 2.7419348f);
        assertLargest(new ObserverSpec.OnnxRuntimePercentileBins(2048, 99.9, true), g, 2.7122946f);
        assertLargest(ObserverSpec.NCNN_KL, g, 2.79346991f);
        assertLargest(ObserverSpec.NCNN_KL, g2, 4.69627571f);
        assertLargest(ObserverSpec.NCNN_ACIQ, g, 2.85633707f);
        assertLargest(ObserverSpec.NCNN_ACIQ, g2, 4.91881418f);
    }

    private static void assertLargest(ObserverSpec spec, Tensor values, float largest) {
        Observer observer = spec.create();
        observer.observeWhole(values);
        assertThat(symmetric(observer)).as(spec.toString()).isEqualTo(expected(-largest, largest));
    }

    @Test
    void constantsAndZerosGiveTheDocumentedRange() {
        Tensor zeros = Tensor.allocate(DType.FLOAT32, Shape.of(100));
        for (ObserverSpec spec :
                List.of(
                        ObserverSpec.TENSORRT_ENTROPY,
                        ObserverSpec.TENSORRT_MSE,
                        ObserverSpec.TENSORRT_PERCENTILE,
                        ObserverSpec.ONNXRUNTIME_ENTROPY,
                        ObserverSpec.ONNXRUNTIME_PERCENTILE,
                        ObserverSpec.NCNN_KL,
                        ObserverSpec.NCNN_ACIQ,
                        ObserverSpec.ACIQ_LAPLACE,
                        ObserverSpec.ABS_MAX)) {
            Observer observer = spec.create();
            observer.observeWhole(zeros);
            assertThat(symmetric(observer)).as(spec.toString()).isEqualTo(expected(0, 0));
        }
    }
}
