package dev.octet.quantize.torch;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.GraphBuilder;
import dev.octet.graph.layer.TorchLayers;
import dev.octet.graph.layer.TorchLayers.BagMode;
import dev.octet.graph.layer.TorchLayers.Recurrent;
import dev.octet.graph.op.Window;
import dev.octet.quantize.torch.TorchCase.Network;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers written by [TorchLayers] give PyTorch's results; made by make_layer_goldens.py.
class TorchLayersTest {
    private interface Layer {
        String write(TorchLayers net, List<String> x);
    }

    private interface Recurrence {
        Recurrent write(TorchLayers net, List<String> x);
    }

    private static Network one(Layer layer) {
        return (net, x) -> List.of(layer.write(net, x));
    }

    private static Network all(Recurrence layer) {
        return (net, x) -> {
            Recurrent r = layer.write(net, x);
            return r.cell().isEmpty() ? List.of(r.output(), r.hidden()) : List.of(r.output(), r.hidden(), r.cell());
        };
    }

    static final Map<String, Network> NETWORKS =
            Map.ofEntries(
                    entry("linear", one((n, x) -> n.linear("m", x.get(0)))),
                    entry("linear of sequences", one((n, x) -> n.linear("m", x.get(0)))),
                    entry("conv1d", one((n, x) -> n.conv1d("m", x.get(0), 1, 1))),
                    entry("conv2d", one((n, x) -> n.conv2d("m", x.get(0), 2, 1))),
                    entry("conv3d", one((n, x) -> n.conv3d("m", x.get(0), 1, 0))),
                    entry(
                            "grouped conv2d",
                            one((n, x) ->
                                    n.conv("m", x.get(0), Window.of(3, 3).withStrides(1, 1).withPads(1, 1, 1, 1), 2))),
                    entry("convtranspose1d", one((n, x) -> n.convTranspose1d("m", x.get(0), 2, 0))),
                    entry("convtranspose2d", one((n, x) -> n.convTranspose2d("m", x.get(0), 2, 1))),
                    entry("convtranspose3d", one((n, x) -> n.convTranspose3d("m", x.get(0), 1, 0))),
                    entry("batchnorm1d", one((n, x) -> n.batchNorm("m", x.get(0)))),
                    entry("batchnorm2d", one((n, x) -> n.batchNorm("m", x.get(0)))),
                    entry("batchnorm3d", one((n, x) -> n.batchNorm("m", x.get(0)))),
                    entry("layernorm", one((n, x) -> n.layerNorm("m", x.get(0)))),
                    entry("relu6", one((n, x) -> n.relu6("m", x.get(0)))),
                    entry("leakyrelu", one((n, x) -> n.leakyRelu("m", x.get(0), 0.2f))),
                    entry("hardswish", one((n, x) -> n.hardswish("m", x.get(0)))),
                    entry("gelu", one((n, x) -> n.gelu("m", x.get(0)))),
                    entry("sigmoid", one((n, x) -> n.sigmoid("m", x.get(0)))),
                    entry("tanh", one((n, x) -> n.tanh("m", x.get(0)))),
                    entry("softmax", one((n, x) -> n.softmax("m", x.get(0), -1))),
                    entry("maxpool2d", one((n, x) -> n.maxPool2d("m", x.get(0), 3, 2, 1))),
                    entry("avgpool2d", one((n, x) -> n.avgPool2d("m", x.get(0), 3, 2, 1))),
                    entry("adaptiveavgpool2d", one((n, x) -> n.globalAveragePool("m", x.get(0)))),
                    entry("embedding", one((n, x) -> n.embedding("m", x.get(0)))),
                    entry("embeddingbag sum", one((n, x) -> n.embeddingBag("m", x.get(0), null, BagMode.SUM))),
                    entry("embeddingbag mean", one((n, x) -> n.embeddingBag("m", x.get(0), null, BagMode.MEAN))),
                    entry("embeddingbag max", one((n, x) -> n.embeddingBag("m", x.get(0), null, BagMode.MAX))),
                    entry(
                            "embeddingbag sum offsets",
                            one((n, x) -> n.embeddingBag("m", x.get(0), x.get(1), BagMode.SUM))),
                    entry(
                            "embeddingbag mean offsets",
                            one((n, x) -> n.embeddingBag("m", x.get(0), x.get(1), BagMode.MEAN))),
                    entry("lstm", all((n, x) -> n.lstm("m", x.get(0), false))),
                    entry("lstm batch first", all((n, x) -> n.lstm("m", x.get(0), true))),
                    entry("gru", all((n, x) -> n.gru("m", x.get(0), x.get(1), false))),
                    entry("gru both ways", all((n, x) -> n.gru("m", x.get(0), false))),
                    entry("rnn", all((n, x) -> n.rnn("m", x.get(0), x.get(1), false))),
                    entry("grucell", one((n, x) -> n.gruCell("m", x.get(0), x.get(1)))),
                    entry("relu", one((n, x) -> n.relu("m", x.get(0)))),
                    entry("elu", one((n, x) -> n.elu("m", x.get(0)))),
                    entry("rnn relu", all((n, x) -> n.rectifiedRnn("m", x.get(0), false))),
                    entry("rnncell relu", one((n, x) -> n.rectifiedRnnCell("m", x.get(0), x.get(1)))),
                    entry("rnncell", one((n, x) -> n.rnnCell("m", x.get(0), x.get(1)))),
                    entry(
                            "lstmcell",
                            (n, x) -> {
                                Recurrent r = n.lstmCell("m", x.get(0), x.get(1), x.get(2));
                                return List.of(r.hidden(), r.cell());
                            }));

    static Stream<TorchCase> cases() {
        return TorchCase.read("layers.json");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsPyTorch(TorchCase golden) {
        List<Tensor> found = TorchCase.run(golden.graph(NETWORKS.get(golden.name())), golden.inputs());
        assertThat(found).hasSameSizeAs(golden.outputs());
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i).shape()).isEqualTo(golden.outputs().get(i).shape());
            assertThat(found.get(i).toFloatArray())
                    .containsExactly(golden.outputs().get(i).toFloatArray(), Offset.offset(2e-6f));
        }
    }

    @Test
    void everyLayerHasACase() {
        assertThat(cases().map(TorchCase::name)).containsExactlyInAnyOrderElementsOf(NETWORKS.keySet());
    }

    @Test
    void missingWeightsAreNamed() {
        TorchLayers net = new TorchLayers(new GraphBuilder("net"), Map.of("fc.weight", Tensor.scalar(1f)));
        assertThatThrownBy(() -> net.conv2d("conv", "x", 1, 1))
                .hasMessage("state: 'conv.weight': expected FLOAT32 of rank 4, found nothing");
        assertThatThrownBy(() -> net.linear("fc", "x")).hasMessageContaining("expected FLOAT32 of rank 2, found");
    }
}
