package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where the elements are that are not zero: INT64 `[rank, n]`, a column for each, in row-major order.
public record NonZero() implements Op {
    public static NonZero of(Attributes attributes) {
        return new NonZero();
    }

    @Override
    public String type() {
        return "NonZero";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        PartialShape x = inference.shape(0);
        Tensor constant = inference.constant(0);
        inference.output(
                0,
                DType.INT64,
                new PartialShape(
                        List.of(
                                x == null ? Dim.UNKNOWN : Dim.of(x.rank()),
                                constant == null ? Dim.UNKNOWN : Dim.of(count(constant)))));
    }

    private static long count(Tensor x) {
        long count = 0;
        for (long i = 0; i < x.elementCount(); i++) {
            count += x.getDouble(i) != 0 ? 1 : 0;
        }
        return count;
    }

    @Override
    public double inferenceWork(List<@Nullable Shape> operands) {
        return Work.ofElements(operands, List.of());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        long columns = y.shape().dim(1);
        long[] strides = x.shape().strides();
        long column = 0;
        for (long i = 0; i < x.elementCount(); i++) {
            if (x.getDouble(i) != 0) {
                for (int axis = 0; axis < strides.length; axis++) {
                    y.setLong(axis * columns + column, i / strides[axis] % x.shape().dim(axis));
                }
                column++;
            }
        }
    }
}
