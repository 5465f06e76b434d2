package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/// A [Window] resolved against the input that it slides over: padding found, output extents known.
///
/// @param axes the spatial axes, outermost first
public record WindowGeometry(List<Axis> axes) {
    /// Axes of the input before the spatial ones: batch and channels.
    static final int SPATIAL = 2;

    /// The window along one spatial axis.
    ///
    /// Output element `o` of a convolution or pooling reads the input at `o·stride + k·dilation − padBegin` for `k` in
    /// `[0, kernel)`. In a transposed convolution input and output change places.
    ///
    /// @param kernel extent of the window before dilation
    /// @param padBegin elements of padding before the input; in a transposed convolution, elements cut off the output
    /// @param padEnd the same at the end, which the last window need not reach; negative in a transposed convolution
    ///   whose output is longer than its windows reach
    public record Axis(long input, long kernel, long stride, long dilation, long padBegin, long padEnd, long output) {
        /// Extent of the window with dilation: `(kernel − 1)·dilation + 1`.
        public long dilatedKernel() {
            return (kernel - 1) * dilation + 1;
        }
    }

    public WindowGeometry {
        axes = List.copyOf(axes);
    }

    /// Geometry of a convolution.
    ///
    /// @param input shape `[N, C, D…]`
    /// @param weights shape `[M, C/group, k…]`
    /// @throws IllegalArgumentException if the window does not fit the shapes
    public static WindowGeometry of(Window window, Shape input, Shape weights) {
        int rank = requireConvolved(window, input.rank(), weights.rank());
        List<Axis> axes = new ArrayList<>(rank);
        for (int i = 0; i < rank; i++) {
            long kernel = kernel(window, i, weights.dim(SPATIAL + i));
            axes.add(slide(window, i, input.dim(SPATIAL + i), kernel, false));
        }
        return new WindowGeometry(axes);
    }

    /// Geometry of a pooling of `[N, C, D…]`.
    ///
    /// @throws IllegalArgumentException if the window does not fit the shape
    public static WindowGeometry of(Pool pool, Shape input) {
        Window window = pool.window();
        int rank = requirePooled(window, input.rank());
        List<Axis> axes = new ArrayList<>(rank);
        for (int i = 0; i < rank; i++) {
            axes.add(slide(window, i, input.dim(SPATIAL + i), window.kernelShape().get(i), pool.ceilMode()));
        }
        return new WindowGeometry(axes);
    }

    /// Geometry of a transposed convolution.
    ///
    /// @param input shape `[N, C, D…]`
    /// @param weights shape `[C, M/group, k…]`
    /// @throws IllegalArgumentException if the window does not fit the shapes
    public static WindowGeometry of(ConvTranspose op, Shape input, Shape weights) {
        int rank = requireTransposed(op, input.rank(), weights.rank());
        List<Axis> axes = new ArrayList<>(rank);
        for (int i = 0; i < rank; i++) {
            long kernel = kernel(op.window(), i, weights.dim(SPATIAL + i));
            axes.add(spread(op, rank, i, input.dim(SPATIAL + i), kernel));
        }
        return new WindowGeometry(axes);
    }

    /// Number of spatial axes.
    public int rank() {
        return axes.size();
    }

    public Axis axis(int index) {
        return axes.get(index);
    }

    /// Output extents of the spatial axes.
    public long[] outputExtents() {
        return axes.stream().mapToLong(Axis::output).toArray();
    }

    /// Output extent of a convolution or pooling along one axis, as far as it is known.
    ///
    /// @param kernel -1 if unknown
    static Dim output(Window window, int axis, Dim input, long kernel, boolean ceil) {
        if (input.size() >= 0 && (kernel >= 0 || window.isSame())) {
            // With SAME padding the window's extent does not matter.
            return Dim.of(slide(window, axis, input.size(), Math.max(1, kernel), ceil).output());
        }
        boolean keepsExtent =
                window.stride(axis) == 1
                        && (window.isSame()
                                || (kernel >= 0
                                        && window.padBegin(axis) + window.padEnd(axis)
                                                == (kernel - 1) * window.dilation(axis)));
        return keepsExtent ? input : Dim.UNKNOWN;
    }

    /// Output extent of a transposed convolution along one axis, as far as it is known.
    ///
    /// @param kernel -1 if unknown
    static Dim output(ConvTranspose op, int rank, int axis, Dim input, long kernel) {
        List<Long> wanted = op.outputShape();
        if (!wanted.isEmpty()) {
            return Dim.of(wanted.get(wanted.size() - rank + axis));
        }
        if (input.size() >= 0 && (kernel >= 0 || op.window().isSame())) {
            return Dim.of(spread(op, rank, axis, input.size(), Math.max(1, kernel)).output());
        }
        return op.window().isSame() && op.window().stride(axis) == 1 ? input : Dim.UNKNOWN;
    }

    /// Checks the ranks and returns the number of spatial axes.
    static int requireConvolved(Window window, int inputRank, int weightsRank) {
        if (inputRank <= SPATIAL) {
            throw Inference.mismatch("rank of input", "at least 3", inputRank);
        }
        if (weightsRank != inputRank) {
            throw Inference.mismatch("rank of weights", "that of the input, " + inputRank, weightsRank);
        }
        return requireAxes(window, inputRank - SPATIAL);
    }

