package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.WindowGeometry;
import dev.octet.graph.op.WindowGeometry.Axis;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// Convolution and pooling.
///
/// Padding is put around the input first, unless it is the same on both sides: then the operation takes it.
final class WindowOps {
    private static final int CHANNELS = 1;

    /// Output channels that oneDNN computes together, at most.
    private static final long BLOCK = 16;

    private WindowOps() {}

    private static dev.octet.tensor.Shape shape(NDArray array) {
        return dev.octet.tensor.Shape.of(array.getShape().getShape());
    }

    private static Shape extents(WindowGeometry geometry, ToLongFunction<Axis> extent) {
        return new Shape(geometry.axes().stream().mapToLong(extent).toArray());
    }

    /// PyTorch's order of pads: begin and end of the last axis first.
    private static NDArray pad(NDArray x, WindowGeometry geometry, int sign, double value) {
        List<Axis> axes = geometry.axes().reversed();
        long[] pads = new long[2 * axes.size()];
        for (int i = 0; i < axes.size(); i++) {
            pads[2 * i] = sign * axes.get(i).padBegin();
            pads[2 * i + 1] = sign * axes.get(i).padEnd();
        }
        return Arrays.stream(pads).allMatch(p -> p == 0) ? x : x.pad(new Shape(pads), value);
    }

    private static NDArray plusBias(NDArray y, @Nullable NDArray bias) {
        return bias == null ? y : y.add(Shapes.along(bias, CHANNELS, y.getShape().dimension()));
    }

    /// A convolution of given weights, which may differ from the node's own.
    record Convolution(Conv op) implements TrainingOp {
        @Override
        public void run(NodeRun run) {
            run.result(convolve(run.array(0), run.array(1), run.has(2) ? run.array(2) : null));
        }

        NDArray convolve(NDArray x, NDArray weights, @Nullable NDArray bias) {
            WindowGeometry geometry = WindowGeometry.of(op.window(), shape(x), shape(weights));
            boolean even = geometry.axes().stream().allMatch(a -> a.padBegin() == a.padEnd());
            NDArray padded = even ? x : pad(x, geometry, 1, 0);
            Shape pads = even ? extents(geometry, Axis::padBegin) : extents(geometry, _ -> 0);
            if (op.group() == 1 && weights.getShape().get(0) % BLOCK != 0) {
                NDArray wider = convolve(padded, widened(weights, 0), pads, geometry);
                return plusBias(wider.get(new NDIndex(":, 0:{}", weights.getShape().get(0))), bias);
            }
            return plusBias(convolve(padded, weights, pads, geometry), bias);
        }

        private NDArray convolve(NDArray padded, NDArray weights, Shape pads, WindowGeometry geometry) {
            return padded.getNDArrayInternal()
                    .convolution(
                            padded,
                            weights,
                            null,
                            extents(geometry, Axis::stride),
                            pads,
                            extents(geometry, Axis::dilation),
                            op.group())
                    .singletonOrThrow();
        }
    }

    /// An array with zeros for further channels on an axis, up to a whole block.
    ///
    /// The oneDNN of PyTorch 2.7 (seen on AMD EPYC, with AVX2 and AVX-512) reads memory that nobody has written when it
    /// computes the gradient of a convolution's input, or a transposed convolution, and the last block of the summed
    /// channels is not full: results are wrong, or NaN.
    private static NDArray widened(NDArray array, int axis) {
        long[] dims = array.getShape().getShape().clone();
        dims[axis] = Math.ceilDiv(dims[axis], BLOCK) * BLOCK - dims[axis];
        return dims[axis] == 0 ? array : array.concat(array.getManager().zeros(new Shape(dims)), axis);
    }

    /// A transposed convolution of given weights.
    record TransposedConvolution(ConvTranspose op) implements TrainingOp {
        @Override
        public void run(NodeRun run) {
            run.result(convolve(run.array(0), run.array(1), run.has(2) ? run.array(2) : null));
        }

