package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Folds what follows a Conv, ConvTranspose, Gemm or MatMul with constant weights into these: batch normalization, and
/// multiplication, division, addition and subtraction of constants per channel.
///
/// `y = s·(W·x + b) + t` becomes `(s·W)·x + (s·b + t)`, computed in double and rounded once. MatMul, which has no bias,
/// takes factors only. Nothing is folded where a weight would overflow. A batch normalization that follows something
/// else stays.
///
/// @see "PyTorch `torch.nn.utils.fusion`; for grouped transposed convolutions output channels count through groups"
public record FoldBatchNormalization() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Inferred inferred = ShapeInference.infer(graph);
        return Rewriter.rewrite(
                graph,
                (current, node, kept) ->
                        LinearLayer.of(current, node, inferred).flatMap(layer -> fold(current, layer, kept)));
    }

    private static Optional<Rewriter.Rewrite> fold(Graph graph, LinearLayer layer, Set<String> kept) {
        List<Node> chain = new ArrayList<>(List.of(layer.node()));
        ChannelAffine affine = ChannelAffine.identity(layer.axis().channels());
        while (true) {
            String value = chain.getLast().output();
            List<Node> readers = graph.consumers(value);
            if (kept.contains(value) || readers.size() != 1 || readers.getFirst().outputs().size() != 1) {
                break;
            }
            Node next = readers.getFirst();
            Optional<ChannelAffine> step = ChannelAffine.of(graph, next, value, layer.axis());
            if (step.isEmpty() || step.get().hasShift() && !layer.takesBias()) {
                break;
            }
            affine = affine.then(step.get());
            chain.add(next);
        }
        return chain.size() == 1 ? Optional.empty() : folded(layer, affine, chain);
    }

    /// One layer in place of a layer and what follows it.
    static Optional<Rewriter.Rewrite> folded(LinearLayer layer, ChannelAffine affine, List<Node> chain) {
        double[] bias = new double[layer.bias().length];
        for (int c = 0; c < bias.length; c++) {
            bias[c] = layer.bias()[c] * affine.scale()[c] + affine.shift()[c];
        }
        String input = layer.node().input(0);
        String output = chain.getLast().output();
        return layer.with(layer.scaledWeights(affine.scale()), bias)
                .map(changed -> new Rewriter.Rewrite(chain, rewriter -> changed.node(rewriter, input, output)));
    }
}
