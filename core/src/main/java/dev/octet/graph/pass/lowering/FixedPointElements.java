package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.IntegerAveragePool;
import dev.octet.graph.op.IntegerBinary;
import dev.octet.graph.op.IntegerMean;
import dev.octet.graph.op.IntegerSoftmax;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.TableLookup;
import dev.octet.quant.FixedPointBinary;
import dev.octet.quant.FixedPointLogSoftmax;
import dev.octet.quant.FixedPointMultiplier;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.quant.FixedPointProduct;
import dev.octet.quant.FixedPointSoftmax;
import dev.octet.quant.FixedPointSum;
import dev.octet.quant.FixedPointTable;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Integer-only forms of what takes elements by themselves, of poolings, and of Softmax.
final class FixedPointElements {
    private static final float SOFTMAX_SCALE = 1f / 256;
    private static final float LOG_SOFTMAX_SCALE = 16f / 256;

    private final Rewriter graph;
    private final RoundingSteps steps;

    FixedPointElements(Rewriter graph, RoundingSteps steps) {
        this.graph = graph;
        this.steps = steps;
    }

    void binary(Node node, QLinearBinary op) {
        Encoding a = Encoding.of(graph, node, 1, 0);
        Encoding b = Encoding.of(graph, node, 4, 3);
        Encoding y = Encoding.of(graph, node, 6, -1);
        if (a == null || b == null || y == null || !Encoding.limitsOnly(op.epilogue())) {
            return;
        }
        int[] range = y.limits(op.epilogue());
        FixedPointBinary function = op.function() == BinaryFunction.ADD ? sum(a, b, y, range) : product(a, b, y, range);
        replace(node, new IntegerBinary(function, y.dtype()), node.input(0), node.input(3));
    }

    /// A subtraction between dequantizers and a quantizer.
    void difference(Node node) {
        QuantizedValue a = operand(node, 0);
        QuantizedValue b = operand(node, 1);
        Tail tail = Tail.of(graph, node.output(), Forms.ALL);
        if (a != null && b != null && tail.quantizer() != null && Encoding.limitsOnly(tail.activation())) {
            Encoding y = Encoding.of(tail.quantizer());
            FixedPointSum sum = sum(Encoding.of(a), Encoding.of(b), y, y.limits(tail.activation()));
            join(node, new IntegerBinary(sum.subtracting(), y.dtype()), tail, a, b);
        }
    }

    private FixedPointSum sum(Encoding a, Encoding b, Encoding y, int[] range) {
        return FixedPointSum.of(
                a.scale(),
                a.zeroPoint(),
                b.scale(),
                b.zeroPoint(),
                y.scale(),
                y.zeroPoint(),
                range[0],
                range[1],
                steps);
    }

    private FixedPointBinary product(Encoding a, Encoding b, Encoding y, int[] range) {
        FixedPointMultiplier multiplier = FixedPointMultiplier.of((double) a.scale() * b.scale() / y.scale(), steps);
        return new FixedPointProduct(a.zeroPoint(), b.zeroPoint(), multiplier, y.zeroPoint(), range[0], range[1]);
    }

    void unary(Node node, QLinearUnary op) {
        Encoding x = Encoding.of(graph, node, 1, 0);
        Encoding y = Encoding.of(graph, node, 3, -1);
        if (x != null && y != null) {
            int[] table = table(op, x, y);
            String entries = graph.addConstant(node.name() + "_table", y.entries(table));
            replace(node, new TableLookup(), node.input(0), entries);
        }
    }

    private int[] table(QLinearUnary op, Encoding x, Encoding y) {
        FixedPointTable tables = x.table(y, steps);
        // TFLite divides in float for ReLU, in double where only parameters change.
        int[] range = y.limits(new Epilogue(op.function(), op.alpha(), op.beta()));
        return switch (op.function()) {
            case IDENTITY -> tables.requantize((double) x.scale() / y.scale(), y.min(), y.max());
            case RELU, CLIP -> tables.requantize(x.scale() / y.scale(), range[0], range[1]);
            case LEAKY_RELU -> tables.leakyRelu(op.alpha());
            case SIGMOID -> tables.logistic().orElseGet(() -> rounded(op, tables));
            case TANH -> tables.tanh().orElseGet(() -> rounded(op, tables));
            case HARD_SWISH -> tables.hardSwish().orElseGet(() -> rounded(op, tables));
            default -> rounded(op, tables);
        };
    }

