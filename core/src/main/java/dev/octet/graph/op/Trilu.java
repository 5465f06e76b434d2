package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The upper or lower triangle of matrices `[…, N, M]`, zero elsewhere. Inputs x, k? (INT64: the diagonal where the
/// triangle ends, 0 for the main one, positive ones above it).
public record Trilu(boolean upper) implements Op {
    public static Trilu of(Attributes attributes) {
        return new Trilu(attributes.getBoolean("upper", true));
    }

    @Override
    public String type() {
        return "Trilu";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("upper", upper).build();
    }

    @Override
    public int sinceVersion() {
        return 14;
    }

    @Override
    public void infer(Inference inference) {
        PartialShape x = inference.shape(0);
        if (x != null && x.rank() < 2) {
            throw Inference.mismatch("rank of x", "at least 2", x.rank());
        }
        if (inference.has(1)) {
            Operands.scalar(inference, 1, "k");
        }
        inference.output(0, inference.dtype(0), x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor diagonal = Operands.find(inputs, 1);
        Shape shape = x.shape();
        long rows = shape.dim(-2);
        long columns = shape.dim(-1);
        // Beyond the corners nothing changes, and sums do not overflow.
        long k = diagonal == null ? 0 : Math.clamp(diagonal.getLong(0), -rows, columns);
        outputs.get(0).data().fill((byte) 0);
        for (long row = 0; row < shape.product(0, shape.rank() - 1); row++) {
            long edge = Math.clamp(row % rows + k + (upper ? 0 : 1), 0, columns);
            long from = row * columns + (upper ? edge : 0);
            StridedCopy.copy(x, from, outputs.get(0), from, upper ? columns - edge : edge);
        }
    }
}
