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

/// Transposed convolution.
///
/// Inputs x `[N, C, D…]`, weights `[C, M/group, k…]`, bias? `[M]`; output `[N, M, out…]` with `out = stride·(in−1) +
/// outputPadding + (k−1)·dilation + 1 − pads`.
///
/// @param outputPadding empty for zeros
/// @param outputShape empty if the output shape follows from the rest
public record ConvTranspose(Window window, int group, List<Long> outputPadding, List<Long> outputShape) implements Op {
    public ConvTranspose {
        if (group < 1) {
            throw Inference.mismatch("attribute group", "at least 1", group);
        }
        outputPadding = List.copyOf(outputPadding);
        outputShape = List.copyOf(outputShape);
        requireExtents("output_padding", outputPadding);
        requireExtents("output_shape", outputShape);
    }

    private static void requireExtents(String name, List<Long> values) {
        if (values.stream().anyMatch(v -> v < 0 || v > Integer.MAX_VALUE)) {
            throw Inference.mismatch("attribute " + name, "numbers of 0 to 2^31-1", values);
        }
    }

    public static ConvTranspose of(Attributes attributes) {
        return new ConvTranspose(
                Window.of(attributes),
                attributes.getInt("group", 1),
                attributes.getInts("output_padding").orElse(List.of()),
                attributes.getInts("output_shape").orElse(List.of()));
    }

    @Override
    public String type() {
        return "ConvTranspose";
    }

    @Override
    public Attributes attributes() {
        return outputAttributes();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    private Attributes outputAttributes() {
        Attributes.Builder builder = window.attributes().put("group", (long) group);
        if (!outputPadding.isEmpty()) {
            builder.put("output_padding", outputPadding);
        }
        if (!outputShape.isEmpty()) {
            builder.put("output_shape", outputShape);
        }
        return builder.build();
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        inference.type(1);
        Operands.requireSame(inference, 1, "weights", dtype);
        Operands.requireSame(inference, 2, "bias", dtype);
        PartialShape y = outputShape(inference.shape(0), inference.shape(1));
        if (y != null && inference.shape(0) != null && inference.shape(1) != null) {
            Operands.requireVector(inference, 2, "bias", y.dim(1));
        }
        inference.output(0, dtype, y);
    }

    /// Extents of the result, as far as they follow from those of input and weights.
    @Nullable PartialShape outputShape(@Nullable PartialShape x, @Nullable PartialShape weights) {
        if (x == null || weights == null) {
            PartialShape known = x == null ? weights : x;
            return known == null ? null : PartialShape.ofRank(known.rank());
        }
        int rank = WindowGeometry.requireTransposed(this, x.rank(), weights.rank());
        Extents.unify(x.dim(1), weights.dim(0), "channels of input and weights");
        if (x.size(1) >= 0 && x.size(1) % group != 0) {
            throw Inference.mismatch("channels of input", "a multiple of group " + group, x.size(1));
        }
        Dim channels = Extents.multiply(weights.dim(1), Dim.of(group));
        List<Dim> dims = new ArrayList<>(List.of(x.dim(0), channels));
        for (int i = 0; i < rank; i++) {
            int axis = WindowGeometry.SPATIAL + i;
            long kernel = WindowGeometry.kernel(window, i, weights.size(axis));
            dims.add(WindowGeometry.output(this, rank, i, x.dim(axis), kernel));
        }
        return new PartialShape(dims);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofWindows(operands, results, Work.shape(operands, 0), 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor weights = Operands.get(inputs, 1);
        Tensor bias = Operands.find(inputs, 2);
        Tensor y = outputs.get(0);
        WindowTaps taps = WindowTaps.ofTransposed(WindowGeometry.of(this, x.shape(), weights.shape()));
        long channels = x.shape().dim(1) / group;
        long outChannels = weights.shape().dim(1);
        double[] sums = new double[taps.largeElements()];
        for (long n = 0; n < x.shape().dim(0); n++) {
            for (long m = 0; m < outChannels * group; m++) {
                Arrays.fill(sums, bias == null ? 0 : bias.getDouble(m));
                long first = m / outChannels * channels;
                for (long c = first; c < first + channels; c++) {
                    long plane = (n * channels * group + c) * taps.smallElements();
                    long kernel = (c * outChannels + m % outChannels) * taps.taps().size();
                    for (int tap = 0; tap < taps.taps().size(); tap++) {
                        scatter(taps.taps().get(tap), weights.getDouble(kernel + tap), x, plane, sums);
                    }
                }
                long start = (n * outChannels * group + m) * sums.length;
                Elements.write(sums, y, start, sums.length);
            }
        }
    }

    private static void scatter(WindowTaps.Tap tap, double weight, Tensor x, long plane, double[] sums) {
        StridedLoop loop = tap.loop();
        tap.forEachRow(o -> {
            for (long i = 0; i < loop.length(); i++) {
                int to = (int) (o[1] + i * loop.step(1));
                sums[to] += weight * x.getDouble(plane + o[0] + i * loop.step(0));
            }
        });
    }
}
