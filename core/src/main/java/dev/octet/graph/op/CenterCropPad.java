package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Crops or pads with zeros around the middle to given extents; what is odd is cut at the begin and added at the end.
/// Inputs x, extents (INT32 or INT64).
///
/// @param axes those that the extents speak of; empty for all
public record CenterCropPad(List<Long> axes) implements Op {
    public CenterCropPad {
        axes = List.copyOf(axes);
    }

    public static CenterCropPad of(Attributes attributes) {
        return new CenterCropPad(attributes.getInts("axes").orElse(List.of()));
    }

    @Override
    public String type() {
        return "CenterCropPad";
    }

    @Override
    public Attributes attributes() {
        return axes.isEmpty() ? Attributes.EMPTY : Attributes.builder().put("axes", axes).build();
    }

    @Override
    public int sinceVersion() {
        return 18;
    }

    private int[] axes(int rank) {
        return axes.isEmpty() ? IntStream.range(0, rank).toArray() : Operands.axes(Operands.toArray(axes), rank);
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape y = inference.shape(0);
        long[] extents = Operands.indices(inference, 1, "shape");
        if (y != null) {
            int[] changed = axes(y.rank());
            if (extents != null && extents.length != changed.length) {
                throw Inference.mismatch("shape", changed.length + " numbers", extents.length);
            }
            for (int i = 0; i < changed.length; i++) {
                if (extents != null && extents[i] < 0) {
                    throw Inference.mismatch("shape", "numbers of at least 0", extents[i]);
                }
                y = y.with(changed[i], extents == null ? Dim.UNKNOWN : Dim.of(extents[i]));
            }
        }
        inference.output(0, dtype, y);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        long[][] pads = new long[x.shape().rank()][2];
        for (int axis = 0; axis < pads.length; axis++) {
            long more = y.shape().dim(axis) - x.shape().dim(axis);
            pads[axis][0] = more / 2;
            pads[axis][1] = more - more / 2;
        }
        Pad.padWithValue(x, pads, null, y);
    }
}
