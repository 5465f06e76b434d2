package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tensor of random numbers, of a stated shape or, for the `Like` forms, that of the operand; see [RandomStream].
///
/// @param shape null for the operand's
/// @param dtype null for the operand's, and FLOAT32 without one
/// @param first mean, or lower end
/// @param second standard deviation, or upper end
/// @param seed null for fresh numbers at each evaluation
public record RandomFill(
        Distribution distribution,
        @Nullable List<Long> shape,
        @Nullable DType dtype,
        float first,
        float second,
        @Nullable Float seed)
        implements Op {
    /// What the numbers are like.
    public enum Distribution {
        NORMAL("RandomNormal", "mean", 0, "scale", 1),
        UNIFORM("RandomUniform", "low", 0, "high", 1);

        private final String type;
        private final String firstName;
        private final float firstDefault;
        private final String secondName;
        private final float secondDefault;

        Distribution(String type, String firstName, float firstDefault, String secondName, float secondDefault) {
            this.type = type;
            this.firstName = firstName;
            this.firstDefault = firstDefault;
            this.secondName = secondName;
            this.secondDefault = secondDefault;
        }

        /// ONNX operator type of the form with a stated shape.
        public String type() {
            return type;
        }
    }

    public RandomFill {
        shape = shape == null ? null : List.copyOf(shape);
    }

    static RandomFill of(Distribution distribution, boolean like, Attributes attributes) {
        return new RandomFill(
                distribution,
                like ? null : attributes.getInts("shape").orElse(List.of()),
                OnnxTypes.find(attributes, "dtype"),
                attributes.getFloat(distribution.firstName, distribution.firstDefault),
                attributes.getFloat(distribution.secondName, distribution.secondDefault),
                RandomStream.seed(attributes));
    }

    @Override
    public String type() {
        return distribution.type + (shape == null ? "Like" : "");
    }

    @Override
    public Attributes attributes() {
        Attributes.Builder builder =
                Attributes.builder().put(distribution.firstName, first).put(distribution.secondName, second);
        if (shape != null) {
            builder.put("shape", shape);
        }
        if (dtype != null) {
            builder.put("dtype", OnnxTypes.code(dtype));
        }
        RandomStream.putSeed(builder, seed);
        return builder.build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public boolean isDeterministic() {
        return seed != null;
    }

    @Override
    public void infer(Inference inference) {
        DType type = dtype != null ? dtype : shape == null ? inference.dtype(0) : DType.FLOAT32;
        if (!Operands.FLOATING.contains(type)) {
            throw Inference.mismatch("attribute dtype", Operands.FLOATING, type);
        }
        if (shape != null && shape.stream().anyMatch(d -> d < 0)) {
            throw Inference.mismatch("attribute shape", "extents of at least 0", shape);
        }
        inference.output(0, type, shape == null ? inference.shape(0) : PartialShape.of(Operands.toArray(shape)));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        RandomStream stream = new RandomStream(seed);
        Tensor y = outputs.get(0);
        for (long i = 0; i < y.elementCount(); i++) {
            y.setDouble(
                    i,
                    switch (distribution) {
                        case NORMAL -> first + second * stream.normal();
                        case UNIFORM -> first + (second - (double) first) * stream.uniform();
                    });
        }
    }
}
