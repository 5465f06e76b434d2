package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.quant.FixedPointTable;
import dev.octet.quant.Rounding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Constant scale and zero point of an 8-bit tensor.
record Encoding(DType dtype, float scale, int zeroPoint) {
    /// @param scale index of the operand with the scale; the zero point follows
    /// @param value index of the operand that it encodes; −1 for the result
    static @Nullable Encoding of(Rewriter graph, Node node, int scale, int value) {
        Tensor factor = node.has(scale) ? graph.constant(node.input(scale)) : null;
        Tensor zero = node.has(scale + 1) ? graph.constant(node.input(scale + 1)) : null;
        DType dtype = graph.dtype(value < 0 ? node.output() : node.input(value));
        boolean variable = node.has(scale + 1) && zero == null;
        if (factor == null || factor.elementCount() != 1 || variable || dtype == null || dtype.bits() != 8) {
            return null;
        }
        return new Encoding(dtype, factor.getFloat(0), zero == null ? 0 : zero.getInt(0));
    }

    /// Of a value that has one scale.
    static Encoding of(QuantizedValue value) {
        return new Encoding(value.dtype(), value.scales()[0], value.zeroPoints()[0]);
    }

    int min() {
        return (int) dtype.minValue();
    }

    int max() {
        return (int) dtype.maxValue();
    }

    /// What ReLU or Clip leave of the integers, each bound rounded away from zero.
    int[] limits(Epilogue activation) {
        return switch (activation.function()) {
            case RELU -> new int[] {integer(0), max()};
            case CLIP -> new int[] {integer(activation.alpha()), integer(activation.beta())};
            default -> new int[] {min(), max()};
        };
    }

    /// Whether an activation is none, ReLU or Clip, which [#limits] expresses.
    static boolean limitsOnly(Epilogue activation) {
        UnaryFunction function = activation.function();
        return !activation.isAffine()
                && (function == UnaryFunction.IDENTITY
                        || function == UnaryFunction.RELU
                        || function == UnaryFunction.CLIP);
    }

    private int integer(float real) {
        return (int) Math.clamp(Rounding.HALF_AWAY_FROM_ZERO.round(real / scale) + zeroPoint, min(), max());
    }

    /// Tables of functions from this to another tensor.
    FixedPointTable table(Encoding y, RoundingSteps steps) {
        return new FixedPointTable(scale, zeroPoint, min(), y.scale, y.zeroPoint, y.min(), steps);
    }

    /// A table as a tensor of this type.
    Tensor entries(int[] table) {
        Tensor tensor = Tensor.allocate(dtype, Shape.of(table.length));
        for (int i = 0; i < table.length; i++) {
            tensor.setLong(i, table[i]);
        }
        return tensor;
    }
}
