package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// The k largest or smallest elements along an axis. Inputs x, k (INT64 `[1]`); outputs values, indices (INT64). Of
/// equal elements the one with the lower index comes first.
///
/// @param sorted whether the order of the outputs matters; they are sorted in any case
public record TopK(int axis, boolean largest, boolean sorted) implements Op {
    public static TopK of(Attributes attributes) {
        return new TopK(
                attributes.getInt("axis", -1),
                attributes.getBoolean("largest", true),
                attributes.getBoolean("sorted", true));
    }

    @Override
    public String type() {
        return "TopK";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("largest", largest).put("sorted", sorted).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.NUMERIC);
        Operands.requireOutputs(inference, 2);
        Long k = Operands.scalar(inference, 1, "k");
        PartialShape y = inference.shape(0);
        if (y != null) {
            Dim extent = y.dim(Shape.normalizeAxis(axis, y.rank()));
            if (k != null && (k < 0 || extent.size() >= 0 && k > extent.size())) {
                throw Inference.mismatch("k", "at most the extent of the axis, " + extent, k);
            }
            y = y.with(Shape.normalizeAxis(axis, y.rank()), k == null ? Dim.UNKNOWN : Dim.of(k));
        }
        inference.output(0, dtype, y);
        inference.output(1, DType.INT64, y);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor values = outputs.get(0);
        int at = Shape.normalizeAxis(axis, x.shape().rank());
        long extent = x.shape().dim(at);
        long inner = x.shape().product(at + 1, x.shape().rank());
        int k = Extents.arrayLength(values.shape().dim(at));
        for (long lane = 0; lane < x.shape().product(0, at) * inner; lane++) {
            long start = lane / inner * extent * inner + lane % inner;
            long[] chosen = chosen(x, start, inner, extent, k);
            long target = lane / inner * k * inner + lane % inner;
            for (int i = 0; i < k; i++) {
                Elements.move(x, start + chosen[i] * inner, values, target + i * inner);
                if (outputs.size() > 1) {
                    outputs.get(1).setLong(target + i * inner, chosen[i]);
                }
            }
        }
    }

    /// Places on the axis, best first: a heap of the best so far, whose head is the worst of them.
    private long[] chosen(Tensor x, long start, long step, long extent, int k) {
        Comparator<Long> byValue = (i, j) -> ElementOrder.compare(x, start + i * step, start + j * step);
        Comparator<Long> better = (largest ? byValue.reversed() : byValue).thenComparing(Comparator.naturalOrder());
        PriorityQueue<Long> best = new PriorityQueue<>(k + 1, better.reversed());
        for (long i = 0; i < extent; i++) {
            best.add(i);
            if (best.size() > k) {
                best.remove();
            }
        }
        long[] chosen = new long[k];
        for (int i = k - 1; i >= 0; i--) {
            chosen[i] = best.remove();
        }
        return chosen;
    }
}
