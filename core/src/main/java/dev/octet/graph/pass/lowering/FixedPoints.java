package dev.octet.graph.pass.lowering;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.ConvTransposeInteger;
import dev.octet.graph.op.IntegerRequantize;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearConcat;
import dev.octet.graph.op.QLinearConv;
import dev.octet.graph.op.QLinearGlobalAveragePool;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.graph.op.RoundedQuantize;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.TableLookup;
import dev.octet.graph.op.Transpose;
import dev.octet.quant.FixedPointMultiplier;
import dev.octet.quant.FixedPointMultiplier.RoundingSteps;
import dev.octet.quant.NumericsProfile.Scaling;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The patterns of [dev.octet.graph.pass.FixedPointLowering].
public final class FixedPoints {
    private final Rewriter graph;
    private final RoundingSteps steps;
    private final FixedPointElements elements;

    private FixedPoints(Rewriter graph, RoundingSteps steps) {
        this.graph = graph;
        this.steps = steps;
        this.elements = new FixedPointElements(graph, steps);
    }

    /// @param types types of the graph's values, as far as they are known
    public static Graph lower(Graph graph, Map<String, TypeInfo> types, RoundingSteps steps) {
        Rewriter rewriter = new Rewriter(graph, types);
        FixedPoints patterns = new FixedPoints(rewriter, steps);
        for (Node node : rewriter.nodes()) {
            if (rewriter.contains(node)) {
                patterns.lower(node);
            }
        }
        return rewriter.toGraph();
    }

    private void lower(Node node) {
        switch (node.op()) {
            case QLinearConv op -> convolution(node, op);
            case ConvTranspose op -> transposedConvolution(node, op);
            case QGemm op -> gemm(node, op);
            case QLinearMatMul op -> matMul(node, op);
            case QLinearBinary op -> elements.binary(node, op);
            case Binary op when op.function() == BinaryFunction.SUB -> elements.difference(node);
            case QLinearUnary op -> elements.unary(node, op);
            case QLinearGlobalAveragePool _ -> elements.mean(node);
            case Pool op -> elements.averagePool(node, op);
            case Softmax op -> elements.softmax(node, op);
            case QLinearConcat op -> concat(node, op);
            case QuantizeLinear _ -> quantize(node);
            default -> {}
        }
    }

    private void convolution(Node node, QLinearConv op) {
        Encoding x = Encoding.of(graph, node, 1, 0);
        Encoding y = Encoding.of(graph, node, 6, -1);
        Tensor scales = graph.constant(node.input(4));
        if (x == null || y == null || scales == null || !Encoding.limitsOnly(op.epilogue())) {
            return;
        }
        String sum = sum(node);
        List<String> operands = optional(node.input(0), node.input(3), node.input(2), node.input(5));
        Node product = new Node(freshNode(node), new ConvInteger(op.window(), op.group()), operands, List.of(sum));
        double[] ratios = ratios(x.scale(), scales.toFloatArray(), y.scale(), false);
        requantize(List.of(node), product, ratios, node.input(8), y, y.limits(op.epilogue()), 1);
    }

    /// One with INT8 weights without zero points, as TFLite has them, between dequantizers and a quantizer.
    private void transposedConvolution(Node node, ConvTranspose op) {
        QuantizedValue x = QuantizedValue.dequantized(graph, node.input(0));
        Weights w = Weights.of(graph, node.input(1), 1);
        Tail tail = Tail.of(graph, node.output(), Forms.ALL);
        if (x == null || !x.isActivation() || w == null || tail.quantizer() == null || !isPlain(w, op.group())) {
            return;
        }
        long[] ofGroup = w.largestSums(x);
        long[] largest = new long[w.channels() * op.group()];
        Arrays.setAll(largest, c -> ofGroup[c % w.channels()]);
        float[] scales = w.sumScales(x.scales()[0]);
        if (!Bias.fits(largest, scales) || !Encoding.limitsOnly(tail.activation())) {
            return;
        }
        int[] bias = node.has(2) ? Bias.of(graph, node.input(2), 1, scales, largest, tail.scale()) : new int[0];
        if (bias == null) {
            return;
        }
        String vector =
                bias.length == 0
                        ? ""
                        : graph.addConstant(node.name() + "_bias", Tensor.of(Shape.of(bias.length), bias));
        Encoding y = Encoding.of(tail.quantizer());
        List<String> operands = List.of(x.integers(), w.quantized().integers(), x.zeroPoint(graph));
        Node product = new Node(freshNode(node), new ConvTransposeInteger(op), operands, List.of(sum(node)));
        List<Node> old = new ArrayList<>(List.of(node));
        old.addAll(tail.absorbed());
        double[] ratios = ratios(x.scales()[0], w.quantized().scales(), y.scale(), false);
        requantize(old, product, ratios, vector, y, y.limits(tail.activation()), 1);
    }

