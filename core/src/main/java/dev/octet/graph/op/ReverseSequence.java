package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reverses the first elements of the time axis, as many as each sample of the batch axis says. Inputs x `[T, N, …]` or
/// `[N, T, …]`, lengths (INT64 `[N]`).
public record ReverseSequence(int batchAxis, int timeAxis) implements Op {
    public ReverseSequence {
        if (batchAxis < 0 || batchAxis > 1 || timeAxis != 1 - batchAxis) {
            throw Inference.mismatch(
                    "attributes batch_axis and time_axis", "0 and 1 or 1 and 0", batchAxis + " and " + timeAxis);
        }
    }

    public static ReverseSequence of(Attributes attributes) {
        return new ReverseSequence(attributes.getInt("batch_axis", 1), attributes.getInt("time_axis", 0));
    }

    @Override
    public String type() {
        return "ReverseSequence";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("batch_axis", (long) batchAxis).put("time_axis", (long) timeAxis).build();
    }

    @Override
    public int sinceVersion() {
        return 10;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 1, "sequence_lens", Operands.INDEX);
        PartialShape x = inference.shape(0);
        if (x != null) {
            if (x.rank() < 2) {
                throw Inference.mismatch("rank of x", "at least 2", x.rank());
            }
            Operands.requireVector(inference, 1, "sequence_lens", x.dim(batchAxis));
        }
        inference.output(0, inference.dtype(0), x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor lengths = Operands.get(inputs, 1);
        Shape shape = x.shape();
        long steps = shape.dim(timeAxis);
        long inner = shape.product(2, shape.rank());
        long timeStride = timeAxis == 0 ? shape.dim(1) : 1;
        long batchStride = batchAxis == 0 ? shape.dim(1) : 1;
        for (long n = 0; n < shape.dim(batchAxis); n++) {
            long length = lengths.getLong(n);
            if (length < 0 || length > steps) {
                throw Inference.mismatch("sequence length", "one in [0, " + steps + "]", length);
            }
            for (long t = 0; t < steps; t++) {
                long source = t < length ? length - 1 - t : t;
                StridedCopy.copy(
                        x,
                        (n * batchStride + source * timeStride) * inner,
                        outputs.get(0),
                        (n * batchStride + t * timeStride) * inner,
                        inner);
            }
        }
    }
}
