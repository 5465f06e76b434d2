package dev.octet.graph.pass.lowering;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Inference;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Builds graphs with quantizers, draws their constants and inputs, and runs them operator by operator.
final class Qdq {
    final GraphBuilder builder = new GraphBuilder("test");
    private final SplittableRandom random;
    private final Map<String, Shape> inputs = new LinkedHashMap<>();

    Qdq(long seed) {
        random = new SplittableRandom(seed);
    }

    String input(long... shape) {
        String name = "x" + inputs.size();
        inputs.put(name, Shape.of(shape));
        return builder.input(name, DType.FLOAT32, PartialShape.of(shape));
    }

    String op(Op op, String... operands) {
        return builder.add(op, operands);
    }

    String constant(Tensor tensor) {
        return builder.freshConstant("c", tensor);
    }

    String floats(long... shape) {
        return constant(normals(Shape.of(shape)));
    }

    private Tensor normals(Shape shape) {
        Tensor tensor = Tensor.allocate(DType.FLOAT32, shape);
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setFloat(i, (float) random.nextGaussian());
        }
        return tensor;
    }

    String zeroPoint(DType dtype, int zeroPoint) {
        return constant(Tensor.scalar(dtype, zeroPoint));
    }

    String quantize(String x, DType dtype, float scale, int zeroPoint) {
        return op(new QuantizeLinear(), x, constant(Tensor.scalar(scale)), zeroPoint(dtype, zeroPoint));
    }

    String dequantize(String q, DType dtype, float scale, int zeroPoint) {
        return op(new DequantizeLinear(), q, constant(Tensor.scalar(scale)), zeroPoint(dtype, zeroPoint));
    }

    /// A quantizer and a dequantizer with parameters of their own.
    String pair(String x, DType dtype, float scale, int zeroPoint) {
        return dequantize(quantize(x, dtype, scale, zeroPoint), dtype, scale, zeroPoint);
    }

    /// A quantized and dequantized input whose range holds most of its values.
    String activation(DType dtype, long... shape) {
        return pair(input(shape), dtype, 0.031f, dtype == DType.INT8 ? 7 : 133);
    }

    /// Dequantized constant weights with a scale for each index of an axis.
    String weights(DType dtype, int axis, long... shape) {
        return weights(dtype, axis, Shape.of(shape));
    }

    private String weights(DType dtype, int axis, Shape shape) {
        Tensor q = Tensor.allocate(dtype, shape);
        boolean signed = dtype.isSigned();
        for (long i = 0; i < q.elementCount(); i++) {
            q.setLong(i, random.nextInt(signed ? -100 : 20, signed ? 100 : 240));
        }
        int channels = (int) shape.dim(axis);
        Tensor scales = Tensor.allocate(DType.FLOAT32, Shape.of(channels));
        Tensor zeroPoints = Tensor.allocate(dtype, Shape.of(channels));
        for (int c = 0; c < channels; c++) {
            scales.setFloat(c, (float) random.nextDouble(0.004, 0.012));
            zeroPoints.setLong(c, signed ? 0 : 128);
        }
        return op(new DequantizeLinear(axis, 0), constant(q), constant(scales), constant(zeroPoints));
    }

    /// A dequantized INT32 bias in steps of `xScale` times the weights' scales.
    String bias(float xScale, String weights, int channels) {
        Graph graph = builder.output(weights).build();
        builder.outputs(List.of());
        Tensor weightScales = graph.constant(graph.producer(weights).orElseThrow().input(1)).orElseThrow();
        Tensor q = Tensor.allocate(DType.INT32, Shape.of(channels));
        Tensor scales = Tensor.allocate(DType.FLOAT32, Shape.of(channels));
        for (int c = 0; c < channels; c++) {
            q.setLong(c, random.nextInt(-3000, 3000));
            scales.setFloat(c, xScale * weightScales.getFloat(weightScales.elementCount() == 1 ? 0 : c));
        }
        return op(new DequantizeLinear(0, 0), constant(q), constant(scales));
    }

    Graph graph(String... outputs) {
        for (String output : outputs) {
            builder.output(output);
        }
        return builder.build();
    }

    Map<String, Tensor> draw() {
        Map<String, Tensor> values = new LinkedHashMap<>();
        inputs.forEach((name, shape) -> values.put(name, normals(shape)));
        return values;
    }

    /// Outputs of a graph in order, each operator by its own type rule and reference evaluation.
    static List<Tensor> run(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> values = runAll(graph, inputs);
        return graph.outputs().stream()
                .map(ValueInfo::name)
                .map(n -> Objects.requireNonNull(values.get(n), n))
                .toList();
    }

    /// All values of a graph by name.
    static Map<String, Tensor> runAll(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> values = new HashMap<>(graph.constants());
        values.putAll(inputs);
        graph.nodes().forEach(node -> evaluate(node, values));
        return values;
    }

    /// Adds what a node computes from the values.
    static void evaluate(Node node, Map<String, Tensor> values) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        List<@Nullable TypeInfo> types = new ArrayList<>();
        for (String input : node.inputs()) {
            Tensor operand = input.isEmpty() ? null : Objects.requireNonNull(values.get(input), input);
            operands.add(operand);
            types.add(operand == null ? null : TypeInfo.of(operand));
        }
        Inference inference = new Inference(types, operands, node.outputs().size());
        node.op().infer(inference);
        List<Tensor> results = new ArrayList<>();
        for (TypeInfo type : inference.outputs()) {
            PartialShape shape = Objects.requireNonNull(Objects.requireNonNull(type).shape());
            results.add(Tensor.allocate(type.dtype(), shape.toShape()));
        }
        node.op().evaluate(operands, results);
        for (int i = 0; i < results.size(); i++) {
            values.put(node.outputs().get(i), results.get(i));
        }
    }
}