    private static boolean isPlain(Weights w, int groups) {
        boolean planar = w.values().shape().rank() == 3 || w.values().shape().rank() == 4;
        boolean centred = Arrays.stream(w.quantized().zeroPoints()).allMatch(z -> z == 0);
        return planar && centred && w.dtype() == DType.INT8 && (groups == 1 || w.quantized().isPerTensor());
    }

    private void gemm(Node node, QGemm op) {
        Encoding x = Encoding.of(graph, node, 1, 0);
        Encoding y = Encoding.of(graph, node, 7, -1);
        Tensor scales = graph.constant(node.input(4));
        boolean plain = !op.transA() && op.alpha() == 1 && Encoding.limitsOnly(op.epilogue());
        if (x == null || y == null || scales == null || !plain) {
            return;
        }
        String weights = op.transB() ? transposed(node.input(3)) : node.input(3);
        List<String> operands = optional(node.input(0), weights, node.input(2), node.input(5));
        Node product = new Node(freshNode(node), new MatMulInteger(), operands, List.of(sum(node)));
        double[] ratios = ratios(x.scale(), scales.toFloatArray(), y.scale(), true);
        requantize(List.of(node), product, ratios, node.input(6), y, y.limits(op.epilogue()), -1);
    }

    private void matMul(Node node, QLinearMatMul op) {
        Encoding x = Encoding.of(graph, node, 1, 0);
        Encoding y = Encoding.of(graph, node, 6, -1);
        Tensor scales = graph.constant(node.input(4));
        boolean plain = Encoding.limitsOnly(op.epilogue()) && graph.rank(node.input(3)) > 1;
        if (x == null || y == null || scales == null || !plain) {
            return;
        }
        List<String> operands = optional(node.input(0), node.input(3), node.input(2), node.input(5));
        Node product = new Node(freshNode(node), new MatMulInteger(), operands, List.of(sum(node)));
        double[] ratios = ratios(x.scale(), scales.toFloatArray(), y.scale(), true);
        requantize(List.of(node), product, ratios, node.input(8), y, y.limits(op.epilogue()), -1);
    }

    /// Puts a product of INT32 sums and their requantization in the place of a node and those that follow it.
    ///
    /// @param old the node first, and last the one that defines the result
    /// @param range smallest and largest result
    private void requantize(
            List<Node> old, Node product, double[] ratios, String bias, Encoding y, int[] range, int axis) {
        Node node = old.getFirst();
        Tensor multipliers = Tensor.allocate(DType.INT32, Shape.of(ratios.length));
        Tensor shifts = Tensor.allocate(DType.INT32, Shape.of(ratios.length));
        for (int c = 0; c < ratios.length; c++) {
            FixedPointMultiplier multiplier = FixedPointMultiplier.of(ratios[c], steps);
            multipliers.setLong(c, multiplier.multiplier());
            shifts.setLong(c, multiplier.shift());
        }
        List<String> operands =
                List.of(
                        product.output(),
                        bias.isEmpty() ? "" : perChannel(bias, ratios.length),
                        graph.addConstant(node.name() + "_multiplier", multipliers),
                        graph.addConstant(node.name() + "_shift", shifts));
        IntegerRequantize op = new IntegerRequantize(axis, y.dtype(), y.zeroPoint(), range[0], range[1], steps);
        graph.declare(product.output(), DType.INT32, node.output());
        graph.replace(old, new Node(node.name(), op, operands, old.getLast().outputs(), node.metadata()));
        graph.add(product);
    }

