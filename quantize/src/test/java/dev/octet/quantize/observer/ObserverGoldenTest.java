package dev.octet.quantize.observer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Against PyTorch 2.13: src/test/python/make_observer_goldens.py made the numbers.
class ObserverGoldenTest {
    private static final Map<String, QuantScheme> SCHEMES =
            Map.of(
                    "quint8", QuantScheme.affine(DType.UINT8),
                    "quint8-reduced", QuantScheme.affine(DType.UINT8).reduced(),
                    "qint8", QuantScheme.affine(DType.INT8),
                    "qint8-symmetric", QuantScheme.symmetric(DType.INT8),
                    "quint8-symmetric", QuantScheme.symmetric(DType.UINT8));

    private static final JsonNode GOLDENS = Goldens.read("observer-goldens.json");

    static Stream<Arguments> cases() {
        return GOLDENS.get("cases").valueStream().map(c -> Arguments.argumentSet(c.get("name").asString(), c));
    }

    private static void assertParams(SoftAssertions soft, Observer observer, JsonNode expected) {
        SCHEMES.forEach((name, scheme) -> {
            QuantParams params = observer.params(scheme, NumericsProfile.PYTORCH);
            JsonNode pair = expected.get("params").get(name);
            soft.assertThat(params.scale())
                    .as("scale of %s", name)
                    .isEqualTo(Float.intBitsToFloat(pair.get(0).asInt()));
            soft.assertThat(params.zeroPoint()).as("zero point of %s", name).isEqualTo(pair.get(1).asInt());
        });
    }

    private static void assertRange(SoftAssertions soft, Observer observer, JsonNode expected) {
        for (String end : List.of("min", "max")) {
            soft.assertThat(observer.state().number(end))
                    .as(end)
                    .isEqualTo(Float.intBitsToFloat(expected.get(end).asInt()));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void minMaxEqualsPyTorch(JsonNode golden) {
        check(new MinMaxObserver(), golden, "minmax");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void movingAverageEqualsPyTorch(JsonNode golden) {
        check(new MovingAverageMinMaxObserver(0.01), golden, "average");
    }

    private static void check(Observer observer, JsonNode golden, String key) {
        Batch.all(golden).stream().filter(b -> !b.infinite()).forEach(b -> observer.observe(b.tensor()));
        SoftAssertions soft = new SoftAssertions();
        assertRange(soft, observer, golden.get(key));
        assertParams(soft, observer, golden.get(key));
        soft.assertAll();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void histogramEqualsPyTorch(JsonNode golden) {
        HistogramObserver observer = new HistogramObserver(2048);
        Batch.all(golden).forEach(b -> observer.observe(b.tensor()));
        JsonNode expected = golden.get("histogram");
        SoftAssertions soft = new SoftAssertions();
        assertRange(soft, observer, expected);
        float[] counts = observer.state().array("counts");
        double mass = 0;
        ByteBuffer bytes = ByteBuffer.allocate(counts.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float count : counts) {
            mass += count;
            bytes.putFloat(count);
        }
        CRC32 crc = new CRC32();
        crc.update(bytes.flip());
        soft.assertThat(mass).as("mass").isEqualTo(expected.get("mass").asDouble());
        soft.assertThat(crc.getValue()).as("counts, bit for bit").isEqualTo(expected.get("crc").asLong());
        assertParams(soft, observer, expected);
        soft.assertAll();
    }

    @Test
    void perChannelEqualsPyTorch() {
        for (JsonNode golden : GOLDENS.get("channels")) {
            long[] dims = golden.get("shape").valueStream().mapToLong(JsonNode::asLong).toArray();
            Shape shape = Shape.of(dims);
            Observer observer = new PerChannelMinMaxObserver(golden.get("axis").asInt());
            for (JsonNode seed : golden.get("seeds")) {
                float[] values = Batch.of(seed.asLong(), (int) shape.elementCount()).values();
                observer.observe(Tensor.of(shape, values));
            }
            for (String name : List.of("qint8", "qint8-symmetric")) {
                QuantParams params = observer.params(SCHEMES.get(name), NumericsProfile.PYTORCH);
                JsonNode expected = golden.get("params").get(name);
                assertThat(Goldens.bits(params.scales()))
                        .as("%s %s", shape, name)
                        .isEqualTo(Goldens.ints(expected.get(0)));
                assertThat(params.zeroPoints()).as("%s %s", shape, name).isEqualTo(Goldens.ints(expected.get(1)));
            }
        }
    }

    /// The figures of the reference, in decimal, so that goldens and code cannot be wrong together.
    @Test
    void equalsTheVectorsOfTheReference() {
        Observer observer = new HistogramObserver(2048);
        observer.observe(new Batch(12345, 10000, 1, 0, false, false).tensor());
        assertVector(observer, "quint8", 0.022456344f, 129);
        assertVector(observer, "quint8-reduced", 0.0450895131f, 64);
        assertVector(observer, "qint8-symmetric", 0.0226791985f, 0);
        observer.observe(new Batch(777, 10000, 1.7, 0, false, false).tensor());
        assertVector(observer, "quint8", 0.0381773636f, 130);
        assertVector(observer, "quint8-reduced", 0.0766553357f, 65);
        assertVector(observer, "qint8-symmetric", 0.0390551798f, 0);

        Observer relu = new HistogramObserver(2048);
        relu.observe(new Batch(777, 10000, 1.7, 0, true, false).tensor());
        float[] tripled = new Batch(12345, 10000, 1, 0, true, false).values();
        for (int i = 0; i < tripled.length; i++) {
            tripled[i] *= 3;
        }
        relu.observe(Tensor.of(Shape.of(tripled.length), tripled));
        assertVector(relu, "quint8", 0.0326224789f, 0);
        assertVector(relu, "quint8-reduced", 0.0655018315f, 0);

        Observer average = new MovingAverageMinMaxObserver(0.01);
        average.observe(new Batch(12345, 10000, 1, 0, false, false).tensor());
        average.observe(new Batch(777, 10000, 1.7, 0, false, false).tensor());
        assertVector(average, "quint8", 0.0228032172f, 128);
    }

    private static void assertVector(Observer observer, String scheme, float scale, int zeroPoint) {
        QuantParams params = observer.params(SCHEMES.get(scheme), NumericsProfile.PYTORCH);
        assertThat(params.scale()).as(scheme).isEqualTo(scale);
        assertThat(params.zeroPoint()).as(scheme).isEqualTo(zeroPoint);
    }
}
