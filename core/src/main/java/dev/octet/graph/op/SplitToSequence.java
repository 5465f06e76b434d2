package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Splits a tensor along an axis. Inputs: tensor, extent of every part or extents of the parts?; parts of extent 1
/// without that.
///
/// @param keepAxis whether parts of extent 1 keep the axis; only asked where no extents are given
public record SplitToSequence(int axis, boolean keepAxis) implements StructuredOp {
    public static SplitToSequence of(Attributes attributes) {
        return new SplitToSequence(attributes.getInt("axis", 0), attributes.getBoolean("keepdims", true));
    }

    @Override
    public String type() {
        return "SplitToSequence";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("keepdims", keepAxis).build();
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        TypeInfo x = Structured.requireTensor(inference, 0);
        PartialShape shape = x.shape();
        if (shape == null) {
            inference.output(0, x.asSequence());
            return;
        }
        int at = Shape.normalizeAxis(axis, shape.rank());
        if (dropsAxis(inference.has(1))) {
            List<Dim> dims = new ArrayList<>(shape.dims());
            dims.remove(at);
            shape = new PartialShape(dims);
        } else {
            shape = shape.with(at, inference.has(1) ? Dim.UNKNOWN : Dim.of(1));
        }
        inference.output(0, new TypeInfo(x.dtype(), shape).asSequence());
    }

    private boolean dropsAxis(boolean hasExtents) {
        return !keepAxis && !hasExtents;
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Tensor x = Structured.tensor(inputs, 0);
        int at = Shape.normalizeAxis(axis, x.shape().rank());
        Value split = Structured.find(inputs, 1);
        List<Tensor> parts = new ArrayList<>();
        if (dropsAxis(split != null)) {
            for (long i = 0; i < x.shape().dim(at); i++) {
                parts.add(Stack.part(x, at, i));
            }
        } else {
            long[] extents = extents(split == null ? null : Structured.tensor(inputs, 1), x.shape().dim(at));
            for (long extent : extents) {
                parts.add(Tensor.allocate(x.dtype(), x.shape().with(at, extent)));
            }
            if (!parts.isEmpty()) {
                new Split(at, 0).evaluate(List.of(x, Tensor.vector(extents)), parts);
            }
        }
        return List.of(new TensorSequence(x.dtype(), parts));
    }

    private static long[] extents(@Nullable Tensor split, long extent) {
        if (split != null && split.shape().rank() > 0) {
            long[] extents = split.toLongArray();
            long sum = 0;
            for (long part : extents) {
                if (part < 0) {
                    throw Inference.mismatch("extent of a part", "0 or more", part);
                }
                sum = Extents.add(sum, part);
            }
            if (sum != extent) {
                throw Inference.mismatch("sum of the parts' extents", extent, sum);
            }
            return extents;
        }
        long part = split == null ? 1 : split.getLong(0);
        if (part < 1) {
            throw Inference.mismatch("extent of a part", "at least 1", part);
        }
        long[] extents = new long[Extents.arrayLength(Math.ceilDiv(extent, part))];
        for (int i = 0; i < extents.length; i++) {
            extents[i] = Math.min(part, extent - i * part);
        }
        return extents;
    }
}
