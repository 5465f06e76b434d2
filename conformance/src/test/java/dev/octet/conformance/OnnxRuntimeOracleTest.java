package dev.octet.conformance;

import static dev.octet.test.TensorAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxRuntimeOracleTest {
    /// `y = Neg(x)` over any shape of rank 2: the wire format by hand, so that the oracle does not rest on our writer.
    private static byte[] neg(int elementType) {
        byte[] type = message(field(1, message(varint(1, elementType), field(2, message(dim("n"), dim("m"))))));
        byte[] node = message(text(1, "x"), text(2, "y"), text(4, "Neg"));
        byte[] graph =
                message(
                        field(1, node),
                        text(2, "negate"),
                        field(11, message(text(1, "x"), field(2, type))),
                        field(12, message(text(1, "y"), field(2, type))));
        return message(varint(1, 8), field(7, graph), field(8, message(varint(2, 13))));
    }

    private static byte[] dim(String name) {
        return field(1, text(2, name));
    }

    private static byte[] varint(int number, int value) {
        return new byte[] {(byte) (number << 3), (byte) value};
    }

    private static byte[] text(int number, String value) {
        return field(number, value.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] field(int number, byte[] value) {
        return message(new byte[] {(byte) (number << 3 | 2), (byte) value.length}, value);
    }

    private static byte[] message(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void runsAModel() {
        Tensor x = Tensor.of(Shape.of(2, 2), 1f, -2f, 3f, 0.5f);
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(neg(1))) {
            assertThat(oracle.run(Map.of("x", x)).get("y")).isIdenticalTo(Tensor.of(x.shape(), -1f, 2f, -3f, -0.5f));
        }
    }

    @Test
    void takesReadOnlyTensorsOfOtherTypes() {
        Tensor x = Tensor.of(DType.INT8, Shape.of(1, 3), (byte) 1, (byte) -128, (byte) 5);
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(neg(3), OnnxRuntimeOracle.Mode.UNOPTIMIZED)) {
            assertThat(oracle.run(Map.of("x", x.asReadOnly())).get("y"))
                    .isIdenticalTo(Tensor.of(DType.INT8, Shape.of(1, 3), (byte) -1, (byte) -128, (byte) -5));
        }
    }

    @Test
    void takesEmptyTensors() {
        Tensor x = Tensor.allocate(DType.FLOAT32, Shape.of(0, 3));
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(neg(1), OnnxRuntimeOracle.Mode.PRECISE)) {
            assertThat(oracle.run(Map.of("x", x)).get("y")).isIdenticalTo(x);
        }
    }

    @Test
    void tellsWhatOnnxRuntimeRefuses() {
        assertThatThrownBy(() -> OnnxRuntimeOracle.open(new byte[] {1, 2, 3}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("protobuf");
    }
}
