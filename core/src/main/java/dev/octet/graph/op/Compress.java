package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The slices of an axis where a condition holds. Inputs x, condition (`BOOL` vector, which may be shorter than the
/// axis; the rest is left out).
///
/// @param axis null for the elements of the flattened tensor
public record Compress(@Nullable Long axis) implements Op {
    public static Compress of(Attributes attributes) {
        return new Compress(attributes.has("axis") ? (Long) attributes.getInt("axis", 0L) : null);
    }

    @Override
    public String type() {
        return "Compress";
    }

    @Override
    public Attributes attributes() {
        return axis == null ? Attributes.EMPTY : Attributes.builder().put("axis", axis.longValue()).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 1, "condition", Operands.BOOL);
        Operands.requireVector(inference, 1, "condition", Dim.UNKNOWN);
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        Tensor condition = inference.constant(1);
        if (x == null) {
            inference.output(0, dtype, axis == null ? PartialShape.ofRank(1) : null);
            return;
        }
        Dim extent = axis == null ? Extents.product(x, 0, x.rank()) : x.dim(Shape.normalizeAxis(axis, x.rank()));
        Dim kept = Dim.UNKNOWN;
        if (condition != null) {
            kept = Dim.of(count(condition));
            if (extent.size() >= 0 && condition.elementCount() > extent.size()) {
                throw Inference.mismatch("condition", "at most " + extent + " elements", condition.elementCount());
            }
        }
        inference.output(
                0,
                dtype,
                axis == null ? new PartialShape(List.of(kept)) : x.with(Shape.normalizeAxis(axis, x.rank()), kept));
    }

    private static long count(Tensor condition) {
        long count = 0;
        for (long i = 0; i < condition.elementCount(); i++) {
            count += condition.getLong(i);
        }
        return count;
    }

    @Override
    public double inferenceWork(List<@Nullable Shape> operands) {
        Shape condition = Work.find(operands, 1);
        return condition == null ? 0 : Work.ELEMENT * condition.elementCount();
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor condition = Operands.get(inputs, 1);
        Shape shape = x.shape();
        int at = axis == null ? 0 : Shape.normalizeAxis(axis, shape.rank());
        long outer = axis == null ? 1 : shape.product(0, at);
        long extent = axis == null ? x.elementCount() : shape.dim(at);
        long inner = axis == null ? 1 : shape.product(at + 1, shape.rank());
        long target = 0;
        for (long o = 0; o < outer; o++) {
            for (long i = 0; i < condition.elementCount(); i++) {
                if (condition.getLong(i) != 0) {
                    StridedCopy.copy(x, (o * extent + i) * inner, outputs.get(0), target, inner);
                    target += inner;
                }
            }
        }
    }
}
