package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Ones on a diagonal of a matrix of the shape of x, zeros elsewhere.
///
/// @param outputType null for that of x
/// @param diagonal 0 for the main one, positive ones above it
public record EyeLike(@Nullable DType outputType, long diagonal) implements Op {
    public static EyeLike of(Attributes attributes) {
        return new EyeLike(OnnxTypes.find(attributes, "dtype"), attributes.getInt("k", 0L));
    }

    @Override
    public String type() {
        return "EyeLike";
    }

    @Override
    public Attributes attributes() {
        return eyeAttributes();
    }

    private Attributes eyeAttributes() {
        Attributes.Builder builder = Attributes.builder().put("k", diagonal);
        if (outputType != null) {
            builder.put("dtype", OnnxTypes.code(outputType));
        }
        return builder.build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        Operands.requireRank(inference, 0, "x", 2);
        PartialShape x = inference.shape(0);
        inference.output(
                0, outputType == null ? inference.dtype(0) : outputType, x == null ? PartialShape.ofRank(2) : x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor y = outputs.get(0);
        y.data().fill((byte) 0);
        long rows = y.shape().dim(0);
        long columns = y.shape().dim(1);
        long k = Math.clamp(diagonal, -rows, columns);
        for (long row = Math.max(0, -k); row < rows && row + k < columns; row++) {
            y.setDouble(row * columns + row + k, 1);
        }
    }
}
