package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `exp(x − max) / Σ exp(x − max)` along an axis, or its logarithm.
///
/// @param flattened the rule before opset 13: all axes from `axis` on are normalized together
public record Softmax(int axis, boolean log, boolean flattened) implements Op {
    @Override
    public String type() {
        return log ? "LogSoftmax" : "Softmax";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("axis", (long) axis).build();
    }

    @Override
    public int sinceVersion() {
        return flattened ? 1 : 13;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        if (x != null && !(flattened && axis == x.rank())) {
            Shape.normalizeAxis(axis, x.rank());
        }
        inference.output(0, dtype, x);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Shape shape = x.shape();
        int rank = shape.rank();
        int at = flattened && axis == rank ? rank : Shape.normalizeAxis(axis, rank);
        int end = flattened ? rank : at + 1;
        long inner = shape.product(end, rank);
        long extent = shape.product(at, end);
        double[] row = new double[Extents.arrayLength(extent)];
        for (long o = 0; o < shape.product(0, at); o++) {
            for (long i = 0; i < inner; i++) {
                long start = o * extent * inner + i;
                for (int e = 0; e < row.length; e++) {
                    row[e] = x.getDouble(start + e * inner);
                }
                normalize(row);
                for (int e = 0; e < row.length; e++) {
                    outputs.get(0).setDouble(start + e * inner, row[e]);
                }
            }
        }
    }

    private void normalize(double[] row) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : row) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            row[i] -= max;
            double power = Math.exp(row[i]);
            sum += power;
            row[i] = log ? row[i] : power;
        }
        double logarithm = Math.log(sum);
        for (int i = 0; i < row.length; i++) {
            row[i] = log ? row[i] - logarithm : row[i] / sum;
        }
    }
}
