package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes a piece into a cache along an axis. Inputs cache `[N, …]`, update of the same shape but for the axis, and
/// writeIndices? (INT64 `[N]`, where each sample's piece begins; zeros if absent).
///
/// @param circular whether what lies beyond the end goes on at the begin
public record TensorScatter(int axis, boolean circular) implements Op {
    public static TensorScatter of(Attributes attributes) {
        String mode = attributes.getString("mode", "linear");
        if (!mode.equals("linear") && !mode.equals("circular")) {
            throw Inference.mismatch("attribute mode", "linear or circular", mode);
        }
        return new TensorScatter(attributes.getInt("axis", -2), mode.equals("circular"));
    }

    @Override
    public String type() {
        return "TensorScatter";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("mode", circular ? "circular" : "linear").build();
    }

    @Override
    public int sinceVersion() {
        return 24;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        Operands.requireSame(inference, 1, "update", dtype);
        PartialShape cache = inference.shape(0);
        PartialShape update = inference.shape(1);
        if (cache != null) {
            int at = Shape.normalizeAxis(axis, cache.rank());
            if (at == 0) {
                throw Inference.mismatch("attribute axis", "another than the batch's", axis);
            }
            if (update != null) {
                Operands.requireShape(inference, 1, "update", cache.with(at, update.dim(at)));
            }
            if (inference.has(2)) {
                Operands.require(inference, 2, "write_indices", Operands.INDEX);
                Operands.requireVector(inference, 2, "write_indices", cache.dim(0));
            }
        }
        inference.output(0, dtype, cache);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor cache = Operands.get(inputs, 0);
        Tensor update = Operands.get(inputs, 1);
        Tensor begins = Operands.find(inputs, 2);
        Tensor y = outputs.get(0);
        y.data().copyFrom(cache.data());
        Shape shape = cache.shape();
        int at = Shape.normalizeAxis(axis, shape.rank());
        long length = shape.dim(at);
        long written = update.shape().dim(at);
        long inner = shape.product(at + 1, shape.rank());
        long outer = shape.product(0, at);
        for (long o = 0; o < outer; o++) {
            long begin = begins == null ? 0 : begins.getLong(o / (outer / shape.dim(0)));
            for (long i = 0; i < written; i++) {
                long place = circular ? Math.floorMod(begin + i, length) : begin + i;
                if (place < 0 || place >= length) {
                    throw Inference.mismatch("place in the cache", "one in [0, " + length + ")", place);
                }
                StridedCopy.copy(update, (o * written + i) * inner, y, (o * length + place) * inner, inner);
            }
        }
    }
}
