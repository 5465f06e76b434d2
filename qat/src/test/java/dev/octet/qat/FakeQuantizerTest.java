package dev.octet.qat;

import static dev.octet.qat.Goldens.assertClose;
import static dev.octet.qat.Goldens.flag;
import static dev.octet.qat.Goldens.floats;
import static dev.octet.qat.Goldens.ints;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.octet.qat.op.TensorArrays;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.qat.quantizer.FakeQuantizer;
import dev.octet.qat.quantizer.QuantizedSite;
import dev.octet.quant.Granularity;
import dev.octet.quant.LinearQuantization;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.NumericsProfile.ZeroPointOrder;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quant.Rounding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class FakeQuantizerTest {
    private static final double TOLERANCE = 1e-6;

    private NDManager manager;
    private ParameterStore store;

    @BeforeEach
    void open() {
        manager = TrainingEngine.get().newBaseManager();
        store = new ParameterStore(manager, false);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray array(float[] values, JsonNode golden) {
        JsonNode dims = golden.get("shape");
        long[] shape = new long[dims.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = dims.get(i).asLong();
        }
        return manager.create(values, new Shape(shape));
    }

    @Test
    void observesAndRoundsAsPyTorch() {
        for (JsonNode golden : Goldens.of("observed")) {
            String name = golden.get("name").asString();
            boolean symmetric = flag(golden, "symmetric");
            QuantScheme whole = symmetric ? QuantScheme.symmetric(DType.INT8) : QuantScheme.affine(DType.UINT8);
            QuantScheme scheme =
                    golden.has("bounds")
                            ? new QuantScheme(
                                    whole.dtype(), symmetric, ints(golden, "bounds")[0], ints(golden, "bounds")[1])
                            : whole;
            int axis = golden.get("axis").asInt();
            double constant = golden.get("constant").asDouble();
            FakeQuantSpec spec =
                    flag(golden, "fused")
                            ? new FakeQuantSpec.FusedMovingAverage(constant)
                            : constant == 0 ? new FakeQuantSpec.MinMax() : new FakeQuantSpec.MovingAverage(constant);
            FakeQuantizer quantizer =
                    spec.create(
                            site(flag(golden, "reduced") ? scheme.reduced() : scheme, axis, axis < 0 ? 1 : 4, null));
            for (JsonNode round : golden.get("rounds")) {
                NDArray x = array(floats(round, "x"), golden);
                Gradients found = Gradients.of(x, floats(round, "weights"), v -> quantizer.apply(store, v, true));
                QuantParams params = quantizer.params();
                assertClose(params.scales(), floats(round, "scale"), TOLERANCE, name + " scale");
                assertThat(params.zeroPoints()).as(name).containsExactly(ints(round, "zero_point"));
                assertClose(found.y(), floats(round, "y"), TOLERANCE, name + " y");
                assertClose(found.dx(), floats(round, "dx"), TOLERANCE, name + " dx");
                assertClose(state(quantizer, "min"), floats(round, "min"), TOLERANCE, name + " min");
                assertClose(state(quantizer, "max"), floats(round, "max"), TOLERANCE, name + " max");
            }
        }
    }

    private static float[] state(FakeQuantizer quantizer, String name) {
        return quantizer.parameters().stream()
                .filter(p -> p.getName().endsWith("." + name))
                .findFirst()
                .orElseThrow()
                .getArray()
                .toFloatArray();
    }

    @Test
    void learnsScalesAsPyTorch() {
        for (JsonNode golden : Goldens.of("learned")) {
            String name = golden.get("name").asString();
            int axis = golden.get("axis").asInt();
            QuantScheme scheme =
                    flag(golden, "symmetric")
                            ? QuantScheme.symmetric(DType.INT8)
                            : QuantScheme.affine(DType.UINT8).reduced();
            int channels = axis < 0 ? 1 : 4;
            float[] scales = new float[channels];
            int[] zeroPoints = new int[channels];
            java.util.Arrays.fill(scales, (float) golden.get("start_scale").asDouble());
            java.util.Arrays.fill(zeroPoints, golden.get("start_zero_point").asInt());
            QuantParams start =
                    new QuantParams(
                            scheme.dtype(),
                            scheme.quantMin(),
                            scheme.quantMax(),
                            axis < 0 ? Granularity.PER_TENSOR : Granularity.perChannel(axis),
                            scales,
                            zeroPoints);
            FakeQuantizer quantizer =
                    new FakeQuantSpec.Learned(flag(golden, "scaled"), true).create(site(scheme, axis, channels, start));
            NDArray x = array(floats(golden, "x"), golden);
            Gradients found = Gradients.of(x, floats(golden, "weights"), v -> quantizer.apply(store, v, true));
            assertClose(found.y(), floats(golden, "y"), TOLERANCE, name + " y");
            assertClose(found.dx(), floats(golden, "dx"), TOLERANCE, name + " dx");
            assertClose(gradient(quantizer, "scale"), floats(golden, "ds"), TOLERANCE, name + " ds");
            if (!flag(golden, "symmetric")) {
                assertClose(gradient(quantizer, "zero_point"), floats(golden, "dz"), TOLERANCE, name + " dz");
            }
        }
    }

    private static float[] gradient(FakeQuantizer quantizer, String name) {
        return quantizer.parameters().stream()
                .filter(p -> p.getName().endsWith("." + name))
                .findFirst()
                .orElseThrow()
                .getArray()
                .getGradient()
                .toFloatArray();
    }

    @Test
    void roundsToTheBitsOfQuantizingAndDequantizing() {
        NumericsProfile away =
                new NumericsProfile(
                        NumericsProfile.Scaling.DIVISION,
                        Rounding.HALF_AWAY_FROM_ZERO,
                        ZeroPointOrder.AFTER_ROUNDING,
                        NumericsProfile.SymmetricDivisor.MAX,
                        NumericsProfile.BiasType.INT32,
                        0x1p-23);
        NumericsProfile before =
                new NumericsProfile(
                        NumericsProfile.Scaling.RECIPROCAL,
                        Rounding.HALF_EVEN,
                        ZeroPointOrder.BEFORE_ROUNDING,
                        NumericsProfile.SymmetricDivisor.HALF_RANGE,
                        NumericsProfile.BiasType.FLOAT32,
                        0x1p-23);
        List<NumericsProfile> profiles =
                List.of(NumericsProfile.PYTORCH, NumericsProfile.ONNX, NumericsProfile.QNNPACK, away, before);
        Generator.forAll(
                5,
                60,
                random -> {
                    NumericsProfile profile = random.oneOf(profiles);
                    QuantScheme scheme =
                            random.oneOf(
                                    List.of(
                                            QuantScheme.affine(DType.UINT8),
                                            QuantScheme.affine(DType.UINT8).reduced(),
                                            QuantScheme.symmetric(DType.INT8),
                                            QuantScheme.narrow(DType.INT8),
                                            QuantScheme.symmetric(DType.INT4),
                                            QuantScheme.affine(DType.INT8)));
                    int axis = random.integer(-1, 2);
                    Tensor values = random.normals(dev.octet.tensor.Shape.of(3, 4, 5), 0.2f, 1.5f);
                    // Halves and integers of the scale are where roundings differ.
                    for (int i = 0; i < 20; i++) {
                        values.setFloat(i, (i - 10) * 0.5f);
                    }
                    int channels = axis < 0 ? 1 : (int) values.shape().dim(axis);
                    float[] scales = new float[channels];
                    int[] zeroPoints = new int[channels];
                    for (int i = 0; i < channels; i++) {
                        scales[i] = random.flip() ? 1 : random.uniform(0.01f, 0.05f);
                        zeroPoints[i] = scheme.symmetric() ? 0 : random.integer(scheme.quantMin(), scheme.quantMax());
                    }
                    QuantParams params =
                            new QuantParams(
                                    scheme.dtype(),
                                    scheme.quantMin(),
                                    scheme.quantMax(),
                                    axis < 0 ? Granularity.PER_TENSOR : Granularity.perChannel(axis),
                                    scales,
                                    zeroPoints);
                    FakeQuantizer quantizer =
                            new FakeQuantSpec.Fixed()
                                    .create(
                                            new QuantizedSite(
                                                    "v", scheme, profile, axis, channels, false, params, manager));
                    NDArray found = quantizer.apply(store, TensorArrays.toArray(manager, values), true);
                    LinearQuantization exact = new LinearQuantization(params, profile);
                    TensorAssert.assertThat(TensorArrays.toTensor(found))
                            .isIdenticalTo(exact.dequantize(exact.quantize(values)));
                });
    }

    @Test
    void gradientsPassWhereNothingIsClampedInEveryArithmetic() {
        for (NumericsProfile profile : List.of(NumericsProfile.PYTORCH, NumericsProfile.ONNX)) {
            QuantScheme scheme = QuantScheme.affine(DType.UINT8);
            QuantParams params = QuantParams.perTensor(DType.UINT8, 0.1f, 10);
            FakeQuantizer quantizer =
                    new FakeQuantSpec.Fixed()
                            .create(new QuantizedSite("v", scheme, profile, -1, 1, false, params, manager));
            float[] x = {-1.2f, -1.04f, -1, 0, 0.33f, 24.5f, 24.54f, 24.7f};
            Gradients found =
                    Gradients.of(
                            manager.create(x),
                            new float[] {1, 2, 3, 4, 5, 6, 7, 8},
                            v -> quantizer.apply(store, v, true));
            assertClose(found.dx(), new float[] {0, 2, 3, 4, 5, 6, 7, 0}, TOLERANCE, profile.toString());
        }
    }

    @Test
    void clippingIsLearnedFromWhatItClips() {
        FakeQuantizer quantizer =
                new FakeQuantSpec.Clipped(2).create(site(QuantScheme.affine(DType.UINT8), -1, 1, null));
        float[] x = {-1, 0.5f, 1.999f, 2, 2.5f, 7};
        Gradients found =
                Gradients.of(manager.create(x), new float[] {1, 2, 3, 4, 5, 6}, v -> quantizer.apply(store, v, true));
        float step = 2f / 255;
        assertClose(found.y(), new float[] {0, 64 * step, 2, 2, 2, 2}, TOLERANCE, "y");
        assertClose(found.dx(), new float[] {0, 2, 3, 0, 0, 0}, TOLERANCE, "dx");
        assertClose(gradient(quantizer, "alpha"), new float[] {15}, TOLERANCE, "dα");
        assertThat(quantizer.params()).isEqualTo(QuantParams.perTensor(DType.UINT8, step, 0));
    }

    @Test
    void clipsAsTheFormulaOfPactDoes() {
        for (JsonNode golden : Goldens.of("clipped")) {
            String name = golden.get("name").asString();
            int steps = (1 << golden.get("bits").asInt()) - 1;
            QuantScheme scheme = new QuantScheme(DType.UINT8, false, 0, steps);
            FakeQuantizer quantizer =
                    new FakeQuantSpec.Clipped(floats(golden, "alpha")[0]).create(site(scheme, -1, 1, null));
            Gradients found =
                    Gradients.of(
                            manager.create(floats(golden, "x")),
                            floats(golden, "weights"),
                            v -> quantizer.apply(store, v, true));
            assertClose(found.y(), floats(golden, "y"), TOLERANCE, name + " y");
            assertClose(found.dx(), floats(golden, "dx"), TOLERANCE, name + " dx");
            assertClose(gradient(quantizer, "alpha"), floats(golden, "dalpha"), TOLERANCE, name + " dα");
        }
    }

    @Test
    void nudgesAsTensorFlow() {
        for (JsonNode golden : Goldens.of("nudged-goldens.json", "nudged")) {
            float[] ends = {(float) golden.get("low").asDouble(), (float) golden.get("high").asDouble()};
            int bits = golden.get("bits").asInt();
            String name = bits + " bits, " + java.util.Arrays.toString(ends);
            QuantScheme scheme = new QuantScheme(DType.UINT8, false, 0, (1 << bits) - 1);
            FakeQuantizer quantizer = new FakeQuantSpec.Nudged(0).create(site(scheme, -1, 1, null));
            quantizer.apply(store, manager.create(ends), true);
            Gradients found =
                    Gradients.of(
                            manager.create(floats(golden, "x")),
                            floats(golden, "weights"),
                            v -> quantizer.apply(store, v, true));
            assertClose(found.y(), floats(golden, "y"), TOLERANCE, name + " y");
            assertClose(found.dx(), floats(golden, "dx"), TOLERANCE, name + " dx");
            assertClose(gradient(quantizer, "min"), floats(golden, "dmin"), TOLERANCE, name + " dmin");
            assertClose(gradient(quantizer, "max"), floats(golden, "dmax"), TOLERANCE, name + " dmax");
        }
    }

    /// TensorFlow's kernel: [-0.3, 1] in 8 bits has step 1.3/255, zero point 59.
    @Test
    void nudgedRangesRoundHalfUpAndGiveGradientsToTheirEnds() {
        FakeQuantizer quantizer =
                new FakeQuantSpec.Nudged(0).create(site(QuantScheme.affine(DType.UINT8), -1, 1, null));
        quantizer.apply(store, manager.create(new float[] {-0.3f, 1}), true);
        float step = 1.3f / 255;
        float low = -59 * step;
        float high = 196 * step;
        float[] x = {-0.5f, low, 0, 0.4f, high, 1.5f, 2};
        Gradients found =
                Gradients.of(
                        manager.create(x), new float[] {1, 2, 3, 4, 5, 6, 7}, v -> quantizer.apply(store, v, true));
        float rounded = (float) Math.floor((0.4f - low) / step + 0.5f) * step + low;
        assertClose(found.y(), new float[] {low, low, 0, rounded, high, high, high}, TOLERANCE, "y");
        assertClose(found.dx(), new float[] {0, 2, 3, 4, 5, 0, 0}, TOLERANCE, "dx");
        assertClose(gradient(quantizer, "min"), new float[] {1}, TOLERANCE, "dmin");
        assertClose(gradient(quantizer, "max"), new float[] {13}, TOLERANCE, "dmax");
        assertThat(quantizer.params().zeroPoint()).isEqualTo(59);
    }

    @Test
    void observesAndRoundsSeparatelyAsPyTorch() {
        for (JsonNode golden : Goldens.of("switched")) {
            String name = golden.get("name").asString();
            boolean fused = flag(golden, "fused");
            FakeQuantSpec spec = fused ? FakeQuantSpec.FUSED : new FakeQuantSpec.MovingAverage(0.01);
            FakeQuantizer quantizer = spec.create(site(QuantScheme.affine(DType.UINT8), -1, 1, null));
            for (JsonNode round : golden.get("rounds")) {
                quantizer.observe(flag(round, "observing"));
                quantizer.quantize(flag(round, "rounding"));
                NDArray x = array(floats(round, "x"), golden);
                Gradients found = Gradients.of(x, floats(round, "weights"), v -> quantizer.apply(store, v, true));
                assertClose(quantizer.params().scales(), floats(round, "scale"), TOLERANCE, name + " scale");
                assertThat(quantizer.params().zeroPoints()).as(name).containsExactly(ints(round, "zero_point"));
                assertClose(found.y(), floats(round, "y"), TOLERANCE, name + " y");
                assertClose(found.dx(), floats(round, "dx"), TOLERANCE, name + " dx");
                assertClose(state(quantizer, "min"), floats(round, "min"), TOLERANCE, name + " min");
                assertClose(state(quantizer, "max"), floats(round, "max"), TOLERANCE, name + " max");
            }
        }
    }

    /// PyTorch's module has scale 1 until it has rounded, but on conversion parameters by the range.
    @Test
    void aRangeThatWasNeverRoundedByGivesTheParametersOfConversion() {
        FakeQuantizer quantizer = FakeQuantSpec.FUSED.create(site(QuantScheme.affine(DType.UINT8), -1, 1, null));
        quantizer.quantize(false);
        quantizer.apply(store, manager.create(new float[] {-1, 0.5f, 2}), true);
        assertThat(quantizer.params()).isEqualTo(QuantParams.perTensor(DType.UINT8, 3f / 255, 85));
        quantizer.quantize(true);
        float[] rounded = quantizer.apply(store, manager.create(new float[] {-1.5f, 0.5f, 9}), false).toFloatArray();
        assertClose(rounded, new float[] {-1, 0.49411765f, 2}, TOLERANCE, "y");
    }

    @Test
    void observingAndRoundingAreSwitchedSeparately() {
        FakeQuantizer quantizer = new FakeQuantSpec.MinMax().create(site(QuantScheme.affine(DType.UINT8), -1, 1, null));
        NDArray x = manager.create(new float[] {-1, 0.3333f, 2});
        quantizer.quantize(false);
        assertThat(quantizer.apply(store, x, true).toFloatArray()).containsExactly(-1, 0.3333f, 2);
        assertThat(quantizer.params().scale()).isEqualTo(3f / 255);
        quantizer.quantize(true);
        quantizer.observe(false);
        assertThat(quantizer.apply(store, x.mul(5), true).toFloatArray()[1]).isNotEqualTo(5 * 0.3333f);
        assertThat(quantizer.params().scale()).isEqualTo(3f / 255);
        // What is not training is rounded, but not observed.
        quantizer.observe(true);
        quantizer.apply(store, x.mul(5), false);
        assertThat(quantizer.params().scale()).isEqualTo(3f / 255);
    }

    private QuantizedSite site(QuantScheme scheme, int axis, int channels, QuantParams start) {
        return new QuantizedSite("v", scheme, NumericsProfile.PYTORCH, axis, channels, false, start, manager);
    }
}
