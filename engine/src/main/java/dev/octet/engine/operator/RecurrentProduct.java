package dev.octet.engine.operator;

import dev.octet.engine.operator.RecurrentProgram.Part;
import dev.octet.engine.operator.RecurrentProgram.Place;
import dev.octet.engine.operator.RecurrentProgram.Slice;
import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Products of one direction of a recurrent node in FLOAT32: of its constant weights W `[directions, rows, inputs]` and
/// R `[directions, rows, hidden]`, with biases `[directions, 2·rows]` of both.
///
/// @param rows of W and of R: the hidden elements of all gates
record RecurrentProduct(Site site, int direction, int rows) {
    /// Elements of a constant from `first` on. A whole one stays the same tensor.
    static Tensor slice(Tensor tensor, long first, Shape shape) {
        if (tensor.elementCount() == shape.elementCount()) {
            return tensor;
        }
        long bytes = tensor.dtype().bytes(1);
        return Tensor.wrap(tensor.dtype(), shape, tensor.data().asSlice(first * bytes, shape.elementCount() * bytes));
    }

    /// Rows of the weights of an input.
    private Tensor weights(int input, int first, int count) {
        Tensor all = Objects.requireNonNull(site.constant(input));
        long columns = all.shape().dim(2);
        return slice(all, ((long) direction * rows + first) * columns, Shape.of(count, columns));
    }

    /// Rows of the biases, of x or of the state, or of both together; null if there are none.
    private float @Nullable [] biases(int first, int count, boolean input, boolean state) {
        Tensor all = site.constant(3);
        if (all == null) {
            return null;
        }
        float[] biases = new float[count];
        long ofInput = 2L * direction * rows + first;
        for (int i = 0; i < count; i++) {
            float sum = input ? all.getFloat(ofInput + i) : 0;
            biases[i] = state ? sum + all.getFloat(ofInput + rows + i) : sum;
        }
        return biases;
    }

    /// `x·Wᵀ` and biases for all steps: `[steps·batch, rows]`.
    ///
    /// @param count rows of x
    /// @param both whether the biases of R are added, too; else [#ofState] adds them
    List<Part> ofInput(int count, boolean both, Slice to) {
        Tensor weights = weights(1, 0, rows);
        int inputs = (int) site.shape(0).dim(2);
        Slice x = Slice.of(Place.INPUT, 0, 4 * site.shape(0).elementCount());
        return List.of(part(count, rows, inputs, weights, biases(0, rows, true, both), x, List.of(), to));
    }

    /// Some rows of `h·Rᵀ`, with their biases if wanted: `[batch, count]`.
    ///
    /// @param residual what is added, if anything is
    Part ofState(int first, int count, boolean biased, int batch, Slice h, List<Slice> residual, Slice to) {
        float[] biases = biased ? biases(first, count, false, true) : null;
        int hidden = (int) site.outputShape().dim(3);
        return part(batch, count, hidden, weights(2, first, count), biases, h, residual, to);
    }

    private static Part part(
            int m, int n, int k, Tensor weights, float @Nullable [] biases, Slice a, List<Slice> residual, Slice to) {
        MatMulGeometry geometry = new MatMulGeometry(m, n, k, new long[1], new long[1], false, true);
        Tensor bias = biases == null ? null : Tensor.of(Shape.of(n), biases);
        List<Slice> inputs = new ArrayList<>(List.of(a));
        inputs.addAll(residual);
        return new Part(
                new KernelSpec.MatMul(geometry, weights, 1, bias, !residual.isEmpty(), Epilogue.NONE),
                inputs,
                List.of(to));
    }
}
