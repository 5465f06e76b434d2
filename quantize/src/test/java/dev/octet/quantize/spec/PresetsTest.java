package dev.octet.quantize.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Node;
import dev.octet.graph.op.MatMul;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PresetsTest {
    @Test
    void presetsHaveNames() {
        assertThat(Presets.names()).startsWith("x86").contains("qnnpack", "default", "onnxruntime");
        for (String name : Presets.names()) {
            assertThat(Presets.named(name).name()).isEqualTo(name);
        }
        assertThatThrownBy(() -> Presets.named("tpu"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("preset: expected one of " + Presets.names() + ", found 'tpu'");
    }

    @Test
    void x86UsesSevenBitsForActivations() {
        TensorSpec activation = Presets.X86.activation();
        assertThat(activation.scheme().quantMin()).isZero();
        assertThat(activation.scheme().quantMax()).isEqualTo(127);
        assertThat(activation.observer()).isEqualTo(ObserverSpec.HISTOGRAM);
        assertThat(Presets.X86.weight().observer().perChannel()).isTrue();
        assertThat(Presets.QNNPACK.weight().observer().perChannel()).isFalse();
    }

    @Test
    void theMostSpecificRuleCounts() {
        Node node = new Node("encoder.0.query", new MatMul(), List.of("a", "b"), List.of("c"));
        QuantizationSpec byType = Presets.X86.excluding(new NodeSelector.OperatorType("MatMul"));
        assertThat(byType.config(node)).isEqualTo(NodeConfig.FLOAT);
        QuantizationSpec byPattern =
                byType.withRule(new NodeSelector.NamePattern("encoder\\.0\\..*"), NodeConfig.INHERITED);
        assertThat(byPattern.config(node)).isEqualTo(NodeConfig.INHERITED);
        TensorSpec own = Presets.QNNPACK.weight();
        QuantizationSpec byName =
                byPattern.withRule(new NodeSelector.Name("encoder.0.query"), NodeConfig.ofWeight(own));
        assertThat(byName.weight(node)).isEqualTo(own);
        assertThat(byName.activation(node)).isEqualTo(Presets.X86.activation());
    }

    @Test
    void wrongPatternsAreRefusedAtOnce() {
        assertThatThrownBy(() -> new NodeSelector.NamePattern("(")).isInstanceOf(IllegalArgumentException.class);
    }

    /// Immutable maps of the JDK have another order in every process, and checkpoints of training compare texts.
    @Test
    void aSpecificationHasOneTextWhateverTheOrderOfItsParts() {
        QuantParams sigmoid = QuantParams.perTensor(DType.UINT8, 1f / 256, 0);
        QuantParams tanh = QuantParams.perTensor(DType.UINT8, 2f / 256, 128);
        Map<String, QuantParams> one = new LinkedHashMap<>();
        one.put("Sigmoid", sigmoid);
        one.put("Tanh", tanh);
        Map<String, QuantParams> other = new LinkedHashMap<>();
        other.put("Tanh", tanh);
        other.put("Sigmoid", sigmoid);
        assertThat(Presets.X86.withFixedOutputs(one).toString())
                .isEqualTo(Presets.X86.withFixedOutputs(other).toString());
    }
}