        NDArray convolve(NDArray x, NDArray weights, @Nullable NDArray bias) {
            WindowGeometry geometry = WindowGeometry.of(op, shape(x), shape(weights));
            String zeros = list(geometry, _ -> 0);
            TorchFunction function =
                    TorchFunction.of(
                            List.of("x", "w"),
                            1,
                            "return torch.conv_transpose%dd(x, w, None, %s, %s, %s, %d, %s)"
                                    .formatted(
                                            geometry.rank(),
                                            list(geometry, Axis::stride),
                                            zeros,
                                            zeros,
                                            op.group(),
                                            list(geometry, Axis::dilation)));
            // What a convolution would pad, its transposition cuts off; past the last window there are zeros.
            boolean whole = op.group() > 1;
            NDArray y = function.apply(whole ? x : widened(x, CHANNELS), whole ? weights : widened(weights, 0));
            return plusBias(pad(y, geometry, -1, 0), bias);
        }
    }

    private static String list(WindowGeometry geometry, ToLongFunction<Axis> extent) {
        return geometry.axes().stream().map(a -> Long.toString(extent.applyAsLong(a))).toList().toString();
    }

    /// A pooling; null if it is none that can be trained.
    static @Nullable TrainingOp pool(Pool op) {
        return switch (op.function()) {
            case MAX -> run -> run.result(maxPool(run.array(0), op));
            case AVERAGE -> run -> run.result(averagePool(run.array(0), op));
            case LP -> null;
        };
    }

    private static NDArray maxPool(NDArray x, Pool op) {
        WindowGeometry geometry = WindowGeometry.of(op, shape(x));
        NDArray padded = pad(x, geometry, 1, Double.NEGATIVE_INFINITY);
        TorchFunction function =
                TorchFunction.of(
                        List.of("x"),
                        1,
                        "return torch.max_pool%dd(x, %s, %s, %s, %s, False)"
                                .formatted(
                                        geometry.rank(),
                                        list(geometry, Axis::kernel),
                                        list(geometry, Axis::stride),
                                        list(geometry, _ -> 0),
                                        list(geometry, Axis::dilation)));
        return function.apply(padded);
    }

    /// The average of all places, padding included, times how much of each window counts.
    private static NDArray averagePool(NDArray x, Pool op) {
        WindowGeometry geometry = WindowGeometry.of(op, shape(x));
        if (geometry.axes().stream().anyMatch(a -> a.dilation() != 1)) {
            throw new IllegalArgumentException("dilated averages cannot be trained");
        }
        NDArray padded = pad(x, geometry, 1, 0);
        NDArray averages =
                padded.getNDArrayInternal()
                        .avgPool(
                                extents(geometry, Axis::kernel),
                                extents(geometry, Axis::stride),
                                extents(geometry, _ -> 0),
                                false,
                                true);
        boolean allCount = geometry.axes().stream().allMatch(a -> a.padBegin() == 0 && a.padEnd() == 0);
        return allCount ? averages : averages.mul(counted(x.getManager(), geometry, op));
    }

    /// What a window of `kernel` places has to be multiplied by, since some of its places do not count: an array that
    /// broadcasts over samples and channels.
    private static NDArray counted(NDManager manager, WindowGeometry geometry, Pool op) {
        long[] plane = geometry.axes().stream().mapToLong(Axis::input).toArray();
        long[] ones = new long[plane.length + 2];
        Arrays.fill(ones, 1);
        System.arraycopy(plane, 0, ones, 2, plane.length);
        Tensor x = Tensor.allocate(DType.FLOAT32, dev.octet.tensor.Shape.of(ones));
        for (long i = 0; i < x.elementCount(); i++) {
            x.setFloat(i, 1);
        }
        NDArray wanted = TensorArrays.toArray(manager, NodeRun.evaluate(op, List.of(x), 1).getFirst());
        NDArray padded = pad(TensorArrays.toArray(manager, x), geometry, 1, 0);
        NDArray found =
                padded.getNDArrayInternal()
                        .avgPool(
                                extents(geometry, Axis::kernel),
                                extents(geometry, Axis::stride),
                                extents(geometry, _ -> 0),
                                false,
                                true);
        return wanted.div(found);
    }

    /// A pooling of whole planes; null if it is none that can be trained.
    static @Nullable TrainingOp globalPool(GlobalPool op) {
        if (op.function() == PoolFunction.LP) {
            return null;
        }
        return run -> {
            NDArray x = run.array(0);
            NDArray planes = x.reshape(x.getShape().get(0), x.getShape().get(CHANNELS), -1);
            int[] last = {2};
            NDArray y = op.function() == PoolFunction.MAX ? planes.max(last, true) : planes.mean(last, true);
            run.result(Shapes.reshape(y, run.shape()));
        };
    }
}
