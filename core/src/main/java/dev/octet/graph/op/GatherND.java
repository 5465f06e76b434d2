package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Picks slices by index vectors: `y[i, j] = x[indices[i, j, 0], indices[i, j, 1], …]`. Inputs x, indices (INT32 or
/// INT64; negative ones count from the end).
///
/// @param batchAxes leading axes that x and indices share
public record GatherND(int batchAxes) implements Op {
    public static GatherND of(Attributes attributes) {
        return new GatherND(attributes.getInt("batch_dims", 0));
    }

    @Override
    public String type() {
        return "GatherND";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("batch_dims", (long) batchAxes).build();
    }

    @Override
    public int sinceVersion() {
        return 12;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 1, "indices", Operands.INDEX);
        inference.output(0, inference.dtype(0), TupleIndices.slices(inference.shape(0), inference.shape(1), batchAxes));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        TupleIndices tuples = TupleIndices.of(Operands.get(inputs, 1), x.shape(), batchAxes);
        tuples.forEach(
                (vector, start) -> StridedCopy.copy(x, start, outputs.get(0), vector * tuples.slice(), tuples.slice()));
    }
}