    /// Checks the ranks and returns the number of spatial axes.
    static int requireTransposed(ConvTranspose op, int inputRank, int weightsRank) {
        int rank = requireConvolved(op.window(), inputRank, weightsRank);
        requireCount("output_padding", op.outputPadding(), rank);
        if (op.outputShape().size() != inputRank) {
            requireCount("output_shape", op.outputShape(), rank);
        }
        return rank;
    }

    /// Checks the ranks and returns the number of spatial axes.
    static int requirePooled(Window window, int inputRank) {
        int rank = window.kernelShape().size();
        if (rank == 0) {
            throw new IllegalArgumentException("attribute kernel_shape is missing");
        }
        if (inputRank != SPATIAL + rank) {
            throw Inference.mismatch("rank of input", SPATIAL + rank, inputRank);
        }
        return requireAxes(window, rank);
    }

    private static int requireAxes(Window window, int rank) {
        requireCount("kernel_shape", window.kernelShape(), rank);
        requireCount("strides", window.strides(), rank);
        requireCount("dilations", window.dilations(), rank);
        requireCount("pads", window.pads(), 2 * rank);
        return rank;
    }

    private static void requireCount(String attribute, List<Long> values, int count) {
        if (!values.isEmpty() && values.size() != count) {
            throw Inference.mismatch("attribute " + attribute, count + " numbers", values);
        }
    }

    /// Extent of the window along an axis of the weights, checked against the attribute.
    static long kernel(Window window, int axis, long ofWeights) {
        List<Long> declared = window.kernelShape();
        if (ofWeights < 0) {
            return declared.isEmpty() ? -1 : declared.get(axis);
        }
        if (ofWeights == 0) {
            throw Inference.mismatch("extent of the weights on spatial axis " + axis, "at least 1", 0);
        }
        if (!declared.isEmpty() && declared.get(axis) != ofWeights) {
            throw Inference.mismatch("attribute kernel_shape[" + axis + "]", "the weights' " + ofWeights, declared);
        }
        return ofWeights;
    }

    private static Axis slide(Window window, int axis, long input, long kernel, boolean ceil) {
        long stride = window.stride(axis);
        long dilation = window.dilation(axis);
        long reach = Extents.add(Extents.multiply(kernel - 1, dilation), 1);
        if (window.isSame()) {
            long output = Math.ceilDiv(input, stride);
            long total = Math.max(0, Extents.add((output - 1) * stride - input, reach));
            long begin = window.beginOf(total);
            return new Axis(input, kernel, stride, dilation, begin, total - begin, output);
        }
        long padBegin = window.padBegin(axis);
        long padEnd = window.padEnd(axis);
        long padded = Extents.add(Extents.add(input, padBegin), padEnd);
        long room = padded - reach;
        if (room < 0 && input > 0) {
            throw new IllegalArgumentException(
                    "a window of "
                            + reach
                            + " (kernel "
                            + kernel
                            + ", dilation "
                            + dilation
                            + ") does not fit in an extent of "
                            + padded
                            + " (input "
                            + input
                            + ", padding "
                            + padBegin
                            + " and "
                            + padEnd
                            + ")");
        }
        long output = Math.max(0, 1 + (ceil ? Math.ceilDiv(room, stride) : Math.floorDiv(room, stride)));
        if (ceil && output > 0 && Extents.multiply(output - 1, stride) >= input + padBegin) {
            // A window that would start in the padding at the end is left out.
            output--;
        }
        return new Axis(input, kernel, stride, dilation, padBegin, padEnd, output);
    }

    private static Axis spread(ConvTranspose op, int rank, int axis, long input, long kernel) {
        Window window = op.window();
        long stride = window.stride(axis);
        long dilation = window.dilation(axis);
        long outputPadding = op.outputPadding().isEmpty() ? 0 : op.outputPadding().get(axis);
        long reach = Extents.add(Extents.multiply(kernel - 1, dilation), 1);
        long full = Extents.add(Extents.add(Extents.multiply(stride, input - 1), reach), outputPadding);
        List<Long> wanted = op.outputShape();
        if (window.isSame() || !wanted.isEmpty()) {
            long output = wanted.isEmpty() ? Extents.multiply(input, stride) : wanted.get(wanted.size() - rank + axis);
            long begin = window.beginOf(Math.max(0, Extents.add(full, -output)));
            return new Axis(input, kernel, stride, dilation, begin, full - outputPadding - output - begin, output);
        }
        long begin = window.padBegin(axis);
        long end = window.padEnd(axis);
        long output = Extents.add(full, -Extents.add(begin, end));
        if (output < 0 && input > 0) {
            throw new IllegalArgumentException(
                    "pads " + begin + " and " + end + " cut more than the output's extent of " + full);
        }
        return new Axis(input, kernel, stride, dilation, begin, end - outputPadding, Math.max(0, output));
    }
}
