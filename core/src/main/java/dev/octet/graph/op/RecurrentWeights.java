package dev.octet.graph.op;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Parameters of one direction of a recurrent operator; the rows of all gates stand one after the other.
///
/// @param input `[gates·hidden][inputs]`
/// @param recurrent `[gates·hidden][hidden]`
/// @param inputBias `[gates·hidden]`
/// @param recurrentBias `[gates·hidden]`
record RecurrentWeights(double[][] input, double[][] recurrent, double[] inputBias, double[] recurrentBias) {
    /// Takes a direction's part of the operands W `[directions, gates·hidden, inputs]`, R `[directions, gates·hidden,
    /// hidden]` and B? `[directions, 2·gates·hidden]`.
    static RecurrentWeights of(List<@Nullable Tensor> inputs, int direction) {
        double[][] input = matrix(Operands.get(inputs, 1), direction);
        double[][] recurrent = matrix(Operands.get(inputs, 2), direction);
        Tensor bias = Operands.find(inputs, 3);
        int rows = recurrent.length;
        return new RecurrentWeights(
                input, recurrent, row(bias, 2L * direction, rows), row(bias, 2L * direction + 1, rows));
    }

    private static double[][] matrix(Tensor tensor, int direction) {
        Shape shape = tensor.shape();
        double[][] matrix = new double[Extents.arrayLength(shape.dim(1))][];
        for (int i = 0; i < matrix.length; i++) {
            matrix[i] = row(tensor, (long) direction * matrix.length + i, Extents.arrayLength(shape.dim(2)));
        }
        return matrix;
    }

    /// A run of elements of a tensor that is cut into runs of that length; zeros if the tensor is absent.
    static double[] row(@Nullable Tensor tensor, long index, int length) {
        double[] row = new double[length];
        if (tensor != null) {
            Elements.read(tensor, index * length, row, length);
        }
        return row;
    }

    /// `W·x + Wb` of all gates.
    double[] ofInput(double[] x) {
        double[] sums = inputBias.clone();
        accumulate(input, 0, x, sums);
        return sums;
    }

    /// `R·h + Rb` of `count` rows from `from` on.
    double[] ofState(double[] h, int from, int count) {
        double[] sums = new double[count];
        System.arraycopy(recurrentBias, from, sums, 0, count);
        accumulate(recurrent, from, h, sums);
        return sums;
    }

    private static void accumulate(double[][] matrix, int from, double[] x, double[] sums) {
        for (int i = 0; i < sums.length; i++) {
            double[] row = matrix[from + i];
            double sum = 0;
            for (int k = 0; k < x.length; k++) {
                sum += row[k] * x[k];
            }
            sums[i] += sum;
        }
    }
}
