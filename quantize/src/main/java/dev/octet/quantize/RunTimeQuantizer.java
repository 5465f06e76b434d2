package dev.octet.quantize;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.DynamicQuantizeLinear;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.quantize.spec.DynamicActivations;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Adds nodes that quantize a value at run time; once for each value.
final class RunTimeQuantizer {
    /// Smallest scale of FBGEMM.
    private static final float SMALLEST_SCALE = 6.1e-5f;

    private final QdqBuilder builder;
    private final DynamicActivations activations;
    private final List<TensorDecision> decisions = new ArrayList<>();
    private final Map<String, Quantized> tensors = new HashMap<>();
    private final Map<String, Quantized> rows = new HashMap<>();
    private final Map<String, Quantized> wholes = new HashMap<>();

    /// Names of a quantized value and its parameters.
    ///
    /// @param scale one number, or one for each row in the shape `[…, 1]`
    record Quantized(String integers, String scale, String zeroPoint, boolean perRow) {}

    RunTimeQuantizer(QdqBuilder builder, DynamicActivations activations) {
        this.builder = builder;
        this.activations = activations;
    }

    /// As the activations of products are quantized.
    Quantized quantize(String value) {
        return activations == DynamicActivations.ROW
                ? rows.computeIfAbsent(value, this::perRow)
                : quantizeTensor(value);
    }

    /// With one scale, as the right operand of a product of activations.
    Quantized quantizeRight(String value) {
        return activations == DynamicActivations.ROW
                ? wholes.computeIfAbsent(value, v -> symmetric(v, new Reduce(ReduceFunction.MAX, false, false)))
                : quantizeTensor(value);
    }

    /// Takes note of a value that is there in integers already, so that products need not quantize it.
    void put(String value, Quantized quantized) {
        tensors.put(value, quantized);
    }

    /// The value in integers with one scale, if it is there.
    Optional<Quantized> find(String value) {
        return Optional.ofNullable(tensors.get(value));
    }

    /// With one scale, for operators that take no other.
    Quantized quantizeTensor(String value) {
        return tensors.computeIfAbsent(
                value, v -> activations == DynamicActivations.TENSOR_7_BIT ? sevenBits(v) : eightBits(v));
    }

    /// How each value was quantized.
    List<TensorDecision> decisions() {
        return decisions;
    }

    private void decided(String value, String integers) {
        decisions.add(new TensorDecision(value, integers, "its range at run time", "read in integers"));
    }

    private Quantized eightBits(String value) {
        decided(value, "UINT8 [0, 255] per tensor");
        String integers = builder.freshName(value + "_quantized");
        String scale = builder.freshName(value + "_scale");
        String zeroPoint = builder.freshName(value + "_zero_point");
        builder.add(
                new Node(
                        builder.freshName(value + "_QuantizeLinear"),
                        new DynamicQuantizeLinear(),
                        List.of(value),
                        List.of(integers, scale, zeroPoint)));
        return new Quantized(integers, scale, zeroPoint, false);
    }

    /// `scale = max((max − min)/127, 6.1e-5)`, `zeroPoint = rne(−min/scale)`, with 0 in the range.
    private Quantized sevenBits(String value) {
        decided(value, "UINT8 [0, 127] per tensor");
        String zero = number("zero", 0);
        String low = add(value, "min", new Reduce(ReduceFunction.MIN, false, false), value);
        String high = add(value, "max", new Reduce(ReduceFunction.MAX, false, false), value);
        low = add(value, "low", new Variadic(VariadicFunction.MIN), low, zero);
        high = add(value, "high", new Variadic(VariadicFunction.MAX), high, zero);
        String width = add(value, "width", new Binary(BinaryFunction.SUB), high, low);
        String scale = add(value, "steps", new Binary(BinaryFunction.DIV), width, number("levels", 127));
        scale = add(value, "scale", new Variadic(VariadicFunction.MAX), scale, number("smallest", SMALLEST_SCALE));
        String below = add(value, "below", new Binary(BinaryFunction.DIV), low, scale);
        String position = add(value, "position", new Binary(BinaryFunction.SUB), zero, below);
        String rounded = add(value, "rounded", new Unary(UnaryFunction.ROUND, 0, 0), position);
        String zeroPoint = add(value, "zero_point", Cast.to(DType.UINT8), rounded);
        String integers = add(value, "quantized", new QuantizeLinear(), value, scale, zeroPoint);
        return new Quantized(integers, scale, zeroPoint, false);
    }

    /// `scale = max|row|/127`; a row of zeros stays zero.
    private Quantized perRow(String value) {
        String last = builder.constant("last_axis", Tensor.vector(-1));
        return symmetric(value, new Reduce(ReduceFunction.MAX, true, false), last);
    }

    private Quantized symmetric(String value, Reduce reduce, String... axes) {
        decided(value, "INT8 [-127, 127] symmetric per " + (axes.length > 0 ? "row" : "tensor"));
        String magnitudes = add(value, "abs", new Unary(UnaryFunction.ABS, 0, 0), value);
        List<String> operands = new ArrayList<>(List.of(magnitudes));
        operands.addAll(List.of(axes));
        String largest = add(value, "largest", reduce, operands.toArray(String[]::new));
        String steps = add(value, "row_steps", new Binary(BinaryFunction.DIV), largest, number("levels", 127));
        String smallest = number("smallest", Float.MIN_NORMAL);
        String scale = add(value, "row_scale", new Variadic(VariadicFunction.MAX), steps, smallest);
        String quotient = add(value, "row_quotient", new Binary(BinaryFunction.DIV), value, scale);
        String rounded = add(value, "row_rounded", new Unary(UnaryFunction.ROUND, 0, 0), quotient);
        String integers = add(value, "row_quantized", Cast.to(DType.INT8), rounded);
        String zero = builder.constant("zero_int8", Tensor.allocate(DType.INT8, Shape.SCALAR));
        return new Quantized(integers, scale, zero, axes.length > 0);
    }

    private String number(String name, float value) {
        return builder.constant(name, Tensor.scalar(value));
    }

    private String add(String value, String name, Op op, String... operands) {
        String result = builder.freshName(value + "_" + name);
        builder.add(new Node(builder.freshName(value + "_" + op.type()), op, List.of(operands), List.of(result)));
        return result;
    }
}
