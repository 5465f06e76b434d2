package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A node that multiplies by constant floating weights and may add a constant bias: Conv, ConvTranspose, Gemm, MatMul.
///
/// @param bias what is added to each output channel; zeros where there is no bias
/// @param axis where the output's channels lie
record LinearLayer(Node node, Tensor weights, double[] bias, ChannelAffine.Axis axis) {
    static Optional<LinearLayer> of(Graph graph, Node node, Inferred inferred) {
        Tensor weights = graph.constants().get(node.input(1));
        if (weights == null || !weights.dtype().isFloating()) {
            return Optional.empty();
        }
        ChannelAffine.Axis axis = outputAxis(node.op(), weights.shape(), inferred.shape(node.input(0)));
        double[] bias = axis == null ? null : bias(graph, node, axis);
        return axis == null || bias == null
                ? Optional.empty()
                : Optional.of(new LinearLayer(node, weights, bias, axis));
    }

    private static ChannelAffine.@Nullable Axis outputAxis(Op op, Shape weights, @Nullable PartialShape input) {
        int rank = weights.rank();
        long channels =
                switch (op) {
                    case Conv conv ->
                            rank > 2 && conv.group() > 0 && weights.dim(0) % conv.group() == 0 ? weights.dim(0) : 0;
                    case ConvTranspose transposed -> {
                        int group = transposed.group();
                        yield rank > 2 && group > 0 && weights.dim(0) % group == 0 ? weights.dim(1) * group : 0;
                    }
                    case Gemm gemm -> rank == 2 ? weights.dim(gemm.transB() ? 0 : 1) : 0;
                    case MatMul _ -> rank == 2 ? weights.dim(1) : 0;
                    default -> 0;
                };
        if (channels <= 0 || channels > Integer.MAX_VALUE || weights.elementCount() == 0) {
            return null;
        }
        if (op instanceof MatMul) {
            // Of a result of unknown rank only the last axis is sure.
            int resultRank = input == null || input.rank() == 0 ? 1 : input.rank();
            return new ChannelAffine.Axis(resultRank, resultRank - 1, (int) channels);
        }
        return new ChannelAffine.Axis(rank, 1, (int) channels);
    }

    private static double @Nullable [] bias(Graph graph, Node node, ChannelAffine.Axis axis) {
        if (!node.has(2)) {
            return new double[axis.channels()];
        }
        Tensor bias = graph.constants().get(node.input(2));
        if (bias == null) {
            return null;
        }
        if (node.op() instanceof Gemm gemm) {
            double[] values = axis.values(bias);
            return values == null ? null : Arrays.stream(values).map(v -> gemm.beta() * v).toArray();
        }
        return new ChannelAffine.Axis(1, 0, axis.channels()).values(bias);
    }

    /// Whether the node has an operand for a bias.
    boolean takesBias() {
        return !(node.op() instanceof MatMul);
    }

    /// The weights times the scale of their output channel.
    Tensor scaledWeights(double[] scale) {
        if (Arrays.stream(scale).allMatch(s -> s == 1)) {
            return weights;
        }
        Tensor scaled = Tensor.allocate(weights.dtype(), weights.shape());
        for (long i = 0; i < weights.elementCount(); i++) {
            scaled.setDouble(i, weights.getDouble(i) * scale[outputChannel(i)]);
        }
        return scaled;
    }

    private int outputChannel(long index) {
        Shape shape = weights.shape();
        long channel =
                switch (node.op()) {
                    case Conv _ -> index / shape.product(1, shape.rank());
                    case ConvTranspose op -> {
                        long inner = shape.product(2, shape.rank());
                        long group = index / (inner * shape.dim(1)) / (shape.dim(0) / op.group());
                        yield group * shape.dim(1) + index / inner % shape.dim(1);
                    }
                    case Gemm op when op.transB() -> index / shape.dim(1);
                    default -> index % shape.dim(1);
                };
        return (int) channel;
    }

    /// The layer with other weights and, if it has or needs one, another bias; empty if a number overflows.
    Optional<Changed> with(Tensor newWeights, double[] newBias) {
        Tensor biasTensor = Tensor.allocate(weights.dtype(), Shape.of(newBias.length));
        for (int c = 0; c < newBias.length; c++) {
            biasTensor.setDouble(c, newBias[c]);
        }
        boolean needsBias = node.has(2) || Arrays.stream(newBias).anyMatch(v -> v != 0);
        return isFinite(newWeights) && isFinite(biasTensor)
                ? Optional.of(new Changed(this, newWeights, needsBias ? biasTensor : null))
                : Optional.empty();
    }

    private static boolean isFinite(Tensor tensor) {
        for (long i = 0; i < tensor.elementCount(); i++) {
            if (!Double.isFinite(tensor.getDouble(i))) {
                return false;
            }
        }
        return true;
    }

    /// New operands of a layer.
    record Changed(LinearLayer layer, Tensor weights, @Nullable Tensor bias) {
        /// The node with these operands in place of its own, reading `input` and defining `output`.
        Node node(Rewriter rewriter, String input, String output) {
            Node node = layer.node;
            List<String> operands = new ArrayList<>(List.of(input, node.input(1)));
            if (weights != layer.weights) {
                operands.set(1, rewriter.changedConstant(node.input(1), node, weights));
            }
            if (bias != null) {
                operands.add(
                        node.has(2)
                                ? rewriter.changedConstant(node.input(2), node, bias)
                                : rewriter.newConstant(node.name() + "_bias", bias));
            }
            // The factor of a Gemm's bias is in the values now.
            Op op = node.op() instanceof Gemm g ? new Gemm(g.alpha(), 1, g.transA(), g.transB()) : node.op();
            return node.withOp(op).withInputs(operands).withOutputs(List.of(output));
        }
    }
}
