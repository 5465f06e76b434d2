package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Determinants of square matrices `[…, n, n]`.
public record Det() implements Op {
    public static Det of(Attributes attributes) {
        return new Det();
    }

    @Override
    public String type() {
        return "Det";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        if (x == null) {
            inference.output(0, dtype, null);
            return;
        }
        if (x.rank() < 2) {
            throw Inference.mismatch("rank of x", "at least 2", x.rank());
        }
        Extents.unify(x.dim(-2), x.dim(-1), "columns of x");
        inference.output(0, dtype, new PartialShape(x.dims().subList(0, x.rank() - 2)));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        Shape x = Work.shape(operands, 0);
        return Work.ofElements(operands, results) + (double) x.elementCount() * x.dim(-1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        int n = Extents.arrayLength(x.shape().dim(x.shape().rank() - 1));
        double[][] rows = new double[n][n];
        for (long i = 0; i < y.elementCount(); i++) {
            for (int row = 0; row < n; row++) {
                Elements.read(x, (i * n + row) * n, rows[row], n);
            }
            y.setDouble(i, determinant(rows, y));
        }
    }

    /// By elimination with the largest pivot of a column.
    ///
    /// @param result for whom it is done
    private static double determinant(double[][] rows, Tensor result) {
        double determinant = 1;
        for (int column = 0; column < rows.length; column++) {
            result.requireAlive();
            int pivot = column;
            for (int row = column + 1; row < rows.length; row++) {
                pivot = Math.abs(rows[row][column]) > Math.abs(rows[pivot][column]) ? row : pivot;
            }
            double[] top = rows[pivot];
            rows[pivot] = rows[column];
            rows[column] = top;
            determinant *= pivot == column ? top[column] : -top[column];
            if (top[column] == 0) {
                return 0;
            }
            for (int row = column + 1; row < rows.length; row++) {
                double factor = rows[row][column] / top[column];
                for (int i = column + 1; i < rows.length; i++) {
                    rows[row][i] -= factor * top[i];
                }
            }
        }
        return determinant;
    }
}