    private static int[] rounded(QLinearUnary op, FixedPointTable tables) {
        return tables.of(real -> op.function().apply(real, op.alpha(), op.beta()));
    }

    void mean(Node node) {
        Encoding x = Encoding.of(graph, node, 1, 0);
        Encoding y = Encoding.of(graph, node, 3, -1);
        if (x != null && y != null) {
            double ratio = (double) x.scale() / y.scale();
            replace(node, new IntegerMean(ratio, x.zeroPoint(), y.zeroPoint(), y.dtype(), steps), node.input(0));
        }
    }

    /// An average of operands and results with the same parameters, in which padding does not count.
    void averagePool(Node node, Pool op) {
        boolean padded = op.countIncludePad() && op.window().pads().stream().anyMatch(p -> p > 0);
        QuantizedValue x = operand(node, 0);
        Tail tail = Tail.of(graph, node.output(), Forms.ALL);
        QuantizedValue y = tail.quantizer();
        if (op.function() != PoolFunction.AVERAGE || padded || x == null || y == null || !x.hasSameParams(y)) {
            return;
        }
        if (Encoding.limitsOnly(tail.activation())) {
            int[] range = Encoding.of(y).limits(tail.activation());
            Pool counted = new Pool(op.function(), op.window(), op.ceilMode(), false, op.columnMajorIndices(), op.p());
            join(node, new IntegerAveragePool(counted, range[0], range[1]), tail, x);
        }
    }

    void softmax(Node node, Softmax op) {
        QuantizedValue x = operand(node, 0);
        Tail tail = Tail.of(graph, node.output(), Forms.ONNX_RUNTIME);
        QuantizedValue y = tail.quantizer();
        if (x == null || y == null || !isAlongOneAxis(node, op) || x.dtype() != y.dtype()) {
            return;
        }
        int min = (int) y.dtype().minValue();
        float scale = x.scales()[0];
        if (!op.log() && y.scales()[0] == SOFTMAX_SCALE && y.zeroPoints()[0] == min) {
            join(node, new IntegerSoftmax(op.axis(), FixedPointSoftmax.of(scale, min, steps)), tail, x);
        } else if (op.log() && y.scales()[0] == LOG_SOFTMAX_SCALE && y.zeroPoints()[0] == y.dtype().maxValue()) {
            join(node, new IntegerSoftmax(op.axis(), FixedPointLogSoftmax.of(scale, min, steps)), tail, x);
        }
    }

    private boolean isAlongOneAxis(Node node, Softmax op) {
        int rank = graph.rank(node.input(0));
        return !op.flattened() || (rank > 0 && Shape.normalizeAxis(op.axis(), rank) == rank - 1);
    }

    private @Nullable QuantizedValue operand(Node node, int index) {
        QuantizedValue x = QuantizedValue.dequantized(graph, node.input(index));
        return x != null && x.isActivation() && node.outputs().size() == 1 ? x : null;
    }

    /// Puts one integer operator in the place of a float one and what is behind it.
    private void join(Node node, Op op, Tail tail, QuantizedValue... operands) {
        List<Node> old = new ArrayList<>(tail.absorbed());
        old.add(node);
        List<String> inputs = Arrays.stream(operands).map(QuantizedValue::integers).toList();
        graph.replace(old, new Node(node.name(), op, inputs, List.of(tail.value()), node.metadata()));
    }

    private void replace(Node node, Op op, String... operands) {
        graph.replace(List.of(node), new Node(node.name(), op, List.of(operands), node.outputs(), node.metadata()));
    }
}
