package dev.octet.quantize;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;

/// Weights brought to the form that integer operators take.
final class WeightTensors {
    private WeightTensors() {}

    static Tensor scaled(Tensor values, float factor) {
        if (factor == 1) {
            return values;
        }
        Tensor scaled = Tensor.allocate(values.dtype(), values.shape());
        for (long i = 0; i < values.elementCount(); i++) {
            scaled.setFloat(i, values.getFloat(i) * factor);
        }
        return scaled;
    }

    /// A matrix with rows and columns exchanged.
    static Tensor transposed(Tensor matrix) {
        long rows = matrix.shape().dim(0);
        long columns = matrix.shape().dim(1);
        Tensor transposed = Tensor.allocate(matrix.dtype(), Shape.of(columns, rows));
        for (long r = 0; r < rows; r++) {
            for (long c = 0; c < columns; c++) {
                transposed.setFloat(c * rows + r, matrix.getFloat(r * columns + c));
            }
        }
        return transposed;
    }
}
