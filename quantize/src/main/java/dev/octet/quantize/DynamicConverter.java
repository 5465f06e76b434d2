package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.Op;
import dev.octet.graph.pass.Inferred;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes a graph whose products read activations that are quantized at run time: MatMulInteger and ConvInteger between
/// a [RunTimeQuantizer]'s nodes and a product with the scales, ONNX Runtime's `integer-ops` form.
final class DynamicConverter {
    private final Graph graph;
    private final Inferred inferred;
    private final QuantizationSpec spec;
    private final QdqBuilder builder;
    private final RunTimeQuantizer activations;
    private final Map<String, StoredWeight> stored = new HashMap<>();
    private int quantizedNodes;
    private long floatBytes;
    private long quantizedBytes;

    /// Names of a weight's integers and what belongs to them.
    ///
    /// @param scales `[channels]`, or one number
    private record StoredWeight(String integers, String scales, String zeroPoint) {}

    DynamicConverter(Graph graph, Inferred inferred, DynamicSpec dynamic) {
        this.graph = graph;
        this.inferred = inferred;
        spec = dynamic.spec();
        builder = new QdqBuilder(graph);
        activations = new RunTimeQuantizer(builder, dynamic.activations());
    }

    Conversion convert() {
        for (Node node : graph.nodes()) {
            if (isQuantized(node)) {
                quantizedNodes++;
                convert(node);
            } else {
                builder.add(node);
            }
        }
        return new Conversion(
                builder.build(graph),
                quantizedNodes,
                graph.nodes().size() - quantizedNodes,
                floatBytes,
                quantizedBytes);
    }

    private boolean isQuantized(Node node) {
        return spec.operators().contains(node.op().type())
                && spec.config(node).quantize()
                && switch (node.op()) {
                    case MatMul _ -> isFloat(node.input(0)) && isConstant(node.input(1), 2);
                    case Gemm gemm ->
                            !gemm.transA()
                                    && isFloat(node.input(0))
                                    && isConstant(node.input(1), 2)
                                    && (gemm.beta() == 1 || !node.has(2) || constant(node.input(2)) != null);
                    case Conv _ -> isFloat(node.input(0)) && constant(node.input(1)) != null;
                    case Gather gather -> gather.axis() == 0 && isConstant(node.input(0), 2);
                    default -> false;
                };
    }

    private boolean isFloat(String value) {
        TypeInfo type = inferred.types().get(value);
        return constant(value) == null && type != null && type.dtype() == DType.FLOAT32;
    }

    private @Nullable Tensor constant(String value) {
        Tensor tensor = graph.constants().get(value);
        return tensor != null && tensor.dtype() == DType.FLOAT32 ? tensor : null;
    }

    private boolean isConstant(String value, int rank) {
        Tensor tensor = constant(value);
        return tensor != null && tensor.shape().rank() == rank;
    }

    private void convert(Node node) {
        switch (node.op()) {
            case MatMul _ -> product(node, graph.constant(node.input(1)).orElseThrow(), "");
            case Gemm gemm -> gemm(node, gemm);
            case Conv conv -> convolution(node, conv);
            case Gather _ -> table(node);
            default -> throw new IllegalStateException("not a quantized operator: " + node);
        }
    }

    private void gemm(Node node, Gemm gemm) {
        Tensor weights = graph.constant(node.input(1)).orElseThrow();
        Tensor matrix = gemm.transB() ? WeightTensors.transposed(weights) : weights;
        String bias = node.has(2) ? node.input(2) : "";
        if (!bias.isEmpty() && gemm.beta() != 1) {
            bias =
                    builder.constant(
                            bias + "_scaled", WeightTensors.scaled(graph.constant(bias).orElseThrow(), gemm.beta()));
        }
        product(node, WeightTensors.scaled(matrix, gemm.alpha()), bias);
    }

