package dev.octet.quantize;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.pass.Inferred;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
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
    private final String scope;
    private final DynamicProducts products;
    private final List<Conversion> inside = new ArrayList<>();
    private int quantizedNodes;

    /// @param scope what fresh names begin with; not empty for a graph inside a node
    DynamicConverter(Graph graph, Inferred inferred, DynamicSpec dynamic, String scope) {
        this.graph = graph;
        this.inferred = inferred;
        spec = dynamic.spec();
        builder = new QdqBuilder(graph, QdqBuilder.OPSET_OF_PER_AXIS, scope);
        this.scope = scope;
        products = new DynamicProducts(builder, dynamic);
    }

    Conversion convert() {
        for (Node node : graph.nodes()) {
            if (isQuantized(node)) {
                quantizedNodes++;
                convert(node);
            } else {
                builder.add(withBodies(node));
            }
        }
        Conversion own =
                new Conversion(
                        builder.build(graph),
                        quantizedNodes,
                        graph.nodes().size() - quantizedNodes,
                        products.floatBytes(),
                        products.quantizedBytes());
        return inside.stream().reduce(own, Conversion::plus);
    }

    /// The node with the graphs inside it quantized, too; a loop body's weights count once.
    private Node withBodies(Node node) {
        Attributes.Builder changed = Attributes.builder();
        boolean any = false;
        for (Map.Entry<String, Attributes.Value> attribute : node.op().attributes().asMap().entrySet()) {
            if (attribute.getValue() instanceof Attributes.GraphValue(Graph body)) {
                Conversion inner =
                        Quantizer.dynamic(body, products.spec(), scope + node.name() + "_" + attribute.getKey() + "/");
                inside.add(inner);
                any = true;
                changed.put(attribute.getKey(), new Attributes.GraphValue(inner.graph()));
            } else {
                changed.put(attribute.getKey(), attribute.getValue());
            }
        }
        return any ? node.withOp(Operators.read("", node.op().type(), changed.build())) : node;
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
                    case Lstm _, Gru _, Rnn _ -> DynamicRecurrence.accepts(node, graph.constants());
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
            case Lstm _, Gru _, Rnn _ -> new DynamicRecurrence(products, graph.constants(), node).write();
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

    private void product(Node node, Tensor weights, String bias) {
        products.write(node, node.input(0), node.input(1), weights, bias, node.output());
    }

    private void convolution(Node node, Conv conv) {
        Tensor weights = graph.constant(node.input(1)).orElseThrow();
        DynamicProducts.StoredWeight weight = products.store(node, node.input(1), weights, 0);
        RunTimeQuantizer.Quantized x = products.activations().quantizeTensor(node.input(0));
        String sums =
                products.add(
                        node.name() + "_quant",
                        new ConvInteger(conv.window(), conv.group()),
                        x.integers(),
                        weight.integers(),
                        x.zeroPoint(),
                        weight.zeroPoint());
        String real = products.add(node.name() + "_cast", Cast.to(DType.FLOAT32), sums);
        int spatial = weights.shape().rank() - 2;
        String bias = node.has(2) ? perChannel(node.input(2), spatial) : "";
        products.scale(node, real, x, perChannel(weight.scales(), spatial), bias, node.output());
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

    private void table(Node node) {
        Tensor weights = graph.constant(node.input(0)).orElseThrow();
        TensorSpec table = spec.weight(node);
        if (table.observer().perChannel() && !table.scheme().symmetric()) {
            products.lookup(node, weights, table.scheme().dtype());
            return;
        }
        DynamicProducts.StoredWeight weight = products.store(node, node.input(0), weights, -1);
        String rows = products.add(node.name() + "_quant", node.op(), weight.integers(), node.input(1));
        products.addNode(
                node.name() + "_dequantize",
                new DequantizeLinear(),
                List.of(rows, weight.scales(), weight.zeroPoint()),
                node.output());
    }
}
