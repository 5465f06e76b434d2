package dev.octet.quantize.algorithm.smoothquant;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.pass.Inferred;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.quantize.Decision;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.observer.PerChannelMinMaxObserver;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An activation whose channels, along its last axis, can be scaled.
///
/// @param rank of the activation
/// @param readers quantized products with constant weights that read it
record SmoothedValue(String name, int rank, List<Node> readers) {
    static List<SmoothedValue> of(PreparedGraph prepared) {
        Graph graph = prepared.graph();
        Inferred inferred = ShapeInference.infer(graph);
        Map<String, Boolean> quantized = new HashMap<>();
        for (Decision decision : prepared.decisions()) {
            quantized.put(decision.node().name(), decision.quantized());
        }
        List<SmoothedValue> values = new ArrayList<>();
        for (SmoothedValue value : products(graph, inferred, quantized)) {
            if (canBeScaled(value, prepared, quantized)) {
                values.add(value);
            }
        }
        return values;
    }

    private static List<SmoothedValue> products(Graph graph, Inferred inferred, Map<String, Boolean> quantized) {
        List<SmoothedValue> values = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        for (Node node : graph.nodes()) {
            if (seen.contains(node.inputs().isEmpty() ? "" : node.input(0)) || !isProduct(graph, node, quantized)) {
                continue;
            }
            String value = node.input(0);
            seen.add(value);
            TypeInfo type = inferred.types().get(value);
            if (type != null && type.shape() != null) {
                List<Node> readers =
                        graph.consumers(value).stream().filter(n -> isProduct(graph, n, quantized)).toList();
                values.add(new SmoothedValue(value, type.shape().rank(), readers));
            }
        }
        return values;
    }

    private static boolean isProduct(Graph graph, Node node, Map<String, Boolean> quantized) {
        boolean rows = node.op() instanceof MatMul || (node.op() instanceof Gemm gemm && !gemm.transA());
        if (!rows || !quantized.getOrDefault(node.name(), false)) {
            return false;
        }
        Tensor weights = graph.constants().get(node.input(1));
        return weights != null && weights.dtype() == DType.FLOAT32 && weights.shape().rank() == 2;
    }

    /// What is rearranged from a quantized value keeps that value's scale; and what a quantized operator computes is
    /// scaled before it is rounded only if nobody reads it as it was.
    private static boolean canBeScaled(SmoothedValue value, PreparedGraph prepared, Map<String, Boolean> quantized) {
        Graph graph = prepared.graph();
        List<Node> others = graph.consumers(value.name()).stream().filter(n -> !value.readers().contains(n)).toList();
        if (others.stream().anyMatch(n -> quantized.getOrDefault(n.name(), false))) {
            return false;
        }
        Node producer = graph.producer(value.name()).orElse(null);
        if (producer == null || !quantized.getOrDefault(producer.name(), false)) {
            return true;
        }
        boolean rearranged = prepared.spec().sharing().contains(producer.op().type());
        return !rearranged && others.isEmpty() && !graph.isOutput(value.name());
    }

    /// Largest magnitude of each channel.
    float[] magnitudes(PerChannelMinMaxObserver range) {
        Map<String, float[]> arrays = range.state().arrays();
        float[] mins = arrays.getOrDefault("mins", new float[0]);
        float[] maxs = arrays.getOrDefault("maxs", new float[0]);
        float[] magnitudes = new float[mins.length];
        for (int k = 0; k < magnitudes.length; k++) {
            magnitudes[k] = Math.max(-mins[k], maxs[k]);
        }
        return magnitudes;
    }

    /// Largest magnitude of each row of weights, over all readers.
    float[] weightMagnitudes(Graph graph) {
        float[] largest = {};
        for (Node reader : readers) {
            Tensor weights = graph.constant(reader.input(1)).orElseThrow();
            boolean transposed = isTransposed(reader);
            int channels = (int) weights.shape().dim(transposed ? 1 : 0);
            int columns = (int) weights.shape().dim(transposed ? 0 : 1);
            largest = largest.length == 0 ? new float[channels] : largest;
            for (int k = 0; k < channels; k++) {
                for (int n = 0; n < columns; n++) {
                    long at = transposed ? (long) n * channels + k : (long) k * columns + n;
                    largest[k] = Math.max(largest[k], Math.abs(weights.getFloat(at)));
                }
            }
        }
        return largest;
    }

    /// The weights of a reader with row `k` times `factors[k]`.
    Tensor scaledWeights(Graph graph, Node reader, float[] factors) {
        Tensor weights = graph.constant(reader.input(1)).orElseThrow();
        Tensor scaled = Tensor.allocate(DType.FLOAT32, weights.shape());
        boolean transposed = isTransposed(reader);
        long columns = weights.shape().dim(1);
        for (long i = 0; i < weights.elementCount(); i++) {
            long k = transposed ? i % columns : i / columns;
            scaled.setFloat(i, weights.getFloat(i) * factors[(int) k]);
        }
        return scaled;
    }

    private static boolean isTransposed(Node reader) {
        return reader.op() instanceof Gemm gemm && gemm.transB();
    }
}
