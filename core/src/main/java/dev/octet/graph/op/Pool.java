package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pooling over windows: ONNX MaxPool, AveragePool, LpPool.
///
/// Input x `[N, C, D…]`; output `[N, C, out…]`; MaxPool may name a second output, the row-major indices.
///
/// @param ceilMode round the output extent up, not down
/// @param countIncludePad whether padding counts in an average's divisor
/// @param p the norm of LpPool
public record Pool(
        PoolFunction function,
        Window window,
        boolean ceilMode,
        boolean countIncludePad,
        boolean columnMajorIndices,
        int p)
        implements Op {
    public Pool {
        if (p < 1) {
            throw Inference.mismatch("attribute p", "at least 1", p);
        }
    }

    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return function.attributes(this);
    }

    @Override
    public int sinceVersion() {
        return function.sinceVersion();
    }

    public static Pool of(PoolFunction function, Attributes attributes) {
        return new Pool(
                function,
                Window.of(attributes),
                attributes.getBoolean("ceil_mode", false),
                attributes.getBoolean("count_include_pad", false),
                attributes.getInt("storage_order", 0) == 1,
                attributes.getInt("p", 2));
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", function.operandTypes());
        PartialShape x = inference.shape(0);
        int rank = window.kernelShape().size();
        PartialShape y = PartialShape.ofRank(WindowGeometry.SPATIAL + rank);
        if (x != null) {
            WindowGeometry.requirePooled(window, x.rank());
            List<Dim> dims = new ArrayList<>(List.of(x.dim(0), x.dim(1)));
            for (int i = 0; i < rank; i++) {
                Dim extent = x.dim(WindowGeometry.SPATIAL + i);
                dims.add(WindowGeometry.output(window, i, extent, window.kernelShape().get(i), ceilMode));
            }
            y = new PartialShape(dims);
        }
        inference.output(0, dtype, y);
        inference.output(1, DType.INT64, y);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        double taps = window.kernelShape().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
        return Work.ofElements(operands, results) + taps * results.getFirst().elementCount();
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        WindowGeometry geometry = WindowGeometry.of(this, x.shape());
        WindowTaps taps = WindowTaps.ofSliding(geometry);
        long planes = x.shape().product(0, WindowGeometry.SPATIAL);
        double[] plane = new double[taps.largeElements()];
        double[] divisors = function == PoolFunction.AVERAGE ? divisors(geometry) : new double[0];
        for (long i = 0; i < planes; i++) {
            Elements.read(x, i * plane.length, plane, plane.length);
            long start = i * taps.smallElements();
            if (function == PoolFunction.MAX) {
                int[] largest = largest(x, plane, taps);
                for (int e = 0; e < largest.length; e++) {
                    outputs.get(0).setDouble(start + e, largest[e] < 0 ? lowest(x.dtype()) : plane[largest[e]]);
                }
                if (outputs.size() > 1) {
                    putIndices(largest, i * plane.length, geometry, outputs.get(1), start);
                }
            } else {
                double[] sums = sums(x, plane, taps);
                for (int e = 0; e < sums.length; e++) {
                    double value =
                            function == PoolFunction.AVERAGE ? sums[e] / divisors[e] : Math.pow(sums[e], 1.0 / p);
                    outputs.get(0).setDouble(start + e, value);
                }
            }
        }
    }

    private double[] sums(Tensor x, double[] plane, WindowTaps taps) {
        double[] sums = new double[taps.smallElements()];
        for (WindowTaps.Tap tap : taps.taps()) {
            x.requireAlive();
            StridedLoop loop = tap.loop();
            tap.forEachRow(o -> {
                for (long i = 0; i < loop.length(); i++) {
                    double value = plane[(int) (o[1] + i * loop.step(1))];
                    sums[(int) (o[0] + i * loop.step(0))] +=
                            function == PoolFunction.LP ? Math.pow(Math.abs(value), p) : value;
                }
            });
        }
        return sums;
    }

    /// Where in the plane each window's first largest element is; -1 if the window holds padding only.
    private static int[] largest(Tensor x, double[] plane, WindowTaps taps) {
        int[] largest = new int[taps.smallElements()];
        Arrays.fill(largest, -1);
        for (WindowTaps.Tap tap : taps.taps()) {
            x.requireAlive();
            StridedLoop loop = tap.loop();
            tap.forEachRow(o -> {
                for (long i = 0; i < loop.length(); i++) {
                    int from = (int) (o[1] + i * loop.step(1));
                    int to = (int) (o[0] + i * loop.step(0));
                    if (largest[to] < 0 || exceeds(plane[from], plane[largest[to]])) {
                        largest[to] = from;
                    }
                }
            });
        }
        return largest;
    }

    private static boolean exceeds(double value, double largest) {
        return value > largest || (Double.isNaN(value) && !Double.isNaN(largest));
    }

    private static double lowest(DType dtype) {
        return dtype.isFloating() ? Double.NEGATIVE_INFINITY : dtype.minValue();
    }

    private void putIndices(int[] largest, long planeStart, WindowGeometry geometry, Tensor indices, long start) {
        for (int e = 0; e < largest.length; e++) {
            indices.setLong(start + e, planeStart + inOrder(largest[e], geometry));
        }
    }

    /// The place in the order of axes that is asked for. What has none is -1 along each axis, as in ONNX Runtime
    /// (pool_functors.h); the standard does not say.
    private long inOrder(int rowMajor, WindowGeometry geometry) {
        long rest = rowMajor;
        long index = 0;
        for (int i = geometry.rank() - 1; i >= 0; i--) {
            long extent = geometry.axis(i).input();
            index += (rowMajor < 0 ? -1 : rest % extent) * stride(i, geometry);
            rest /= extent;
        }
        return index;
    }

    private long stride(int axis, WindowGeometry geometry) {
        long stride = 1;
        for (int i = columnMajorIndices ? 0 : axis + 1; i < (columnMajorIndices ? axis : geometry.rank()); i++) {
            stride *= geometry.axis(i).input();
        }
        return stride;
    }

    /// How many elements each window averages.
    private double[] divisors(WindowGeometry geometry) {
        double[] divisors = {1};
        for (WindowGeometry.Axis axis : geometry.axes()) {
            double[] longer = new double[Extents.arrayLength(divisors.length * axis.output())];
            for (int i = 0; i < longer.length; i++) {
                longer[i] = divisors[(int) (i / axis.output())] * counted(axis, i % axis.output());
            }
            divisors = longer;
        }
        return divisors;
    }

    /// How many elements of a window count along one axis.
    private long counted(WindowGeometry.Axis axis, long output) {
        long first = output * axis.stride() - axis.padBegin();
        long from = countIncludePad ? -axis.padBegin() : 0;
        long to = axis.input() + (countIncludePad ? axis.padEnd() : 0);
        long skipped = Math.max(0, Math.ceilDiv(from - first, axis.dilation()));
        long reached = Math.min(axis.kernel(), Math.ceilDiv(to - first, axis.dilation()));
        return Math.max(0, reached - skipped);
    }
}
