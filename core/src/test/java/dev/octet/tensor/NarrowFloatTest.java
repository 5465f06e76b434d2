package dev.octet.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.NarrowFloat.Rounding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NarrowFloatTest {
    @ParameterizedTest
    @CsvSource({
        "E4M3FN, 448, 0.001953125",
        "E4M3FNUZ, 240, 0.0009765625",
        "E5M2, 57344, 0.0000152587890625",
        "E5M2FNUZ, 57344, 0.00000762939453125",
        "E2M1, 6, 0.5"
    })
    void rangesOfThePaper(NarrowFloat format, double largest, double smallest) {
        assertThat(format.decode(format.encode(1e9, true))).isEqualTo(largest);
        assertThat(format.decode(format.encode(-1e9, true))).isEqualTo(-largest);
        assertThat(format.decode(1)).isEqualTo(smallest);
        // Half of the smallest number is a tie between it and zero, which is even.
        assertThat(format.decode(format.encode(smallest / 2, true))).isZero();
        assertThat(format.decode(format.encode(Math.nextUp(smallest / 2), true))).isEqualTo(smallest);
    }

    @ParameterizedTest
    @EnumSource(NarrowFloat.class)
    void everyNumberKeepsItsCode(NarrowFloat format) {
        for (int code = 0; code < (format == NarrowFloat.E2M1 ? 16 : 256); code++) {
            double number = format.decode(code);
            if (!Double.isNaN(number) && !Double.isInfinite(number)) {
                assertThat(format.encode(number, false)).as("code of %s", number).isEqualTo(code);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = NarrowFloat.class,
            names = {"E8M0"},
            mode = EnumSource.Mode.EXCLUDE)
    void betweenTwoNumbersTheNearestIsTaken(NarrowFloat format) {
        for (int code = 0; code < 6; code++) {
            double low = format.decode(code);
            double high = format.decode(code + 1);
            double middle = (low + high) / 2;
            assertThat(format.encode(Math.nextDown(middle), true)).isEqualTo(code);
            assertThat(format.encode(Math.nextUp(middle), true)).isEqualTo(code + 1);
            assertThat(format.encode(middle, true)).isEqualTo(code % 2 == 0 ? code : code + 1);
        }
    }

    @Test
    void whatIsTooLargeWithoutSaturation() {
        assertThat(NarrowFloat.E4M3FN.decode(NarrowFloat.E4M3FN.encode(464, false))).isEqualTo(448);
        assertThat(NarrowFloat.E4M3FN.decode(NarrowFloat.E4M3FN.encode(464.1, false))).isNaN();
        assertThat(NarrowFloat.E4M3FNUZ.decode(NarrowFloat.E4M3FNUZ.encode(Double.NEGATIVE_INFINITY, false))).isNaN();
        assertThat(NarrowFloat.E5M2.decode(NarrowFloat.E5M2.encode(-1e9, false))).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(NarrowFloat.E5M2FNUZ.decode(NarrowFloat.E5M2FNUZ.encode(1e9, false))).isNaN();
    }

    @Test
    void zerosAndNaN() {
        assertThat(NarrowFloat.E4M3FN.encode(-0.0, true)).isEqualTo(0x80);
        assertThat(NarrowFloat.E4M3FNUZ.encode(-0.0, true)).isZero();
        assertThat(NarrowFloat.E4M3FNUZ.encode(-1e-9, true)).isZero();
        assertThat(NarrowFloat.E4M3FN.decode(NarrowFloat.E4M3FN.encode(Double.NaN, true))).isNaN();
        assertThat(NarrowFloat.E5M2.decode(0x7E)).isNaN();
        assertThat(NarrowFloat.E4M3FNUZ.decode(0x80)).isNaN();
        assertThat(NarrowFloat.E8M0.decode(0xFF)).isNaN();
    }

    @Test
    void powersOfTwo() {
        NarrowFloat e8m0 = NarrowFloat.E8M0;
        assertThat(e8m0.decode(127)).isEqualTo(1);
        assertThat(e8m0.encodePower(3, true, Rounding.UP)).isEqualTo(129);
        assertThat(e8m0.encodePower(3, true, Rounding.DOWN)).isEqualTo(128);
        assertThat(e8m0.encodePower(2.9, true, Rounding.NEAREST)).isEqualTo(128);
        assertThat(e8m0.encodePower(3, true, Rounding.NEAREST)).isEqualTo(129);
        assertThat(e8m0.encodePower(0, true, Rounding.UP)).isZero();
        assertThat(e8m0.encodePower(0, false, Rounding.NEAREST)).isEqualTo(0xFF);
        assertThat(e8m0.encodePower(Double.POSITIVE_INFINITY, true, Rounding.UP)).isEqualTo(0xFE);
        assertThatThrownBy(() -> NarrowFloat.E5M2.encodePower(1, true, Rounding.UP))
                .isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"INT2", "UINT2", "INT4", "UINT4", "FLOAT4E2M1"})
    void packedElementsDoNotTouchEachOther(DType type) {
        Tensor tensor = Tensor.allocate(type, Shape.of(9));
        int codes = 1 << type.bits();
        for (int i = 0; i < 9; i++) {
            tensor.setCode(i, i * 3 % codes);
        }
        tensor.setCode(4, codes - 1);
        for (int i = 0; i < 9; i++) {
            assertThat(tensor.getCode(i)).as("element %d", i).isEqualTo(i == 4 ? codes - 1 : i * 3 % codes);
        }
        assertThat(tensor.byteSize()).isEqualTo(Math.ceilDiv(9 * type.bits(), 8));
        assertThatThrownBy(() -> tensor.getCode(9)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
