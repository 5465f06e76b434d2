package dev.octet.quantize.torch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers quantized dynamically give the results of PyTorch's `quantize_dynamic`; made by make_dynamic_goldens.py.
class DynamicLayersTest {
    static Stream<TorchCase> cases() {
        return TorchCase.read("dynamic.json");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsPyTorch(TorchCase golden) {
        String preset = golden.json().get("preset").asString();
        Graph graph = golden.graph(TorchLayersTest.NETWORKS.get(golden.name()));
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named(preset));
        assertThat(conversion.quantizedOperators()).isPositive();
        assertThat(conversion.quantizedWeightBytes()).isLessThan(conversion.floatWeightBytes());
        List<Tensor> found = TorchCase.run(conversion.graph(), golden.inputs());
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i).shape()).isEqualTo(golden.outputs().get(i).shape());
            assertThat(found.get(i).toFloatArray())
                    .as(preset)
                    .containsExactly(golden.outputs().get(i).toFloatArray(), Offset.offset(2e-6f));
        }
    }
}
