package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.quant.BlockWeights;
import dev.octet.quantize.spec.WeightOnlySpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Replaces constant matrices of products by integers in blocks and their DequantizeLinear (opset 21), the form that
/// ONNX Runtime's tool writes as QDQ and its sessions turn into MatMulNBits.
final class WeightOnlyConverter {
    private static final int OPSET_OF_BLOCKS = 21;

    private final Graph graph;
    private final WeightOnlySpec spec;
    private final QdqBuilder builder;
    private final Map<String, String> stored = new HashMap<>();
    private long floatBytes;
    private long quantizedBytes;

    WeightOnlyConverter(Graph graph, WeightOnlySpec spec) {
        this.graph = graph;
        this.spec = spec;
        builder = new QdqBuilder(graph, OPSET_OF_BLOCKS);
    }

    Conversion convert() {
        int quantized = 0;
        for (Node node : graph.nodes()) {
            if (isQuantized(node)) {
                quantized++;
                builder.add(convert(node));
            } else {
                builder.add(node);
            }
        }
        return new Conversion(
                builder.build(graph), quantized, graph.nodes().size() - quantized, floatBytes, quantizedBytes);
    }

    private boolean isQuantized(Node node) {
        if (!(node.op() instanceof MatMul || node.op() instanceof Gemm) || !spec.rules().config(node).quantize()) {
            return false;
        }
        Tensor weights = graph.constants().get(node.input(1));
        return weights != null
                && weights.dtype() == DType.FLOAT32
                && weights.shape().rank() == 2
                && graph.constant(node.input(0)).isEmpty();
    }

    private Node convert(Node node) {
        boolean transposed = node.op() instanceof Gemm gemm && gemm.transB();
        String name = node.input(1);
        String weights = stored.computeIfAbsent(name + transposed, _ -> store(name, transposed));
        List<String> inputs = node.inputs().stream().map(i -> i.equals(name) ? weights : i).toList();
        Node reading = node.withInputs(inputs);
        return node.op() instanceof Gemm gemm
                ? reading.withOp(new Gemm(gemm.alpha(), gemm.beta(), gemm.transA(), false))
                : reading;
    }

    private String store(String name, boolean transposed) {
        Tensor original = graph.constant(name).orElseThrow();
        Tensor matrix = transposed ? WeightTensors.transposed(original) : original;
        BlockWeights blocks = BlockWeights.of(matrix, spec.bits(), spec.block(), spec.symmetric());
        floatBytes += original.byteSize();
        quantizedBytes += blocks.codes().byteSize() + blocks.scales().byteSize() + blocks.zeroPoints().byteSize();
        String result = builder.freshName(name + "_DequantizeLinear_Output");
        builder.add(
                new Node(
                        builder.freshName(name + "_DequantizeLinear"),
                        new DequantizeLinear(0, spec.block(), null),
                        List.of(
                                builder.constant(name + "_blocks", blocks.codes()),
                                builder.constant(name + "_scales", blocks.scales()),
                                builder.constant(name + "_zero_points", blocks.zeroPoints())),
                        List.of(result)));
        return result;
    }
}
