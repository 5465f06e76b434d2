package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Cuts a tensor along an axis. Inputs x, split? (INT64 extents); without it into `numOutputs` equal parts, the last
/// one smaller.
///
/// @param numOutputs 0 for as many as the node names
public record Split(int axis, int numOutputs) implements Op {
    public static Split of(Attributes attributes) {
        return new Split(attributes.getInt("axis", 0), attributes.getInt("num_outputs", 0));
    }

    @Override
    public String type() {
        return "Split";
    }

    @Override
    public Attributes attributes() {
        return splitAttributes();
    }

    @Override
    public int sinceVersion() {
        return 13;
    }

    private Attributes splitAttributes() {
        Attributes.Builder builder = Attributes.builder().put("axis", (long) axis);
        if (numOutputs > 0) {
            builder.put("num_outputs", (long) numOutputs);
        }
        return builder.build();
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        int count = inference.outputCount();
        if (numOutputs > 0 && numOutputs != count) {
            throw Inference.mismatch("outputs", "num_outputs = " + numOutputs, count);
        }
        long[] parts = inference.has(1) ? Operands.indices(inference, 1, "split") : null;
        if (x == null) {
            IntStream.range(0, count).forEach(i -> inference.output(i, dtype, null));
            return;
        }
        int at = Shape.normalizeAxis(axis, x.rank());
        if (!inference.has(1) && x.size(at) >= 0) {
            parts = equalParts(x.size(at), count);
        }
        if (parts != null) {
            requireParts(parts, count, x.size(at));
        }
        for (int i = 0; i < count; i++) {
            inference.output(i, dtype, x.with(at, parts == null ? Dim.UNKNOWN : Dim.of(parts[i])));
        }
    }

    private long[] equalParts(long extent, int count) {
        if (numOutputs == 0 && extent % count != 0) {
            throw Inference.mismatch("extent of axis " + axis, "a multiple of " + count, extent);
        }
        long[] parts = new long[count];
        Arrays.fill(parts, Math.ceilDiv(extent, count));
        parts[count - 1] = extent - parts[0] * (count - 1);
        return parts;
    }

    private static void requireParts(long[] parts, int count, long extent) {
        if (parts.length != count) {
            throw Inference.mismatch("split", count + " extents", Arrays.toString(parts));
        }
        long sum = 0;
        for (long part : parts) {
            sum = Extents.add(sum, part);
            if (part < 0) {
                throw Inference.mismatch("split of " + extent, "extents of at least 0", Arrays.toString(parts));
            }
        }
        if (extent >= 0 && sum != extent) {
            throw Inference.mismatch("split", "extents that add up to " + extent, Arrays.toString(parts));
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        int rank = x.shape().rank();
        int at = Shape.normalizeAxis(axis, rank);
        long outer = x.shape().product(0, at);
        long stride = x.shape().product(at, rank);
        long start = 0;
        for (Tensor y : outputs) {
            long run = y.shape().product(at, rank);
            StridedCopy.copy(x, start, new long[] {stride, 1}, y, 0, new long[] {run, 1}, new long[] {outer, run});
            start += run;
        }
    }
}
