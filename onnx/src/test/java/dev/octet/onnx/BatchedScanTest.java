package dev.octet.onnx;

import static dev.octet.onnx.Models.integer;
import static dev.octet.onnx.Models.model;
import static dev.octet.onnx.Models.node;
import static dev.octet.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.onnx.proto.AttributeProto.AttributeType;
import dev.octet.onnx.proto.GraphProto;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.ReferenceInterpreter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Scan as operator set 8 had it, over two samples of three numbers; its state is their sum.
class BatchedScanTest {
    private static Map<String, Tensor> run(long... lengths) {
        GraphProto body =
                GraphProto.newBuilder()
                        .setName("body")
                        .addInput(value("sum", Models.FLOAT))
                        .addInput(value("part", Models.FLOAT))
                        .addNode(node("Add", List.of("sum", "part"), "next").setName("add"))
                        .addNode(node("Neg", List.of("next"), "negative").setName("neg"))
                        .addOutput(value("next", Models.FLOAT))
                        .addOutput(value("negative", Models.FLOAT))
                        .build();
        GraphProto.Builder graph =
                GraphProto.newBuilder()
                        .setName("g")
                        .addInput(value("lengths", Models.INT64, 2))
                        .addInput(value("state", Models.FLOAT, 2))
                        .addInput(value("x", Models.FLOAT, 2, 3))
                        .addNode(
                                node("Scan", List.of("lengths", "state", "x"), "last", "all")
                                        .setName("scan")
                                        .addAttribute(Models.attribute("body", AttributeType.GRAPH).setG(body))
                                        .addAttribute(integer("num_scan_inputs", 1)))
                        .addOutput(value("last", Models.FLOAT))
                        .addOutput(value("all", Models.FLOAT));
        Map<String, Tensor> inputs =
                Map.of(
                        "lengths",
                        Tensor.vector(lengths),
                        "state",
                        Tensor.of(Shape.of(2), 0f, 10f),
                        "x",
                        Tensor.of(Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f));
        return ReferenceInterpreter.run(Models.read(model(8, graph)), inputs);
    }

    @Test
    void eachSampleEndsWithItsLength() {
        Map<String, Tensor> outputs = run(3, 1);

        assertThat(outputs.get("last").toFloatArray()).containsExactly(6, 14);
        assertThat(outputs.get("all").toFloatArray()).containsExactly(-1, -3, -6, -14, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 4})
    void otherLengthsAreRefused(long length) {
        assertThatThrownBy(() -> run(3, length))
                .hasMessageContaining("sequence_lens")
                .hasMessageContaining("[" + length + ", " + (3 - length) + "]");
    }
}
