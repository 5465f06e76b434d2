package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Composite;
import dev.octet.graph.op.DynamicQuantizeLstm;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Operators;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Writes LSTM and Attention as the operators that ONNX Runtime has for them, DynamicQuantizeLSTM and QAttention.
final class DynamicLayers {
    private static final String MICROSOFT = "com.microsoft";
    private static final int BIAS = 2;
    private static final int ADDEND = 5;

    private final DynamicProducts products;
    private final Graph graph;

    DynamicLayers(DynamicProducts products, Graph graph) {
        this.products = products;
        this.graph = graph;
    }

    /// Whether a node is an Attention of ONNX Runtime's with constant weights that QAttention can compute.
    static boolean isAttention(Node node, Graph graph) {
        return node.op() instanceof Composite op
                && op.domain().equals(MICROSOFT)
                && op.type().equals("Attention")
                && op.attributes().getInts("qkv_hidden_sizes").isEmpty()
                && !node.has(ADDEND)
                && isMatrix(graph.constants().get(node.input(1)));
    }

    private static boolean isMatrix(@Nullable Tensor weights) {
        return weights != null && weights.dtype() == DType.FLOAT32 && weights.shape().rank() == 2;
    }

    /// Why a recurrent layer stays in float; empty if DynamicQuantizeLSTM can compute it.
    static String refusal(Node node, Map<String, Tensor> constants) {
        if (!(node.op() instanceof Lstm lstm)) {
            return "ONNX Runtime has no such layer in integers";
        }
        if (lstm.options().batchFirst()) {
            return "its batch is the first axis";
        }
        for (int weights = 1; weights <= 2; weights++) {
            Tensor tensor = constants.get(node.input(weights));
            if (tensor == null || tensor.dtype() != DType.FLOAT32) {
                return "its weights are not constant FLOAT32";
            }
        }
        return "";
    }

    /// Inputs as those of the LSTM, then scale and zero point of both weights, which are transposed.
    void lstm(Node node, Lstm op) {
        List<String> inputs = new ArrayList<>(node.inputs());
        while (inputs.size() < DynamicQuantizeLstm.SCALES) {
            inputs.add("");
        }
        for (int place = 1; place <= 2; place++) {
            Stored weights = store(node, node.input(place));
            inputs.set(place, weights.integers);
            inputs.add(weights.scales);
            inputs.add(weights.zeroPoints);
        }
        products.builder()
                .add(
                        new Node(
                                products.builder().freshName(node.name() + "_quant"),
                                new DynamicQuantizeLstm(op),
                                inputs,
                                node.outputs()));
    }

    private record Stored(String integers, String scales, String zeroPoints) {}

    /// `[directions, rows, columns]` as `[directions, columns, rows]` in integers, with a scale for each direction, or
    /// for each row of it. As in ONNX Runtime's tool they are INT8 whatever type other weights have.
    private Stored store(Node node, String name) {
        Tensor all = Objects.requireNonNull(graph.constants().get(name));
        TensorSpec given = products.spec().spec().weight(node);
        TensorSpec spec =
                given.scheme().dtype() == DType.INT8 ? given : given.withScheme(QuantScheme.narrow(DType.INT8));
        long directions = all.shape().dim(0);
        long rows = all.shape().dim(1);
        long columns = all.shape().dim(2);
        boolean perRow = spec.observer().perChannel();
        Shape channels = perRow ? Shape.of(directions * rows, columns) : Shape.of(directions, rows * columns);
        QuantizedConstant quantized =
                products.quantized(node, name, spec.withObserver(ObserverSpec.PER_CHANNEL), all.reshape(channels), 0);
        Tensor integers = Tensor.allocate(quantized.params().dtype(), Shape.of(directions, columns, rows));
        for (long i = 0; i < all.elementCount(); i++) {
            long row = i / columns;
            long target = (row / rows * columns + i % columns) * rows + row % rows;
            integers.setLong(target, quantized.values().getLong(i));
        }
        Shape shape = perRow ? Shape.of(directions, rows) : Shape.of(directions);
        Tensor zeroPoints = Tensor.allocate(integers.dtype(), shape);
        int[] zeros = quantized.params().zeroPoints();
        for (int i = 0; i < zeros.length; i++) {
            zeroPoints.setLong(i, zeros[i]);
        }
        products.count(all, integers, zeros.length);
        QdqBuilder builder = products.builder();
        return new Stored(
                builder.constant(name + "_quantized", integers),
                builder.constant(name + "_scale", Tensor.of(shape, quantized.params().scales())),
                builder.constant(name + "_zero_point", zeroPoints));
    }

    /// Inputs x, weights, bias, scale of x, of weights, mask?, zero point of x, of weights, past?.
    void attention(Node node, Composite op) {
        Tensor weights = Objects.requireNonNull(graph.constants().get(node.input(1)));
        DynamicProducts.StoredWeight stored = products.store(node, node.input(1), weights, 1);
        RunTimeQuantizer.Quantized x = products.activations().quantizeTensor(node.input(0));
        Tensor none = Tensor.allocate(DType.FLOAT32, Shape.of(weights.shape().dim(1)));
        String bias = node.has(BIAS) ? node.input(BIAS) : products.builder().constant(node.name() + "_bias", none);
        List<String> inputs =
                List.of(
                        x.integers(),
                        stored.integers(),
                        bias,
                        x.scale(),
                        stored.scales(),
                        node.input(3),
                        x.zeroPoint(),
                        stored.zeroPoint(),
                        node.input(4));
        products.builder()
                .add(
                        new Node(
                                products.builder().freshName(node.name() + "_quant"),
                                Operators.read(MICROSOFT, "QAttention", op.attributes()),
                                inputs,
                                node.outputs()));
    }
}
