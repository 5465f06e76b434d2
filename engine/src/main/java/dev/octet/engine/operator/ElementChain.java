package dev.octet.engine.operator;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.ChainOperand;
import dev.octet.kernels.Layout;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Element-wise nodes as one kernel: functions of FLOAT32, and quantization and dequantization with one scale.
final class ElementChain {
    /// Operands beyond which a chain is not worth the registers.
    private static final int MOST_OPERANDS = 8;

    private final Values values;
    private final Layout layout;
    private final Shape shape;
    private final Map<String, Value> known = new HashMap<>();
    private final List<ChainOperand> operands = new ArrayList<>();
    private final List<String> inputs = new ArrayList<>();
    private final FormulaBuilder formula;

    private ElementChain(Values values, Layout layout, Shape shape, int inputs) {
        this.values = values;
        this.layout = layout;
        this.shape = shape;
        this.formula = new FormulaBuilder(inputs);
    }

    /// Whether a node can be part of a chain.
    static boolean isElement(Node node, Values values) {
        if (node.outputs().size() != 1 || !hasFixedType(values, node.output()) || !isFloat(values, node)) {
            return false;
        }
        return switch (node.op()) {
            case Unary _, Clip _ -> function(node, values).isPresent();
            case Binary op -> isElement(op.function()) || isPower(node, op, values);
            case Variadic op -> op.function() == VariadicFunction.SUM;
            case QuantizeLinear op -> op.blockSize() == 0 && hasOneScale(node, values);
            case DequantizeLinear op -> op.blockSize() == 0 && hasOneScale(node, values) && isExact(node, values);
            case Cast _ -> true;
            default -> false;
        };
    }

    private static boolean hasFixedType(Values values, String value) {
        TypeInfo type = values.type(value);
        return type != null && type.isFixed();
    }

