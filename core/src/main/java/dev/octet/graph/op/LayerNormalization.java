package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Normalizes over the axes from `axis` on: `(x − mean)/√(var + ε)·scale + bias`. Inputs x, scale, bias?; outputs y,
/// mean?, inverse standard deviation?.
public record LayerNormalization(int axis, float epsilon) implements Op {
    public static LayerNormalization of(Attributes attributes) {
        return new LayerNormalization(attributes.getInt("axis", -1), attributes.getFloat("epsilon", 1e-5f));
    }

    @Override
    public String type() {
        return "LayerNormalization";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).put("epsilon", epsilon).build();
    }

    @Override
    public int sinceVersion() {
        return 17;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        Operands.require(inference, 1, "scale", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        inference.output(0, dtype, x);
        PartialShape statistics = x == null ? null : statistics(x);
        inference.output(1, DType.FLOAT32, statistics);
        inference.output(2, DType.FLOAT32, statistics);
        if (x != null) {
            requireBroadcast(inference.shape(1), "scale", x);
            requireBroadcast(inference.has(2) ? inference.shape(2) : null, "bias", x);
        }
    }

    private PartialShape statistics(PartialShape x) {
        PartialShape statistics = x;
        for (int i = Shape.normalizeAxis(axis, x.rank()); i < x.rank(); i++) {
            statistics = statistics.with(i, Dim.of(1));
        }
        return statistics;
    }

    private static void requireBroadcast(@Nullable PartialShape operand, String name, PartialShape x) {
        if (operand == null) {
            return;
        }
        for (int i = 1; i <= operand.rank(); i++) {
            long extent = operand.size(-i);
            boolean fits = i <= x.rank() && (extent == 1 || x.size(-i) < 0 || extent == x.size(-i));
            if (extent >= 0 && !fits) {
                throw Inference.mismatch("shape of " + name, "one that broadcasts to " + x, operand);
            }
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Shape shape = x.shape();
        int rank = shape.rank();
        int from = Shape.normalizeAxis(axis, rank);
        long outer = shape.product(0, from);
        int inner = Extents.arrayLength(shape.product(from, rank));
        Tensor scale = expand(Operands.get(inputs, 1), shape);
        Tensor given = Operands.find(inputs, 2);
        Tensor bias = given == null ? null : expand(given, shape);
        long period = scale.elementCount();
        long biasPeriod = bias == null ? 1 : bias.elementCount();
        for (long o = 0; o < outer; o++) {
            Moments moments = Moments.of(x, o * inner, inner);
            double inverse = 1 / Math.sqrt(moments.variance() + epsilon);
            for (long i = o * inner; i < (o + 1) * inner; i++) {
                double added = bias == null ? 0 : bias.getDouble(i % biasPeriod);
                double normal = (x.getDouble(i) - moments.mean()) * inverse;
                outputs.get(0).setDouble(i, normal * scale.getDouble(i % period) + added);
            }
            if (outputs.size() > 1) {
                outputs.get(1).setDouble(o, moments.mean());
            }
            if (outputs.size() > 2) {
                outputs.get(2).setDouble(o, inverse);
            }
        }
    }

    /// The operand as it is, if it repeats with the normalized axes, else broadcast to all of x.
    private Tensor expand(Tensor operand, Shape shape) {
        int from = Shape.normalizeAxis(axis, shape.rank());
        long[] normalized = Arrays.copyOfRange(shape.dims(), from, shape.rank());
        if (operand.shape().equals(Shape.of(normalized))) {
            return operand;
        }
        Tensor expanded = Tensor.allocate(operand.dtype(), shape);
        new Expand().evaluate(List.of(operand), List.of(expanded));
        return expanded;
    }
}
