package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gemm;
import dev.octet.qat.op.LinearOp;
import dev.octet.qat.op.TensorArrays;
import dev.octet.qat.quantizer.FakeQuantizer;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A linear operator with the batch normalization that conversion folds into it, trained as PyTorch does: what is
/// rounded are the folded weights, `W·γ/σ` with the averaged deviation σ, and the normalization goes on by the batch.
///
/// | | result |
/// |---|---|
/// | [QatSpec.NormTraining#APPROXIMATE] | `norm(L(x, round(W·γ/σ))·σ/γ + b)` |
/// | [QatSpec.NormTraining#EXACT] | `L(x, round(W·γ/σ))·σ/σ_batch + β − γ·(μ_batch − b)/σ_batch`, with the statistics of `L(x, W) + b` |
/// | frozen, or not training | `L(x, round(W·γ/σ)) + β − γ·(μ − b)/σ` |
///
/// @see "PyTorch `torch.ao.nn.intrinsic.qat.ConvBn2d`"
final class FoldedNorm {
    private static final int CHANNELS = 1;

    private final Node node;
    private final LinearOp linear;
    private final BatchNorm norm;
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final QatSpec.NormTraining mode;

    /// @param folded the operator as it is after folding
    /// @param original the graph before
    /// @param linear the operator there
    /// @param normNode what follows it there
    FoldedNorm(Node folded, Graph original, Node linear, Node normNode, QatSpec.NormTraining mode, NDManager manager) {
        node = folded;
        this.linear = LinearOp.of(linear.op());
        this.mode = mode;
        norm = new BatchNorm(original, normNode, manager);
        weight = parameter(folded.input(1), original, linear.input(1), Parameter.Type.WEIGHT, manager);
        bias =
                linear.has(2)
                        ? parameter(folded.input(2), original, linear.input(2), Parameter.Type.BIAS, manager)
                        : null;
    }

    private static Parameter parameter(
            String name, Graph graph, String constant, Parameter.Type type, NDManager manager) {
        return GraphBlock.parameter(
                name, type, TensorArrays.toArray(manager, graph.constant(constant).orElseThrow()), true);
    }

    /// The batch normalization that follows a linear operator and would be folded into it; null if there is none.
    static @Nullable Node normAfter(Graph graph, Node node) {
        boolean linear =
                switch (node.op()) {
                    case Conv _ -> true;
                    case ConvTranspose op -> op.group() == 1;
                    case Gemm op -> op.alpha() == 1 && op.beta() == 1 && !op.transA();
                    default -> false;
                };
        List<Node> readers = graph.consumers(node.output());
        boolean constant = node.inputs().stream().skip(1).allMatch(v -> graph.constant(v).isPresent());
        if (!linear || !constant || readers.size() != 1 || graph.isOutput(node.output())) {
            return null;
        }
        return BatchNorm.fits(graph, readers.getFirst()) ? readers.getFirst() : null;
    }

    List<Parameter> parameters() {
        List<Parameter> all = new ArrayList<>();
        all.add(weight);
        if (bias != null) {
            all.add(bias);
        }
        all.addAll(norm.parameters());
        return all;
    }

    Node node() {
        return node;
    }

    void freeze(boolean freeze) {
        norm.freeze(freeze);
    }

    /// @param rounding of the folded weights; null leaves them
    /// @param biasStep what the folded bias is rounded to multiples of, where nothing is trained; null leaves it
    NDArray apply(
            ParameterStore store,
            NDArray x,
            boolean training,
            @Nullable FakeQuantizer rounding,
            @Nullable NDArray biasStep) {
        NDManager scope = x.getManager();
        NDArray w = GraphBlock.value(store, weight, scope);
        NDArray b = bias == null ? null : GraphBlock.value(store, bias, scope);
        NDArray deviation = norm.deviation(store, scope);
        if (norm.usesBatch(training) && mode == QatSpec.NormTraining.EXACT) {
            return exact(store, x, w, b, rounding);
        }
        NDArray factor = norm.gamma(store, scope).div(deviation);
        NDArray folded = linear.scaled(w, factor);
        NDArray product = linear.product(x, rounding == null ? folded : rounding.apply(store, folded, training));
        int rank = product.getShape().dimension();
        if (norm.usesBatch(training)) {
            NDArray undone = product.div(along(factor, rank));
            return norm.apply(store, b == null ? undone : undone.add(along(b, rank)), true);
        }
        NDArray mean = norm.mean(store, scope);
        NDArray shift = norm.beta(store, scope).sub((b == null ? mean : mean.sub(b)).mul(factor));
        return product.add(along(biasStep == null ? shift : shift.div(biasStep).round().mul(biasStep), rank));
    }

    private NDArray exact(
            ParameterStore store, NDArray x, NDArray w, @Nullable NDArray b, @Nullable FakeQuantizer rounding) {
        NDManager scope = x.getManager();
        NDArray plain = linear.product(x, w);
        int rank = plain.getShape().dimension();
        NDArray seen = plain.stopGradient();
        norm.apply(store, b == null ? seen : seen.add(along(b.stopGradient(), rank)), true);
        NDArray mean = channelMean(plain);
        NDArray variance = channelMean(plain.sub(mean).square());
        NDArray ofBatch = norm.deviation(variance);
        NDArray gamma = norm.gamma(store, scope);
        NDArray deviation = norm.deviation(store, scope);
        NDArray folded = linear.scaled(w, gamma.div(deviation));
        NDArray product = linear.product(x, rounding == null ? folded : rounding.apply(store, folded, true));
        // The bias shifts the batch and its mean alike.
        return product.mul(along(deviation, rank).div(ofBatch))
                .add(along(norm.beta(store, scope), rank))
                .sub(along(gamma, rank).mul(mean).div(ofBatch));
    }

    /// The mean of each channel, over all other axes.
    private static NDArray channelMean(NDArray x) {
        NDArray mean = x;
        for (int axis = 0; axis < x.getShape().dimension(); axis++) {
            mean = axis == CHANNELS ? mean : mean.mean(new int[] {axis}, true);
        }
        return mean;
    }

    private static NDArray along(NDArray vector, int rank) {
        long[] dims = new long[rank];
        java.util.Arrays.fill(dims, 1);
        dims[CHANNELS] = vector.size();
        return vector.reshape(dims);
    }

    /// The folded constants as they are now, by the names that the folded operator has for them.
    Map<String, Tensor> constants() {
        try (NDManager scope = weight.getArray().getManager().newSubManager()) {
            ParameterStore store = new ParameterStore(scope, false);
            NDArray factor = norm.gamma(store, scope).div(norm.deviation(store, scope));
            NDArray mean = norm.mean(store, scope);
            NDArray centred = bias == null ? mean : mean.sub(GraphBlock.value(store, bias, scope));
            NDArray shift = norm.beta(store, scope).sub(centred.mul(factor));
            NDArray folded = linear.scaled(GraphBlock.value(store, weight, scope), factor);
            return Map.of(node.input(1), TensorArrays.toTensor(folded), node.input(2), TensorArrays.toTensor(shift));
        }
    }
}
