package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Folds multiplication, division, addition and subtraction of constants per channel, and batch normalization, into the
/// Conv with constant weights that follows: `W·(s·x + t) + b` becomes `(W·s)·x + (W·t + b)`.
///
/// A convolution that pads takes factors only, since padding is zero after the shift and not before it.
public record FoldPrecedingScale() implements Pass {
    @Override
    public Graph apply(Graph graph) {
        Inferred inferred = ShapeInference.infer(graph);
        return Rewriter.rewrite(
                graph,
                (current, node, kept) ->
                        node.op() instanceof Conv conv
                                ? LinearLayer.of(current, node, inferred)
                                        .flatMap(layer -> fold(current, conv, layer, inferred, kept))
                                : Optional.empty());
    }

    private static Optional<Rewriter.Rewrite> fold(
            Graph graph, Conv conv, LinearLayer layer, Inferred inferred, Set<String> kept) {
        Node node = layer.node();
        String scaled = node.input(0);
        Node before = graph.producer(scaled).orElse(null);
        boolean only =
                before != null
                        && before.outputs().size() == 1
                        && graph.consumers(scaled).size() == 1
                        && !kept.contains(scaled);
        if (before == null || !only) {
            return Optional.empty();
        }
        Shape weights = layer.weights().shape();
        int channels = Math.toIntExact(weights.dim(1) * conv.group());
        ChannelAffine.Axis axis = new ChannelAffine.Axis(weights.rank(), 1, channels);
        for (String input : before.inputs().stream().filter(i -> !graph.constants().containsKey(i)).toList()) {
            Optional<ChannelAffine> affine =
                    ChannelAffine.of(graph, before, input, axis)
                            .filter(a -> !a.hasShift() || !pads(conv.window()))
                            .filter(_ -> fits(inferred.shape(input), axis));
            if (affine.isPresent()) {
                return layer.with(scaledWeights(layer, conv, affine.get()), bias(layer, conv, affine.get()))
                        .map(changed ->
                                new Rewriter.Rewrite(
                                        List.of(before, node),
                                        rewriter -> changed.node(rewriter, input, node.output())));
            }
        }
        return Optional.empty();
    }

    /// Whether the constant leaves the shape of its operand: it might broadcast it.
    private static boolean fits(@Nullable PartialShape shape, ChannelAffine.Axis axis) {
        return shape != null && shape.rank() == axis.rank() && shape.size(axis.axis()) == axis.channels();
    }

    private static boolean pads(Window window) {
        return switch (window.autoPad()) {
            case VALID -> false;
            case NOTSET -> window.pads().stream().anyMatch(p -> p != 0);
            case SAME_UPPER, SAME_LOWER -> true;
        };
    }

    private static Tensor scaledWeights(LinearLayer layer, Conv conv, ChannelAffine affine) {
        if (Arrays.stream(affine.scale()).allMatch(s -> s == 1)) {
            return layer.weights();
        }
        Tensor scaled = Tensor.allocate(layer.weights().dtype(), layer.weights().shape());
        for (long i = 0; i < scaled.elementCount(); i++) {
            scaled.setDouble(i, layer.weights().getDouble(i) * affine.scale()[inputChannel(layer, conv, i)]);
        }
        return scaled;
    }

    private static double[] bias(LinearLayer layer, Conv conv, ChannelAffine affine) {
        double[] bias = layer.bias().clone();
        long perOutput = layer.weights().elementCount() / bias.length;
        for (long i = 0; i < layer.weights().elementCount(); i++) {
            bias[(int) (i / perOutput)] += layer.weights().getDouble(i) * affine.shift()[inputChannel(layer, conv, i)];
        }
        return bias;
    }

    /// Input channel that a weight at `[m, c, k…]` multiplies.
    private static int inputChannel(LinearLayer layer, Conv conv, long index) {
        Shape shape = layer.weights().shape();
        long inner = shape.product(2, shape.rank());
        long group = index / (inner * shape.dim(1)) / (shape.dim(0) / conv.group());
        return (int) (group * shape.dim(1) + index / inner % shape.dim(1));
    }
}
