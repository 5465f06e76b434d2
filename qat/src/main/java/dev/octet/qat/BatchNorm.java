package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.qat.op.TensorArrays;
import dev.octet.qat.torch.TorchFunction;
import java.util.List;
import java.util.Map;

/// A batch normalization while it is trained: by the statistics of the batch, which it averages, or when it is frozen
/// by these averages.
final class BatchNorm {
    /// Weight of a batch in the averages of its statistics: PyTorch's default.
    private static final String MOMENTUM = "0.1";

    private static final List<String> OPERANDS = List.of("x", "w", "b", "mean", "var");

    private final Node node;
    private final float epsilon;
    private final Parameter gamma;
    private final Parameter beta;
    private final Parameter mean;
    private final Parameter variance;
    private final TorchFunction byBatch;
    private final TorchFunction byAverages;
    private boolean frozen;

    /// @param node a BatchNormalization with constant parameters
    BatchNorm(Graph graph, Node node, NDManager manager) {
        this.node = node;
        epsilon = ((BatchNormalization) node.op()).epsilon();
        gamma = parameter(graph, 1, "gamma", Parameter.Type.GAMMA, manager);
        beta = parameter(graph, 2, "beta", Parameter.Type.BETA, manager);
        mean = parameter(graph, 3, "running_mean", Parameter.Type.RUNNING_MEAN, manager);
        variance = parameter(graph, 4, "running_var", Parameter.Type.RUNNING_VAR, manager);
        byBatch = function(true);
        byAverages = function(false);
    }

    private Parameter parameter(Graph graph, int operand, String name, Parameter.Type type, NDManager manager) {
        NDArray array = TensorArrays.toArray(manager, graph.constant(node.input(operand)).orElseThrow());
        return GraphBlock.parameter(node.name() + "." + name, type, array, operand < 3);
    }

    private TorchFunction function(boolean batch) {
        String body =
                "return torch.batch_norm(x, w, b, mean, var, %s, %s, %s, False)"
                        .formatted(batch ? "True" : "False", MOMENTUM, epsilon);
        return TorchFunction.of(OPERANDS, 1, body);
    }

    /// Whether a node is one that this can stand for.
    static boolean fits(Graph graph, Node node) {
        return node.op() instanceof BatchNormalization
                && node.inputs().stream().skip(1).allMatch(v -> graph.constant(v).isPresent());
    }

    List<Parameter> parameters() {
        return List.of(gamma, beta, mean, variance);
    }

    /// The trained constants by the names of the node's operands.
    Map<String, Parameter> constants() {
        return Map.of(node.input(1), gamma, node.input(2), beta, node.input(3), mean, node.input(4), variance);
    }

    void freeze(boolean freeze) {
        frozen = freeze;
    }

    boolean usesBatch(boolean training) {
        return training && !frozen;
    }

    /// @throws IllegalArgumentException if the statistics of the batch are asked for, and it has one number a channel:
    ///   the variance of one number is NaN
    NDArray apply(ParameterStore store, NDArray x, boolean training) {
        if (usesBatch(training) && x.size() <= gamma.getArray().size()) {
            throw new IllegalArgumentException(
                    "batch normalization '"
                            + node.name()
                            + "': expected more than one value per channel in training, found x of "
                            + x.getShape()
                            + "; larger batches have more");
        }
        TorchFunction function = usesBatch(training) ? byBatch : byAverages;
        return function.apply(
                x,
                GraphBlock.value(store, gamma, x.getManager()),
                GraphBlock.value(store, beta, x.getManager()),
                GraphBlock.value(store, mean, x.getManager()),
                GraphBlock.value(store, variance, x.getManager()));
    }

    NDArray gamma(ParameterStore store, NDManager scope) {
        return GraphBlock.value(store, gamma, scope);
    }

    NDArray beta(ParameterStore store, NDManager scope) {
        return GraphBlock.value(store, beta, scope);
    }

    NDArray mean(ParameterStore store, NDManager scope) {
        return GraphBlock.value(store, mean, scope);
    }

    /// `√(running variance + ε)`.
    NDArray deviation(ParameterStore store, NDManager scope) {
        return deviation(GraphBlock.value(store, variance, scope));
    }

    /// `√(variance + ε)`.
    NDArray deviation(NDArray ofBatch) {
        return ofBatch.add(epsilon).sqrt();
    }
}
