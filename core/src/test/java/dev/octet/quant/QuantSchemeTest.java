package dev.octet.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantSchemeTest {
    @Test
    void halvesRangesRoundingDown() {
        assertThat(QuantScheme.affine(DType.UINT8).reduced()).isEqualTo(new QuantScheme(DType.UINT8, false, 0, 127));
        assertThat(QuantScheme.symmetric(DType.INT8).reduced()).isEqualTo(new QuantScheme(DType.INT8, true, -64, 63));
    }

    @ParameterizedTest
    @CsvSource({
        "UINT8, false, false, 0, 255", "INT8, false, false, -128, 127", "INT8, true, false, -127, 127",
        "INT16, true, false, -32767, 32767", "INT4, true, false, -8, 7", "UINT4, true, false, 0, 15",
        "UINT8, true, true, 0, 127", "INT8, true, true, -64, 64", "UINT16, false, true, 0, 32767",
        "INT16, false, true, -16384, 16384", "UINT4, false, true, 0, 7", "INT4, true, true, -4, 3"
    })
    void usesRangesOfOnnxRuntime(DType dtype, boolean symmetric, boolean reduce, int min, int max) {
        assertThat(QuantScheme.onnxRuntime(dtype, symmetric, reduce))
                .isEqualTo(new QuantScheme(dtype, symmetric, min, max));
    }

    @Test
    void dividesByTheTypesLargestValueWhereTheProfileSaysSo() {
        NumericsProfile tensorRt =
                new NumericsProfile(
                        NumericsProfile.Scaling.DIVISION,
                        Rounding.HALF_EVEN,
                        NumericsProfile.ZeroPointOrder.AFTER_ROUNDING,
                        NumericsProfile.SymmetricDivisor.MAX,
                        NumericsProfile.BiasType.FLOAT32,
                        NumericsProfile.UNIT_SCALE_IF_TINY);
        assertThat(QuantScheme.symmetric(DType.INT8).params(-254, 100, tensorRt).scale()).isEqualTo(2f);
        assertThat(QuantScheme.symmetric(DType.UINT8).params(-254, 100, tensorRt).scale()).isEqualTo(2f);
    }

    @Test
    void handlesConstantAndEmptyRanges() {
        QuantParams constant = QuantScheme.affine(DType.UINT8).params(2, 2, NumericsProfile.PYTORCH);
        assertThat(constant.scale()).isEqualTo(2 / 255f);
        assertThat(constant.zeroPoint()).isZero();
        QuantParams zeros = QuantScheme.affine(DType.UINT8).params(0, 0, NumericsProfile.PYTORCH);
        assertThat(zeros.scale()).isEqualTo(0x1p-23f);
        assertThat(zeros.zeroPoint()).isZero();
        assertThat(QuantScheme.affine(DType.INT8).params(0, 0, NumericsProfile.ONNX).scale()).isEqualTo(1);
        assertThat(QuantScheme.affine(DType.INT8).params(0, 0, NumericsProfile.PYTORCH).zeroPoint()).isEqualTo(-128);
    }

    @Test
    void refusesRangesThatAreNone() {
        QuantScheme scheme = QuantScheme.affine(DType.UINT8);
        assertThatThrownBy(() -> scheme.params(1, -1, NumericsProfile.ONNX)).hasMessageContaining("[1.0, -1.0]");
        assertThatThrownBy(() -> scheme.params(Double.NaN, 1, NumericsProfile.ONNX))
                .hasMessageContaining("expected finite min <= max");
        assertThatThrownBy(() ->
                        scheme.params(
                                new float[] {0, 0}, new float[] {1, Float.POSITIVE_INFINITY}, 0, NumericsProfile.ONNX))
                .hasMessageContaining("of channel 1");
        assertThatThrownBy(() -> new QuantScheme(DType.UINT8, false, 3, 255)).hasMessageContaining("contain 0");
        assertThatThrownBy(() -> new QuantScheme(DType.UINT8, false, 0, 256)).hasMessageContaining("fit UINT8");
    }
}
