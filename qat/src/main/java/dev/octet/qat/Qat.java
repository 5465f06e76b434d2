package dev.octet.qat;

import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.QuantStubs;
import dev.octet.graph.pass.Fusion;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Quantization-aware training of a graph.
///
/// ```java
/// QatBlock block = Qat.prepare(graph, QatPresets.named("x86"));
/// try (Model model = TrainingEngine.newModel("net")) {
///     model.setBlock(block);
///     Trainer trainer = model.newTrainer(config);       // DJL from here
///     EasyTrain.fit(trainer, epochs, training, validation);
///     Graph int8 = block.convert();
/// }
/// ```
public final class Qat {
    private Qat() {}

    /// A block that trains the graph for quantization, from the weights that it has. If it is marked with [QuantStubs],
    /// only what is between them is quantized.
    ///
    /// @throws dev.octet.graph.GraphException if a node cannot be trained; the message names it
    public static QatBlock prepare(Graph graph, QatSpec spec) {
        return prepareFrom(graph, spec, null);
    }

    /// Likewise from the parameters that post-training calibration of the same graph has found, which is the better
    /// start.
    public static QatBlock prepare(Graph graph, QatSpec spec, CalibrationTable start) {
        return prepareFrom(graph, spec, start);
    }

    private static QatBlock prepareFrom(Graph graph, QatSpec spec, @Nullable CalibrationTable start) {
        Graph original = Fusion.unfolded().apply(graph);
        Graph fused = Trainable.untied(Fusion.standard().apply(graph));
        Map<Node, Node[]> pairs = new LinkedHashMap<>();
        Graph withBiases = withBiases(fused, original, pairs);
        PreparedGraph prepared = Quantizer.prepareFused(withBiases, spec.quantization());
        NDManager manager = TrainingEngine.get().newBaseManager();
        Map<String, FoldedNorm> folded = new LinkedHashMap<>();
        pairs.forEach((node, source) ->
                folded.put(node.name(), new FoldedNorm(node, original, source[0], source[1], spec.norm(), manager)));
        FakeQuantizers quantizers = new FakeQuantizers(prepared, spec, start, manager);
        return new QatBlock(spec, prepared, manager, quantizers, folded);
    }

    /// The fused graph, in which every operator that has taken in a batch normalization has a bias.
    ///
    /// @param pairs is filled: such an operator, and what it was before, with its batch normalization
    private static Graph withBiases(Graph fused, Graph original, Map<Node, Node[]> pairs) {
        Map<String, Node> originals = new LinkedHashMap<>();
        original.nodes().forEach(n -> originals.put(n.name(), n));
        GraphBuilder builder = fused.toBuilder();
        List<Node> nodes = new ArrayList<>();
        for (Node node : fused.nodes()) {
            Node before = originals.get(node.name());
            Node norm = before == null ? null : FoldedNorm.normAfter(original, before);
            if (before == null || norm == null || !norm.output().equals(node.output())) {
                nodes.add(node);
                continue;
            }
            Node complete = node;
            if (!node.has(2)) {
                long channels = original.constant(norm.input(1)).orElseThrow().elementCount();
                Tensor zeros = Tensor.allocate(DType.FLOAT32, Shape.of(channels));
                List<String> inputs = new ArrayList<>(node.inputs());
                inputs.add(builder.freshConstant(node.name() + "_bias", zeros));
                complete = node.withInputs(inputs);
            }
            pairs.put(complete, new Node[] {before, norm});
            nodes.add(complete);
        }
        return builder.nodes(nodes).build();
    }
}
