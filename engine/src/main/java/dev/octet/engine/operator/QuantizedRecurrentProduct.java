package dev.octet.engine.operator;

import dev.octet.engine.operator.RecurrentProgram.Part;
import dev.octet.engine.operator.RecurrentProgram.Place;
import dev.octet.engine.operator.RecurrentProgram.Slice;
import dev.octet.graph.op.DynamicQuantizeLstm;
import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Products of one direction of a [DynamicQuantizeLstm]: of operands that are rounded to 8 bits as they come, and of
/// its constant weights W `[directions, inputs, columns]` and R `[directions, hidden, columns]`.
///
/// @param columns the hidden elements of all gates
record QuantizedRecurrentProduct(Site site, int direction, int columns) {
    /// Memory that products share.
    ///
    /// @param codes of the operand, and how they are scaled
    record Rounded(Slice codes, Slice scale, Slice zeroPoint) {}

    /// `x·W` and all biases: `[steps·batch, columns]`.
    ///
    /// @param count rows of x
    List<Part> ofInput(int count, Rounded rounded, Slice to) {
        int inputs = (int) site.shape(0).dim(2);
        Slice x = Slice.of(Place.INPUT, 0, 4L * count * inputs);
        return parts(quantizer(count, inputs), product(1, count, inputs, biases()), x, rounded, to);
    }

    /// `h·R` of each sample: `[batch, columns]`.
    ///
    /// @param h states of the samples
    List<List<Part>> ofStates(List<Slice> h, Rounded rounded, Slice to) {
        int hidden = (int) site.outputShape().dim(3);
        KernelSpec quantizer = quantizer(1, hidden);
        KernelSpec product = product(2, 1, hidden, null);
        List<List<Part>> all = new ArrayList<>();
        for (Slice state : h) {
            Slice own = Slice.scratch(to.offset() + 4L * all.size() * columns, 4L * columns);
            all.add(parts(quantizer, product, state, rounded, own));
        }
        return all;
    }

    private static List<Part> parts(KernelSpec quantizer, KernelSpec product, Slice a, Rounded rounded, Slice to) {
        return List.of(
                new Part(quantizer, List.of(a), List.of(rounded.codes, rounded.scale, rounded.zeroPoint)),
                new Part(product, List.of(rounded.codes, rounded.zeroPoint, rounded.scale), List.of(to)));
    }

    private static KernelSpec quantizer(int m, int k) {
        return new KernelSpec.DynamicQuantize((long) m * k);
    }

    private float @Nullable [] biases() {
        Tensor all = site.constant(3);
        if (all == null) {
            return null;
        }
        float[] biases = new float[columns];
        for (int i = 0; i < columns; i++) {
            long first = 2L * direction * columns + i;
            biases[i] = all.getFloat(first) + all.getFloat(first + columns);
        }
        return biases;
    }

    /// @param input index of the weights
    @SuppressWarnings("NullAway") // It does not see that another module's array may be null.
    private KernelSpec product(int input, int m, int k, float @Nullable [] biases) {
        Tensor all = Objects.requireNonNull(site.constant(input));
        int scales = DynamicQuantizeLstm.SCALES + 2 * (input - 1);
        Tensor weights = RecurrentProduct.slice(all, (long) direction * k * columns, Shape.of(k, columns));
        OutputStage stage = new OutputStage.Rescale(parameters(scales), biases, Epilogue.NONE);
        return new KernelSpec.IntegerMatMul(
                MatMulGeometry.of(m, columns, k),
                DType.UINT8,
                weights.dtype(),
                weights,
                null,
                zeroPoints(scales + 1),
                null,
                stage);
    }

    /// Scales of this direction, one or one per column.
    private float[] parameters(int input) {
        Tensor all = Objects.requireNonNull(site.constant(input));
        return own(all).toFloatArray();
    }

    private int[] zeroPoints(int input) {
        Tensor all = site.constant(input);
        return all == null ? new int[1] : own(all).toIntArray();
    }

    private Tensor own(Tensor all) {
        long count = all.shape().rank() == 1 ? 1 : columns;
        return RecurrentProduct.slice(all, direction * count, Shape.of(count));
    }
}
