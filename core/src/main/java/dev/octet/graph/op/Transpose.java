package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Permutes axes. Output axis `i` is input axis `perm[i]`.
///
/// @param perm empty reverses the axes
public record Transpose(List<Long> perm) implements Op {
    public static Transpose of(Attributes attributes) {
        return new Transpose(attributes.getInts("perm").orElse(List.of()));
    }

    @Override
    public String type() {
        return "Transpose";
    }

    @Override
    public Attributes attributes() {
        return perm.isEmpty() ? Attributes.EMPTY : Attributes.builder().put("perm", perm).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        PartialShape x = inference.shape(0);
        if (x == null) {
            int rank = perm.size();
            inference.output(0, inference.dtype(0), rank == 0 ? null : PartialShape.ofRank(rank));
            return;
        }
        List<Dim> dims = new ArrayList<>(x.rank());
        for (int axis : permutation(x.rank())) {
            dims.add(x.dim(axis));
        }
        inference.output(0, inference.dtype(0), new PartialShape(dims));
    }

    /// Input axis of each output axis.
    private int[] permutation(int rank) {
        if (perm.isEmpty()) {
            return IntStream.range(0, rank).map(i -> rank - 1 - i).toArray();
        }
        if (perm.size() != rank) {
            throw Inference.mismatch("attribute perm", "an order of " + rank + " axes", perm);
        }
        return Operands.axes(Operands.toArray(perm), rank);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        long[] own = x.shape().strides();
        long[] strides = IntStream.of(permutation(own.length)).mapToLong(axis -> own[axis]).toArray();
        StridedCopy.copy(x, 0, strides, y, 0, y.shape().strides(), y.shape().dims());
    }
}
