package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// ONNX Runtime's [Lstm] with weights in 8 bits: before each product its other operand is rounded to UINT8 by the range
/// that it has, as [DynamicQuantizeLinear] does. That operand is x as a whole, and each sample's hidden state at each
/// step; ONNX Runtime takes the states of several samples together.
///
/// Inputs x, W `[directions, inputs, 4·hidden]`, R `[directions, hidden, 4·hidden]`, B?, sequence lengths?, initial h?,
/// initial c?, peepholes?, then scale and zero point? of W and of R, each `[directions]` or `[directions, 4·hidden]`.
/// Outputs as those of [Lstm].
public record DynamicQuantizeLstm(Lstm lstm) implements Op {
    /// Index of the scale of W; its zero point, and those of R, follow.
    public static final int SCALES = 8;

    private static final int FLOAT_INPUTS = 8;

    public static DynamicQuantizeLstm of(Attributes attributes) {
        return new DynamicQuantizeLstm(Lstm.of(attributes));
    }

    @Override
    public String type() {
        return "DynamicQuantizeLSTM";
    }

    @Override
    public String domain() {
        return "com.microsoft";
    }

    @Override
    public Attributes attributes() {
        return lstm.attributes();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "X", EnumSet.of(DType.FLOAT32));
        PartialShape w = requireWeights(inference, 1, "W", SCALES);
        PartialShape r = requireWeights(inference, 2, "R", SCALES + 2);
        Recurrence.infer(inference, lstm.options(), 4, 2, transposed(w), transposed(r));
        Recurrence.requirePeepholes(inference, Lstm.PEEPHOLES, lstm.options(), r.dim(1), 3);
    }

    private static PartialShape transposed(PartialShape shape) {
        return new PartialShape(List.of(shape.dim(0), shape.dim(2), shape.dim(1)));
    }

    private static PartialShape requireWeights(Inference inference, int input, String name, int scale) {
        DType dtype = Operands.require(inference, input, name, EnumSet.of(DType.INT8, DType.UINT8));
        PartialShape shape = inference.shape(input);
        if (shape == null) {
            shape = PartialShape.ofRank(3);
        }
        if (shape.rank() != 3) {
            throw Inference.mismatch("rank of " + name, 3, shape.rank());
        }
        Operands.require(inference, scale, "scale of " + name, EnumSet.of(DType.FLOAT32));
        requireParameters(inference.shape(scale), shape, "scale of " + name);
        if (inference.has(scale + 1)) {
            Operands.requireSame(inference, scale + 1, "zero point of " + name, dtype);
            requireParameters(inference.shape(scale + 1), shape, "zero point of " + name);
        }
        return shape;
    }

    private static void requireParameters(@Nullable PartialShape found, PartialShape weights, String name) {
        if (found == null) {
            return;
        }
        if (found.rank() != 1 && found.rank() != 2) {
            throw Inference.mismatch("rank of " + name, "1 or 2", found.rank());
        }
        Extents.unify(weights.dim(0), found.dim(0), "directions of " + name);
        if (found.rank() == 2) {
            Extents.unify(weights.dim(2), found.dim(1), "columns of " + name);
        }
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofSteps(operands, results);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        List<@Nullable Tensor> real = new ArrayList<>();
        for (int i = 0; i < Math.min(FLOAT_INPUTS, inputs.size()); i++) {
            real.add(inputs.get(i));
        }
        Tensor x = Operands.get(inputs, 0);
        Tensor rounded = Tensor.allocate(DType.FLOAT32, x.shape());
        double[] values = new double[Extents.arrayLength(x.elementCount())];
        Elements.read(x, 0, values, values.length);
        Elements.write(rounded(values), rounded, 0, values.length);
        real.set(0, rounded);
        real.set(1, weights(inputs, 1, SCALES));
        real.set(2, weights(inputs, 2, SCALES + 2));
        lstm.evaluate(real, outputs, DynamicQuantizeLstm::rounded);
    }

    /// Values as 8 bits represent them, by the range that they have.
    private static double[] rounded(double[] values) {
        Tensor real = Tensor.allocate(DType.FLOAT32, Shape.of(values.length));
        Tensor codes = Tensor.allocate(DType.UINT8, real.shape());
        Tensor scale = Tensor.allocate(DType.FLOAT32, Shape.SCALAR);
        Tensor zeroPoint = Tensor.allocate(DType.UINT8, Shape.SCALAR);
        Elements.write(values, real, 0, values.length);
        new DynamicQuantizeLinear().evaluate(List.of(real), List.of(codes, scale, zeroPoint));
        double[] rounded = new double[values.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (double) (codes.getLong(i) - zeroPoint.getLong(0)) * scale.getFloat(0);
        }
        return rounded;
    }

    /// Weights as [Lstm] wants them: `[directions, 4·hidden, inputs]` in FLOAT32.
    private static Tensor weights(List<@Nullable Tensor> inputs, int input, int scale) {
        Tensor codes = Operands.get(inputs, input);
        Tensor scales = Operands.get(inputs, scale);
        Tensor zeroPoints = Operands.find(inputs, scale + 1);
        long directions = codes.shape().dim(0);
        long rows = codes.shape().dim(1);
        long columns = codes.shape().dim(2);
        Tensor real = Tensor.allocate(DType.FLOAT32, Shape.of(directions, columns, rows));
        for (long d = 0; d < directions; d++) {
            for (long column = 0; column < columns; column++) {
                float factor = scales.getFloat(parameter(scales, d, column, columns));
                long zero = zeroPoints == null ? 0 : zeroPoints.getLong(parameter(zeroPoints, d, column, columns));
                for (long row = 0; row < rows; row++) {
                    long code = codes.getLong((d * rows + row) * columns + column) - zero;
                    real.setFloat((d * columns + column) * rows + row, code * factor);
                }
            }
        }
        return real;
    }

    private static long parameter(Tensor parameters, long direction, long column, long columns) {
        return parameters.shape().rank() == 1 ? direction : direction * columns + column;
    }
}
