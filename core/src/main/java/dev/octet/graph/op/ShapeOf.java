package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The extents of axes `start` to `end` as INT64: ONNX Shape.
///
/// @param end null for the rank
public record ShapeOf(long start, @Nullable Long end) implements Op {
    public static ShapeOf of(Attributes attributes) {
        return new ShapeOf(
                attributes.getInt("start", 0L), attributes.has("end") ? (Long) attributes.getInt("end", 0L) : null);
    }

    @Override
    public String type() {
        return "Shape";
    }

    @Override
    public Attributes attributes() {
        return shapeAttributes();
    }

    @Override
    public int sinceVersion() {
        return 15;
    }

    private Attributes shapeAttributes() {
        Attributes.Builder builder = Attributes.builder();
        if (start != 0) {
            builder.put("start", start);
        }
        if (end != null) {
            builder.put("end", end);
        }
        return builder.build();
    }

    @Override
    public void infer(Inference inference) {
        PartialShape shape = inference.shape(0);
        if (shape == null) {
            inference.output(0, DType.INT64, PartialShape.ofRank(1));
        } else {
            inference.output(0, DType.INT64, PartialShape.of(Math.max(0, end(shape.rank()) - start(shape.rank()))));
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Shape shape = Operands.get(inputs, 0).shape();
        int from = start(shape.rank());
        for (int axis = from; axis < end(shape.rank()); axis++) {
            outputs.get(0).setLong(axis - from, shape.dim(axis));
        }
    }

    private int start(int rank) {
        return clamp(start, rank);
    }

    private int end(int rank) {
        return end == null ? rank : clamp(end, rank);
    }

    private static int clamp(long axis, int rank) {
        return Math.clamp(axis < 0 ? axis + rank : axis, 0, rank);
    }
}
