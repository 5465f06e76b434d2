package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Draws classes. Input: logarithms of the classes' probabilities up to a constant, `[batch, classes]`; output `[batch,
/// samples]`. See [RandomStream].
///
/// @param seed null for fresh numbers at each evaluation
public record Multinomial(DType dtype, int samples, @Nullable Float seed) implements Op {
    public Multinomial {
        if (samples < 0) {
            throw Inference.mismatch("attribute sample_size", "at least 0", samples);
        }
        if (!Operands.INDEX.contains(dtype)) {
            throw Inference.mismatch("attribute dtype", Operands.INDEX, dtype);
        }
    }

    public static Multinomial of(Attributes attributes) {
        return new Multinomial(
                OnnxTypes.dtype(attributes.getInt("dtype", 6L)),
                attributes.getInt("sample_size", 1),
                RandomStream.seed(attributes));
    }

    @Override
    public String type() {
        return "Multinomial";
    }

    @Override
    public Attributes attributes() {
        Attributes.Builder builder =
                Attributes.builder().put("dtype", OnnxTypes.code(dtype)).put("sample_size", (long) samples);
        RandomStream.putSeed(builder, seed);
        return builder.build();
    }

    @Override
    public int sinceVersion() {
        return 7;
    }

    @Override
    public boolean isDeterministic() {
        return seed != null;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "logarithms", Operands.FLOATING);
        Operands.requireRank(inference, 0, "logarithms", 2);
        PartialShape x = inference.shape(0);
        if (x != null && x.size(1) == 0) {
            throw Inference.mismatch("classes", "at least 1", 0);
        }
        Dim batch = x == null ? Dim.UNKNOWN : x.dim(0);
        inference.output(0, dtype, new PartialShape(List.of(batch, Dim.of(samples))));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        RandomStream stream = new RandomStream(seed);
        double[] row = new double[Extents.arrayLength(x.shape().dim(1))];
        for (long batch = 0; batch < x.shape().dim(0); batch++) {
            Elements.read(x, batch * row.length, row, row.length);
            double largest = Double.NEGATIVE_INFINITY;
            for (double logarithm : row) {
                largest = Math.max(largest, logarithm);
            }
            // Running sums of the probabilities, none of which overflows.
            double sum = 0;
            for (int i = 0; i < row.length; i++) {
                sum += Math.exp(row[i] - largest);
                row[i] = sum;
            }
            for (long sample = 0; sample < samples; sample++) {
                double drawn = stream.uniform() * sum;
                int chosen = 0;
                while (chosen < row.length - 1 && row[chosen] <= drawn) {
                    chosen++;
                }
                outputs.get(0).setLong(batch * samples + sample, chosen);
            }
        }
    }
}