    /// Whether all that a node computes with is FLOAT32, but for what it quantizes to or from.
    private static boolean isFloat(Values values, Node node) {
        boolean quantizes = node.op() instanceof QuantizeLinear;
        boolean fromIntegers = node.op() instanceof DequantizeLinear || node.op() instanceof Cast;
        DType output = Site.type(values, node.output()).dtype();
        if (quantizes ? !Site.isByte(output) : output != DType.FLOAT32) {
            return false;
        }
        int computed = quantizes || fromIntegers ? 1 : node.inputs().size();
        for (int i = 0; i < computed; i++) {
            String input = node.input(i);
            if (!input.isEmpty() && !hasFixedType(values, input)) {
                return false;
            }
            DType dtype = input.isEmpty() ? DType.FLOAT32 : Site.type(values, input).dtype();
            if (fromIntegers ? !Site.isByte(dtype) && dtype != DType.INT32 : dtype != DType.FLOAT32) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Formula> function(Node node, Values values) {
        Epilogue function = EpilogueChain.function(node, values::constant);
        return function == null ? Optional.empty() : function.formula();
    }

    private static boolean isElement(BinaryFunction function) {
        return switch (function) {
            case ADD, SUB, MUL, DIV -> true;
            default -> false;
        };
    }

    /// A square or a root.
    private static boolean isPower(Node node, Binary op, Values values) {
        Float exponent = op.function() == BinaryFunction.POW ? number(values, node.input(1)) : null;
        return exponent != null && (exponent == 2 || exponent == 0.5f);
    }

    private static @Nullable Float number(Values values, String value) {
        Tensor constant = values.constant(value);
        return constant == null || constant.elementCount() != 1 || constant.dtype() != DType.FLOAT32
                ? null
                : constant.getFloat(0);
    }

    private static boolean hasOneScale(Node node, Values values) {
        Tensor zeroPoint = node.has(2) ? values.constant(node.input(2)) : null;
        return number(values, node.input(1)) != null
                && (!node.has(2) || zeroPoint != null && zeroPoint.elementCount() == 1);
    }

    /// Whether the zero point may be subtracted in float.
    private static boolean isExact(Node node, Values values) {
        return Site.isByte(Site.type(values, node.input(0)).dtype()) || zeroPoint(node, values) == 0;
    }

    private static float zeroPoint(Node node, Values values) {
        Tensor zeroPoint = node.has(2) ? values.constant(node.input(2)) : null;
        return zeroPoint == null ? 0 : zeroPoint.getInt(0);
    }

    /// The kernel of nodes that a [ChainMatcher] found; null if it would need too many operands.
    static @Nullable Lowered lower(Node head, List<Node> after, Values values, Layout layout) {
        List<Node> nodes = new ArrayList<>();
        nodes.add(head);
        nodes.addAll(after);
        // The first pass counts the operands, which a formula has to know before it starts.
        ElementChain counting = new ElementChain(values, layout, Site.shape(values, head.output()), MOST_OPERANDS);
        if (!counting.addAll(nodes)) {
            return null;
        }
        ElementChain chain =
                new ElementChain(values, layout, Site.shape(values, head.output()), counting.operands.size());
        chain.addAll(nodes);
        return chain.lowered(nodes.getLast());
    }

    private Lowered lowered(Node last) {
        Value result = Objects.requireNonNull(known.get(last.output()));
        KernelSpec spec =
                new KernelSpec.Chain(
                        formula.build(result),
                        layout.stored(shape),
                        operands,
                        List.of(Site.type(values, last.output()).dtype()));
        return new Lowered(spec, inputs);
    }

    /// Whether there were few enough operands.
    private boolean addAll(List<Node> nodes) {
        for (Node node : nodes) {
            Value value = value(node);
            if (value == null) {
                return false;
            }
            known.put(node.output(), value);
        }
        return true;
    }

    private @Nullable Value value(Node node) {
        Value x = operand(node.input(0));
        if (x == null) {
            return null;
        }
        return switch (node.op()) {
            case Unary _, Clip _ -> formula.apply(function(node, values).orElseThrow(), x).get(0);
            case Binary op when op.function() == BinaryFunction.POW ->
                    isPower(node, op, values) && Objects.equals(number(values, node.input(1)), 2f)
                            ? formula.multiply(x, x)
                            : formula.squareRoot(x);
            case Binary op -> combine(op.function(), x, operand(node.input(1)));
            case Variadic _ -> sum(x, node);
            case QuantizeLinear _ -> quantize(node, x);
            case DequantizeLinear _ -> dequantize(node, x);
            case Cast _ -> x;
            default -> throw new IllegalStateException(node.op().type() + " is no part of a chain");
        };
    }

    private @Nullable Value combine(BinaryFunction function, Value a, @Nullable Value b) {
        if (b == null) {
            return null;
        }
        return switch (function) {
            case ADD -> formula.add(a, b);
            case SUB -> formula.subtract(a, b);
            case MUL -> formula.multiply(a, b);
            case DIV -> formula.divide(a, b);
            default -> throw new IllegalStateException(function + " is no part of a chain");
        };
    }

    private @Nullable Value sum(Value first, Node node) {
        Value sum = first;
        for (int i = 1; i < node.inputs().size() && sum != null; i++) {
            sum = combine(BinaryFunction.ADD, sum, operand(node.input(i)));
        }
        return sum;
    }

    private @Nullable Value quantize(Node node, Value x) {
        Value scale = constant(Tensor.scalar(Objects.requireNonNull(number(values, node.input(1)))));
        Value zeroPoint = constant(Tensor.scalar(zeroPoint(node, values)));
        return scale == null || zeroPoint == null
                ? null
                : formula.add(formula.round(formula.divide(x, scale)), zeroPoint);
    }

    private @Nullable Value dequantize(Node node, Value x) {
        Value scale = constant(Tensor.scalar(Objects.requireNonNull(number(values, node.input(1)))));
        Value zeroPoint = constant(Tensor.scalar(zeroPoint(node, values)));
        return scale == null || zeroPoint == null ? null : formula.multiply(formula.subtract(x, zeroPoint), scale);
    }

    /// A number that layers have of their own, so that they share code.
    private @Nullable Value constant(Tensor number) {
        return operands.size() == MOST_OPERANDS ? null : add(ChainOperand.constant(number));
    }

    private Value add(ChainOperand operand) {
        operands.add(operand);
        return formula.input(operands.size() - 1);
    }

    /// A value from within the chain or from outside.
    private @Nullable Value operand(String name) {
        Value before = known.get(name);
        if (before != null) {
            return before;
        }
        Float number = number(values, name);
        if (number != null) {
            return formula.constant(number);
        }
        if (operands.size() == MOST_OPERANDS) {
            return null;
        }
        Shape stored = layout.stored(Site.withRank(Site.shape(values, name), shape.rank()));
        Value value = add(ChainOperand.of(Site.type(values, name).dtype(), stored));
        inputs.add(name);
        known.put(name, value);
        return value;
    }
}