    /// `x·w[c]/y` as TFLite has it: in double, but a single weight scale of a matrix product is multiplied in float.
    private static double[] ratios(float x, float[] scales, float y, boolean matrix) {
        double[] ratios = new double[scales.length];
        for (int c = 0; c < ratios.length; c++) {
            double product = matrix && scales.length == 1 ? x * scales[c] : (double) x * scales[c];
            ratios[c] = product / y;
        }
        return ratios;
    }

    /// A constant bias of one number stands for all channels.
    private String perChannel(String bias, int channels) {
        Tensor tensor = graph.constant(bias);
        if (tensor == null || tensor.elementCount() != 1 || channels == 1) {
            return tensor != null && tensor.shape().rank() != 1
                    ? graph.addConstant(bias + "_vector", tensor.reshape(Shape.of(tensor.elementCount())))
                    : bias;
        }
        Tensor vector = Tensor.allocate(DType.INT32, Shape.of(channels));
        for (int c = 0; c < channels; c++) {
            vector.setLong(c, tensor.getLong(0));
        }
        return graph.addConstant(bias + "_vector", vector);
    }

    private String transposed(String weights) {
        Tensor constant = graph.constant(weights);
        if (constant != null) {
            return graph.addConstant(weights + "_transposed", Weights.transposed(constant));
        }
        String name = graph.freshName(weights + "_transposed");
        graph.declare(name, Objects.requireNonNull(graph.dtype(weights)), weights);
        Transpose swap = new Transpose(List.of(1L, 0L));
        graph.add(new Node(graph.freshName(name + "_node"), swap, List.of(weights), List.of(name)));
        return name;
    }

    /// Parts with parameters of their own are changed to the result's by a lookup each.
    private void concat(Node node, QLinearConcat op) {
        Encoding y = Encoding.of(graph, node, 0, -1);
        List<String> parts = new ArrayList<>();
        for (int part = 2; y != null && part < node.inputs().size(); part += 3) {
            Encoding x = Encoding.of(graph, node, part + 1, part);
            if (x == null) {
                return;
            }
            parts.add(x.equals(y) ? node.input(part) : changed(node.input(part), x, y));
        }
        if (y != null) {
            Node joined = new Node(node.name(), new Concat(op.axis()), parts, node.outputs(), node.metadata());
            graph.replace(List.of(node), joined);
        }
    }

    private String changed(String value, Encoding x, Encoding y) {
        String name = graph.freshName(value + "_requantized");
        int[] table = x.table(y, steps).requantize((double) x.scale() / y.scale(), y.min(), y.max());
        String entries = graph.addConstant(name + "_table", y.entries(table));
        graph.declare(name, y.dtype(), value);
        List<String> operands = List.of(value, entries);
        graph.add(new Node(graph.freshName(name + "_node"), new TableLookup(), operands, List.of(name)));
        return name;
    }

    private void quantize(Node node) {
        QuantizedValue y = QuantizedValue.quantizer(graph, node);
        if (y != null && y.isActivation() && graph.dtype(node.input(0)) == DType.FLOAT32) {
            RoundedQuantize op =
                    new RoundedQuantize(
                            Scaling.DIVISION,
                            y.scales()[0],
                            y.zeroPoints()[0],
                            y.dtype(),
                            (int) y.dtype().minValue(),
                            (int) y.dtype().maxValue());
            List<String> operands = List.of(node.input(0));
            graph.replace(List.of(node), new Node(node.name(), op, operands, node.outputs(), node.metadata()));
        }
    }

    private String sum(Node node) {
        return graph.freshName(node.output() + "_sum");
    }

    private String freshNode(Node node) {
        return graph.freshName(node.name() + "_sums");
    }

    /// Operands without the absent ones at the end.
    private static List<String> optional(String... operands) {
        List<String> all = new ArrayList<>(List.of(operands));
        while (all.getLast().isEmpty()) {
            all.removeLast();
        }
        return all;
    }
}