    /// @param weights `[K, N]`
    private void product(Node node, Tensor weights, String bias) {
        StoredWeight weight = store(node, node.input(1), weights, 1);
        RunTimeQuantizer.Quantized x = activations.quantize(node.input(0));
        String sums =
                add(
                        node.name() + "_quant",
                        new MatMulInteger(),
                        x.integers(),
                        weight.integers,
                        x.zeroPoint(),
                        weight.zeroPoint);
        String real = add(node.name() + "_cast", Cast.to(DType.FLOAT32), sums);
        scale(node, real, x, weight.scales, bias);
    }

    private void convolution(Node node, Conv conv) {
        Tensor weights = graph.constant(node.input(1)).orElseThrow();
        StoredWeight weight = store(node, node.input(1), weights, 0);
        RunTimeQuantizer.Quantized x = activations.quantizeTensor(node.input(0));
        String sums =
                add(
                        node.name() + "_quant",
                        new ConvInteger(conv.window(), conv.group()),
                        x.integers(),
                        weight.integers,
                        x.zeroPoint(),
                        weight.zeroPoint);
        String real = add(node.name() + "_cast", Cast.to(DType.FLOAT32), sums);
        int spatial = weights.shape().rank() - 2;
        String bias = node.has(2) ? perChannel(node.input(2), spatial) : "";
        scale(node, real, x, perChannel(weight.scales, spatial), bias);
    }

    /// A constant of one number per channel, with an axis of one for each spatial axis.
    private String perChannel(String constant, int spatial) {
        Tensor values = builder.constantTensor(constant);
        if (values.elementCount() == 1) {
            return constant;
        }
        long[] dims = new long[spatial + 1];
        Arrays.fill(dims, 1);
        dims[0] = values.elementCount();
        return builder.constant(constant + "_channels", values.reshape(Shape.of(dims)));
    }

    private void scale(Node node, String sums, RunTimeQuantizer.Quantized x, String scales, String bias) {
        String factor = add(node.name() + "_scales", new Binary(BinaryFunction.MUL), x.scale(), scales);
        String output = node.output();
        String product = bias.isEmpty() ? output : builder.freshName(output + "_scaled");
        addNode(node.name() + "_scale", new Binary(BinaryFunction.MUL), List.of(sums, factor), product);
        if (!bias.isEmpty()) {
            addNode(node.name() + "_bias", new Binary(BinaryFunction.ADD), List.of(product, bias), output);
        }
    }

    private void table(Node node) {
        Tensor weights = graph.constant(node.input(0)).orElseThrow();
        StoredWeight weight = store(node, node.input(0), weights, -1);
        String rows = add(node.name() + "_quant", node.op(), weight.integers, node.input(1));
        addNode(
                node.name() + "_dequantize",
                new DequantizeLinear(),
                List.of(rows, weight.scales, weight.zeroPoint),
                node.output());
    }

    private StoredWeight store(Node node, String name, Tensor weights, int channelAxis) {
        return stored.computeIfAbsent(
                name + " " + weights.shape() + " " + spec.weight(node),
                _ -> {
                    QuantizedConstant constant =
                            QuantizedConstant.of(
                                    weights,
                                    QuantizedConstant.weightParams(weights, spec.weight(node), channelAxis, spec),
                                    spec);
                    QdqBuilder.Scales scales = builder.scales(name, constant.params());
                    floatBytes += weights.byteSize();
                    quantizedBytes +=
                            constant.values().byteSize() + constant.params().scales().length * (Float.BYTES + 1L);
                    // ONNX Runtime's integer products take one zero point; symmetric ones are all zero.
                    String zeroPoint =
                            constant.params().scales().length == 1
                                    ? scales.zeroPoint()
                                    : builder.constant(
                                            name + "_zero", Tensor.allocate(constant.params().dtype(), Shape.SCALAR));
                    return new StoredWeight(
                            builder.constant(name + "_quantized", constant.values()), scales.scale(), zeroPoint);
                });
    }

    private String add(String name, Op op, String... operands) {
        String result = builder.freshName(name + "_output");
        addNode(name, op, List.of(operands), result);
        return result;
    }

    private void addNode(String name, Op op, List<String> operands, String output) {
        builder.add(new Node(builder.freshName(name), op, operands, List.of(output)));
    }
}
