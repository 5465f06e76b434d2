package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvInteger;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.pass.Inferred;
import dev.octet.quantize.spec.DynamicActivations;
import dev.octet.quantize.spec.DynamicForm;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Writes a graph whose products read activations that are quantized at run time: MatMulInteger and ConvInteger between
/// a [RunTimeQuantizer]'s nodes and a product with the scales, ONNX Runtime's `integer-ops` form.
final class DynamicConverter {
    private final Graph graph;
    private final DynamicSpec dynamic;
    private final QuantizationSpec spec;
    private final QdqBuilder builder;
    private final DynamicProducts products;
    private final DynamicChoice choice;
    private final BodyConversion bodies;
    private final Set<String> integersOnly = new HashSet<>();
    private final List<Decision> decisions = new ArrayList<>();

    /// @param scope what fresh names begin with; not empty for a graph inside a node
    DynamicConverter(Graph graph, Inferred inferred, DynamicSpec dynamic, String scope) {
        this.graph = graph;
        this.dynamic = dynamic;
        spec = dynamic.spec();
        builder = new QdqBuilder(graph, QdqBuilder.OPSET_OF_PER_AXIS, scope);
        products = new DynamicProducts(builder, dynamic);
        choice = new DynamicChoice(graph, inferred, dynamic);
        bodies = new BodyConversion(graph, dynamic, scope);
    }

    Conversion convert() {
        for (Node node : graph.nodes()) {
            boolean passesOn = products.activations().find(node.input(0)).isPresent();
            String refusal = choice.refusal(node, passesOn);
            decisions.add(new Decision(node, refusal.isEmpty(), refusal.isEmpty() ? choice.form(node) : refusal));
            if (refusal.isEmpty()) {
                convert(node);
            } else {
                node.inputs().forEach(this::dequantize);
                builder.add(dynamic.bodies() ? bodies.convert(node) : node);
            }
        }
        graph.outputs().forEach(o -> dequantize(o.name()));
        Conversion own =
                new Conversion(
                        builder.build(graph),
                        decisions,
                        products.tensors(),
                        products.floatBytes(),
                        products.quantizedBytes());
        return bodies.inside().stream().reduce(own, Conversion::plus);
    }

    /// Makes a float of what is there in integers only.
    private void dequantize(String value) {
        if (integersOnly.remove(value)) {
            RunTimeQuantizer.Quantized q = products.activations().find(value).orElseThrow();
            products.addNode(
                    value + "_DequantizeLinear",
                    new DequantizeLinear(),
                    List.of(q.integers(), q.scale(), q.zeroPoint()),
                    value);
        }
    }

    /// Takes note of a value that is computed in integers. Where they are what products read, it becomes a float only
    /// if something else needs it.
    private void computed(String value, RunTimeQuantizer.Quantized quantized) {
        integersOnly.add(value);
        products.activations().put(value, quantized);
        if (dynamic.activations() != DynamicActivations.TENSOR) {
            dequantize(value);
        }
    }

    private void convert(Node node) {
        switch (node.op()) {
            case MatMul _ -> matMul(node);
            case Gemm gemm -> gemm(node, gemm);
            case Conv conv -> convolution(node, conv);
            case Lstm lstm when dynamic.form() == DynamicForm.ONNX_RUNTIME -> {
                node.inputs().forEach(this::dequantize);
                new DynamicLayers(products, graph).lstm(node, lstm);
            }
            case Lstm _, Gru _, Rnn _ -> new DynamicRecurrence(products, graph.constants(), node).write();
            case Gather _ -> table(node);
            case Transpose _ -> transpose(node);
            case Composite attention -> new DynamicLayers(products, graph).attention(node, attention);
            default -> throw new IllegalStateException("not a quantized operator: " + node);
        }
    }

    private void matMul(Node node) {
        Tensor weights = graph.constants().get(node.input(1));
        if (weights == null) {
            products.writeActivations(node, node.input(0), node.input(1), node.output());
        } else {
            product(node, weights, "");
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
        // ONNX Runtime's tool gives all channels of a convolution one scale.
        int axis = dynamic.form() == DynamicForm.ONNX_RUNTIME ? -1 : 0;
        DynamicProducts.StoredWeight weight = products.store(node, node.input(1), weights, axis);
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
            new DynamicTables(products, node, weights).write(table.scheme().dtype());
            return;
        }
        DynamicProducts.StoredWeight weight = products.store(node, node.input(0), weights, -1);
        String rows = products.add(node.name() + "_quant", node.op(), weight.integers(), node.input(1));
        computed(node.output(), new RunTimeQuantizer.Quantized(rows, weight.scales(), weight.zeroPoint(), false));
    }

    private void transpose(Node node) {
        RunTimeQuantizer.Quantized q = products.activations().find(node.input(0)).orElseThrow();
        String integers = products.add(node.name() + "_quant", node.op(), q.integers());
        computed(node.output(), new RunTimeQuantizer.Quantized(integers, q.scale(), q.zeroPoint(), false));
    }
}
