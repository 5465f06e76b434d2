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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Distinct elements of a tensor, or distinct slices of an axis. Input x; outputs values, the index of each one's first
/// occurrence, for each element of x the index of its value, and how often each value occurs (all INT64 `[…]`).
///
/// @param axis null for the elements of the flattened tensor
/// @param sorted whether values rise; else they stand in the order of their first occurrence
public record Unique(@Nullable Long axis, boolean sorted) implements Op {
    public static Unique of(Attributes attributes) {
        return new Unique(
                attributes.has("axis") ? (Long) attributes.getInt("axis", 0L) : null,
                attributes.getBoolean("sorted", true));
    }

    @Override
    public String type() {
        return "Unique";
    }

    @Override
    public Attributes attributes() {
        return uniqueAttributes();
    }

    private Attributes uniqueAttributes() {
        Attributes.Builder builder = Attributes.builder().put("sorted", sorted);
        if (axis != null) {
            builder.put("axis", axis);
        }
        return builder.build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    /// A tensor as slices along an axis: slice `i` has the elements `(o·count + i)·inner + e`.
    private record Slices(Tensor x, long outer, int count, long inner) {
        int compare(int i, int j) {
            int order = 0;
            for (long o = 0; o < outer && order == 0; o++) {
                for (long e = 0; e < inner && order == 0; e++) {
                    order = ElementOrder.compare(x, (o * count + i) * inner + e, (o * count + j) * inner + e);
                }
            }
            return order;
        }
    }

    /// @param first of each value, its first slice
    /// @param valueOf of each slice, its value
    private record Groups(int[] first, int[] valueOf) {}

    private Slices slices(Tensor x) {
        Shape shape = x.shape();
        if (axis == null) {
            return new Slices(x, 1, Extents.arrayLength(x.elementCount()), 1);
        }
        int at = Shape.normalizeAxis(axis, shape.rank());
        return new Slices(
                x, shape.product(0, at), Extents.arrayLength(shape.dim(at)), shape.product(at + 1, shape.rank()));
    }

    private Groups groups(Slices slices) {
        // Sorting is stable, so that the first of equal slices is the first occurrence.
        int[] order =
                IntStream.range(0, slices.count).boxed().sorted(slices::compare).mapToInt(Integer::intValue).toArray();
        int[] first = new int[slices.count];
        int[] valueOf = new int[slices.count];
        int found = 0;
        for (int i = 0; i < order.length; i++) {
            if (i == 0 || slices.compare(order[i - 1], order[i]) != 0) {
                first[found++] = order[i];
            }
            valueOf[order[i]] = found - 1;
        }
        first = Arrays.copyOf(first, found);
        return sorted ? new Groups(first, valueOf) : byOccurrence(first, valueOf);
    }

    private static Groups byOccurrence(int[] first, int[] valueOf) {
        int[] occurring = first.clone();
        Arrays.sort(occurring);
        int[] renamed = new int[valueOf.length];
        for (int i = 0; i < renamed.length; i++) {
            renamed[i] = Arrays.binarySearch(occurring, first[valueOf[i]]);
        }
        return new Groups(occurring, renamed);
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        Tensor constant = inference.constant(0);
        Dim found = constant == null ? Dim.UNKNOWN : Dim.of(groups(slices(constant)).first.length);
        Dim all = Dim.UNKNOWN;
        if (axis == null) {
            all = x == null ? Dim.UNKNOWN : Extents.product(x, 0, x.rank());
            inference.output(0, dtype, new PartialShape(List.of(found)));
        } else if (x == null) {
            inference.output(0, dtype, null);
        } else {
            int at = Shape.normalizeAxis(axis, x.rank());
            all = x.dim(at);
            inference.output(0, dtype, x.with(at, found));
        }
        inference.output(1, DType.INT64, new PartialShape(List.of(found)));
        inference.output(2, DType.INT64, new PartialShape(List.of(all)));
        inference.output(3, DType.INT64, new PartialShape(List.of(found)));
    }

    @Override
    public double inferenceWork(List<@Nullable Shape> operands) {
        return Work.ofElements(operands, List.of());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Slices slices = slices(x);
        Groups groups = groups(slices);
        int found = groups.first.length;
        for (long o = 0; o < slices.outer; o++) {
            for (int i = 0; i < found; i++) {
                long from = (o * slices.count + groups.first[i]) * slices.inner;
                StridedCopy.copy(x, from, outputs.get(0), (o * found + i) * slices.inner, slices.inner);
            }
        }
        long[] counts = new long[found];
        for (int value : groups.valueOf) {
            counts[value]++;
        }
        List<long[]> numbers = new ArrayList<>();
        numbers.add(Arrays.stream(groups.first).asLongStream().toArray());
        numbers.add(Arrays.stream(groups.valueOf).asLongStream().toArray());
        numbers.add(counts);
        for (int i = 1; i < outputs.size(); i++) {
            Elements.write(numbers.get(i - 1), outputs.get(i), 0, numbers.get(i - 1).length);
        }
    }
}
