package dev.octet.quantize.spec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.Opaque;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Against PyTorch: make_qconfig_goldens.py made the answers.
class QConfigMappingTest {
    private static final JsonNode GOLDENS = read();

    private static JsonNode read() {
        try (InputStream in = QConfigMappingTest.class.getResourceAsStream("qconfig-goldens.json")) {
            return JsonMapper.shared().readTree(Objects.requireNonNull(in));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theRuleThatCountsIsPyTorchs() {
        // Each rule is told apart by a constant of its own.
        Map<String, Double> constants =
                Map.of(
                        "global",
                        0.1,
                        "type",
                        0.2,
                        "pattern 1",
                        0.3,
                        "pattern 2",
                        0.4,
                        "name",
                        0.5,
                        "scope",
                        0.6,
                        "order",
                        0.7);
        QuantizationSpec spec =
                QConfigMapping.of(config(constants.get("global")))
                        .withType("MatMul", config(constants.get("type")))
                        .withPattern("encoder\\.1\\..*", config(constants.get("pattern 1")))
                        .withPattern("encoder\\..*", config(constants.get("pattern 2")))
                        .withName("encoder.1.query", config(constants.get("name")))
                        .withName("decoder", config(constants.get("scope")))
                        .withTypeInOrder("encoder", "MatMul", 2, config(constants.get("order")))
                        .applyTo(Presets.X86);
        List<Node> nodes = new ArrayList<>();
        for (JsonNode golden : GOLDENS.get("mapped")) {
            String type = golden.get("type").asString();
            nodes.add(
                    new Node(
                            golden.get("name").asString(),
                            new Opaque("", type, Attributes.EMPTY),
                            List.of("x"),
                            List.of("y" + nodes.size())));
        }
        Graph graph = graph(nodes);
        QuantizationSpec bound = spec.bind(graph);
        for (int i = 0; i < nodes.size(); i++) {
            String rule = GOLDENS.get("mapped").get(i).get("rule").asString();
            assertThat(bound.config(nodes.get(i))).as("%s", nodes.get(i)).isEqualTo(config(constants.get(rule)));
        }
    }

    private static NodeConfig config(double constant) {
        return NodeConfig.ofActivation(
                Presets.X86.activation().withObserver(new ObserverSpec.MovingAverageMinMax(constant)));
    }

    private static Graph graph(List<Node> nodes) {
        GraphBuilder builder = new GraphBuilder("names");
        builder.input("x", DType.FLOAT32, null);
        builder.nodes(nodes);
        return builder.build();
    }

    @Test
    void presetsObserveAsPyTorchs() {
        assertThat(GOLDENS.get("configs")).hasSize(6);
        for (String name : GOLDENS.get("configs").propertyNames()) {
            JsonNode golden = GOLDENS.get("configs").get(name);
            QuantizationSpec preset = Presets.named(name);
            assertTensor(name, preset.activation(), preset.numerics(), golden.get("activation"));
            assertTensor(name, preset.weight(), preset.numerics(), golden.get("weight"));
        }
    }

    private static void assertTensor(String preset, TensorSpec tensor, NumericsProfile numerics, JsonNode golden) {
        ObserverSpec observer =
                switch (golden.get("observer").asString()) {
                    case "HistogramObserver" -> ObserverSpec.HISTOGRAM;
                    case "MinMaxObserver" -> ObserverSpec.MIN_MAX;
                    case "PerChannelMinMaxObserver" -> ObserverSpec.PER_CHANNEL;
                    default -> throw new IllegalArgumentException(golden.toString());
                };
        QuantScheme scheme =
                new QuantScheme(
                        golden.get("dtype").asString().equals("int8") ? DType.INT8 : DType.UINT8,
                        golden.get("symmetric").asBoolean(),
                        golden.get("quantMin").asInt(),
                        golden.get("quantMax").asInt());
        assertThat(tensor).as(preset).isEqualTo(new TensorSpec(observer, scheme));
        assertThat(numerics.smallestScale()).as(preset).isEqualTo(golden.get("eps").asDouble());
    }
}
