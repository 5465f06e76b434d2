package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LinearQuantizationTest {
    @Test
    void matchesTheExampleOfPyTorchsDocumentation() {
        LinearQuantization quantization =
                new LinearQuantization(QuantParams.perTensor(DType.UINT8, 0.5f, 8), NumericsProfile.PYTORCH);
        Tensor q =
                quantization.quantize(Tensor.of(Shape.of(2, 3), 0.6839f, 0.4741f, 0.7451f, 0.9301f, 0.1742f, 0.6835f));
        assertThat(q.toIntArray()).containsExactly(9, 9, 9, 10, 8, 9);
        assertThat(quantization.dequantize(q).toFloatArray()).containsExactly(.5f, .5f, .5f, 1, 0, .5f);
    }

    @Test
    void reciprocalAndDivisionDifferAtTies() {
        QuantParams params = QuantParams.perTensor(DType.UINT8, 0.00214854861f, 0);
        assertThat(new LinearQuantization(params, NumericsProfile.PYTORCH).quantize(0.273939937f, 0)).isEqualTo(128);
        assertThat(new LinearQuantization(params, NumericsProfile.ONNX).quantize(0.273939937f, 0)).isEqualTo(127);
    }

    @Test
    void zeroPointBeforeOrAfterRoundingDiffersAtTies() {
        QuantParams params = QuantParams.perTensor(DType.UINT8, 1, 1);
        NumericsProfile profile = NumericsProfile.PYTORCH;
        NumericsProfile before =
                new NumericsProfile(
                        profile.scaling(),
                        profile.rounding(),
                        NumericsProfile.ZeroPointOrder.BEFORE_ROUNDING,
                        profile.symmetricDivisor(),
                        profile.bias(),
                        profile.smallestScale());
        assertThat(new LinearQuantization(params, profile).quantize(0.5f, 0)).isEqualTo(1);
        assertThat(new LinearQuantization(params, before).quantize(0.5f, 0)).isEqualTo(2);
    }

    @Test
    void saturatesWithoutOverflow() {
        LinearQuantization quantization =
                new LinearQuantization(QuantParams.perTensor(DType.INT8, -127, 127, 1e-20f, 0), NumericsProfile.ONNX);
        assertThat(quantization.quantize(1e30f, 0)).isEqualTo(127);
        assertThat(quantization.quantize(Float.NEGATIVE_INFINITY, 0)).isEqualTo(-127);
        assertThat(quantization.quantize(Float.NaN, 0)).isEqualTo(-127);
    }

    @Test
    void groupsMayEndShort() {
        QuantParams params =
                new QuantParams(
                        DType.INT4,
                        -8,
                        7,
                        new Granularity.PerGroup(0, 2),
                        new float[] {1, 10, 2, 20},
                        new int[] {0, 0, 1, 1});
        LinearQuantization quantization = new LinearQuantization(params, NumericsProfile.ONNX);
        Tensor x = Tensor.of(Shape.of(3, 2), 1f, 10f, 2f, 20f, 4f, 40f);
        Tensor q = quantization.quantize(x);
        assertThat(q.toIntArray()).containsExactly(1, 1, 2, 2, 3, 3);
        assertThat(quantization.dequantize(q).toFloatArray()).isEqualTo(x.toFloatArray());
    }

    @Test
    void sixteenBitsAlongTheLastAxis() {
        QuantParams params =
                new QuantParams(
                        DType.UINT16, 0, 65535, Granularity.perChannel(-1), new float[] {1, 2}, new int[] {0, 40000});
        LinearQuantization quantization = new LinearQuantization(params, NumericsProfile.ONNX);
        Tensor q = quantization.quantize(Tensor.of(Shape.of(2, 2), -1f, -2f, 70000f, 2f));
        assertThat(q.toIntArray()).containsExactly(0, 39999, 65535, 40001);
    }

    @Test
    void refusesWhatDoesNotFit() {
        QuantParams params =
                new QuantParams(DType.INT8, -128, 127, Granularity.perChannel(0), new float[] {1, 2}, new int[] {0, 0});
        LinearQuantization quantization = new LinearQuantization(params, NumericsProfile.ONNX);
        assertThatThrownBy(() -> quantization.quantize(Tensor.of(Shape.of(3), 1f, 2f, 3f)))
                .hasMessage("scales: expected 3, found 2");
        assertThatThrownBy(() -> quantization.dequantize(Tensor.of(DType.UINT8, Shape.of(2), (byte) 1, (byte) 2)))
                .hasMessageContaining("expected INT8");
    }
}
