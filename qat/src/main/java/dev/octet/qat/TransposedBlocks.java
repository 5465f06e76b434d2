package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.octet.graph.Node;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Window;
import dev.octet.graph.op.Window.AutoPad;
import dev.octet.qat.op.NodeRun;
import dev.octet.qat.op.TensorArrays;
import dev.octet.qat.op.TrainingOps;
import dev.octet.qat.op.Value;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The transposed convolutions of DJL's blocks, which its PyTorch engine does not compute itself.
final class TransposedBlocks {
    private TransposedBlocks() {}

    /// The operator for the arguments of DJL's `deconvolution`: x, weights, bias, stride, padding, output padding,
    /// dilation, groups.
    static ConvTranspose op(Object[] a) {
        List<Long> pads = new ArrayList<>(boxed(a[4]));
        pads.addAll(boxed(a[4]));
        Window window = new Window(AutoPad.NOTSET, List.of(), boxed(a[3]), pads, boxed(a[6]));
        return new ConvTranspose(window, (int) a[7], boxed(a[5]), List.of());
    }

    private static List<Long> boxed(Object shape) {
        return Arrays.stream(((Shape) shape).getShape()).boxed().toList();
    }

    /// DJL's weights `[M, C/group, k…]` in the order of the operator, `[C, M/group, k…]`.
    static Tensor weights(NDArray weights, int groups) {
        long[] dims = weights.getShape().getShape();
        long[] kernel = Arrays.copyOfRange(dims, 2, dims.length);
        long filters = dims[0] / groups;
        try (NDManager scope = weights.getManager().newSubManager()) {
            NDArray grouped = weights.reshape(groups, filters, dims[1], -1);
            grouped.attach(scope);
            Shape ordered = new Shape(groups * dims[1], filters).addAll(new Shape(kernel));
            return TensorArrays.toTensor(grouped.transpose(0, 2, 1, 3).reshape(ordered));
        }
    }

    /// What `deconvolution` gives for its arguments.
    static NDList result(Object[] a) {
        ConvTranspose op = op(a);
        NDArray x = (NDArray) a[0];
        List<@Nullable Value> operands = new ArrayList<>();
        operands.add(new Value.Computed(x));
        operands.add(new Value.Constant(weights((NDArray) a[1], op.group())));
        operands.add(a[2] == null ? null : new Value.Computed((NDArray) a[2]));
        Node node = new Node("deconvolution", op, List.of("x", "w", "b"), List.of("y"));
        NodeRun run = new NodeRun(node, x.getManager(), operands);
        TrainingOps.run(run, TrainingOps.of(op).orElseThrow());
        return new NDList(Objects.requireNonNull(run.results().getFirst()).array(x.getManager()));
    }
}
