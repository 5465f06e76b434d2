package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Op;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One node while it runs in training: its operands, and room for its results.
public final class NodeRun {
    private final Node node;
    private final NDManager manager;
    private final List<@Nullable Value> operands;
    private final @Nullable Value[] results;

    /// @param manager owner of all that is made on the way
    /// @param operands null where an optional one is absent
    public NodeRun(Node node, NDManager manager, List<? extends @Nullable Value> operands) {
        this.node = node;
        this.manager = manager;
        this.operands = new ArrayList<>(operands);
        results = new Value[node.outputs().size()];
    }

    Op op() {
        return node.op();
    }

    NDManager manager() {
        return manager;
    }

    int operandCount() {
        return operands.size();
    }

    int resultCount() {
        return results.length;
    }

    boolean has(int operand) {
        return operand < operands.size() && operands.get(operand) != null;
    }

    private Value operand(int index) {
        return Objects.requireNonNull(operands.get(index), () -> node + " has no operand " + index);
    }

    /// An operand that has to be there, as an array.
    NDArray array(int index) {
        return operand(index).array(manager);
    }

    /// An operand that has to be known when the graph runs: a shape, axes, a bound.
    ///
    /// @throws IllegalArgumentException if it is computed from the data
    Tensor constant(int index) {
        Tensor constant = operand(index).constant();
        if (constant == null) {
            throw new IllegalArgumentException(
                    "operand " + index + " ('" + node.input(index) + "') is computed from the data");
        }
        return constant;
    }

    /// Whether an operand is there and known.
    boolean isConstant(int index) {
        return has(index) && operand(index).constant() != null;
    }

    /// Whether any operand is computed from the data.
    boolean dependsOnData() {
        return operands.stream().anyMatch(o -> o != null && o.constant() == null);
    }

    /// The types of the results, by the operator's own rule.
    ///
    /// @throws IllegalArgumentException if a shape does not follow from the operands
    List<TypeInfo> types() {
        List<@Nullable TypeInfo> types = new ArrayList<>();
        List<@Nullable Tensor> constants = new ArrayList<>();
        for (Value operand : operands) {
            types.add(operand == null ? null : operand.type());
            constants.add(operand == null ? null : operand.constant());
        }
        Inference inference = new Inference(types, constants, results.length);
        node.op().infer(inference);
        List<TypeInfo> found = new ArrayList<>();
        for (TypeInfo type : inference.outputs()) {
            if (type == null || type.shape() == null || !type.isFixed()) {
                throw new IllegalArgumentException("the shape of its result depends on the data");
            }
            found.add(type);
        }
        return found;
    }

    /// The shape of the first result.
    Shape shape() {
        return Objects.requireNonNull(types().getFirst().shape()).toShape();
    }

    /// Evaluates an operator on the host.
    ///
    /// @throws IllegalArgumentException if the operands do not fit it
    static List<Tensor> evaluate(Op op, List<@Nullable Tensor> operands, int resultCount) {
        Inference inference = Inference.of(operands, resultCount);
        op.infer(inference);
        List<Tensor> results = new ArrayList<>();
        for (TypeInfo type : inference.outputs()) {
            if (type == null || type.shape() == null || !type.isFixed()) {
                throw new IllegalArgumentException("the shape of its result depends on the data");
            }
            results.add(Tensor.allocate(type.dtype(), type.shape().toShape()));
        }
        op.evaluate(operands, results);
        return results;
    }

    /// The operands as tensors; those that are arrays are copied, and lose their gradients.
    List<@Nullable Tensor> tensors() {
        List<@Nullable Tensor> tensors = new ArrayList<>();
        for (Value operand : operands) {
            Tensor constant = operand == null ? null : operand.constant();
            tensors.add(operand == null || constant != null ? constant : TensorArrays.toTensor(operand.array(manager)));
        }
        return tensors;
    }

    void result(NDArray array) {
        result(0, array);
    }

    void result(int index, NDArray array) {
        results[index] = new Value.Computed(array);
    }

    void result(int index, Tensor tensor) {
        results[index] = new Value.Constant(tensor);
    }

    /// What the node has computed; null for a result that nobody reads.
    public List<@Nullable Value> results() {
        return new ArrayList<>(Arrays.asList(results));
    }
}
