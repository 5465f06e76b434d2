package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Operators;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Why Softmax is not written as ONNX Runtime's QLinearSoftmax: a probability of 1 is 256 steps of 1/256, one more than
/// 8 bits have, and of INT8, which the tool's default is, it comes back as none.
class QLinearSoftmaxTest {
    @ParameterizedTest
    @CsvSource({"INT8, 0", "UINT8, 255"})
    void aProbabilityOfOneComesBackAsNoneInInt8(DType dtype, int steps) {
        long zero = dtype == DType.INT8 ? -128 : 0;
        GraphBuilder builder = new GraphBuilder("softmax");
        builder.opset("com.microsoft", 1);
        String x = builder.input("x", dtype, PartialShape.of(1, 4));
        Attributes attributes = Attributes.builder().put("axis", -1L).put("opset", 13L).build();
        builder.add(
                new Node(
                        "softmax",
                        Operators.read("com.microsoft", "QLinearSoftmax", attributes),
                        List.of(
                                x,
                                builder.constant("x_scale", Tensor.scalar(0.125f)),
                                builder.constant("x_zero", of(dtype, Shape.SCALAR, zero)),
                                builder.constant("y_scale", Tensor.scalar(1f / 256)),
                                builder.constant("y_zero", of(dtype, Shape.SCALAR, zero))),
                        List.of("y")));
        builder.output("y");
        // Arguments 0, 0, 0 and 31.875, whose softmax is 1 but for 4e-14; then 0 and three times 6.
        Tensor certain = of(dtype, Shape.of(1, 4), zero, zero, zero, zero + 255);
        Tensor shared = of(dtype, Shape.of(1, 4), zero, zero + 48, zero + 48, zero + 48);
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(OnnxWriter.toBytes(builder.build()))) {
            assertThat(oracle.run(Map.of("x", shared)).get("y").toLongArray())
                    .as("in steps of 1/256")
                    .containsExactly(zero, zero + 85, zero + 85, zero + 85);
            assertThat(oracle.run(Map.of("x", certain)).get("y").toLongArray())
                    .as("256 steps would be right")
                    .containsExactly(zero, zero, zero, zero + steps);
        }
    }

    private static Tensor of(DType dtype, Shape shape, long... values) {
        Tensor tensor = Tensor.allocate(dtype, shape);
        for (int i = 0; i < values.length; i++) {
            tensor.setLong(i, values[i]);
        }
        return tensor;
    }
}
