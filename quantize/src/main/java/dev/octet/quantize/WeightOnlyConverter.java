package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulCodebook;
import dev.octet.quant.BlockWeights;
import dev.octet.quant.CodebookWeights;
import dev.octet.quantize.spec.WeightOnlySpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Replaces constant matrices of products by integers in blocks and their DequantizeLinear (opset 21), the form that
/// ONNX Runtime's tool writes as QDQ and its sessions turn into MatMulNBits; or, where a codebook is wanted, the
/// products by [MatMulCodebook].
final class WeightOnlyConverter {
    private static final int OPSET_OF_BLOCKS = 21;
    private static final int OPSET_OF_TWO_BITS = 25;

    private final Graph graph;
    private final WeightOnlySpec spec;
    private final QdqBuilder builder;
    private final Map<String, String> stored = new HashMap<>();
    private long floatBytes;
    private long quantizedBytes;

    WeightOnlyConverter(Graph graph, WeightOnlySpec spec) {
        this.graph = graph;
        this.spec = spec;
        builder = new QdqBuilder(graph, spec.codebook() == null ? OPSET_OF_BLOCKS : OPSET_OF_TWO_BITS, "");
    }

    Conversion convert() {
        int quantized = 0;
        for (Node node : graph.nodes()) {
            if (isQuantized(node)) {
                quantized++;
                CodebookWeights.Format format = spec.codebook();
                if (format == null) {
                    builder.add(convert(node));
                } else {
                    codebook(node, format);
                }
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
        boolean scaled = node.op() instanceof Gemm gemm && (gemm.transA() || gemm.alpha() != 1 || gemm.beta() != 1);
        Tensor weights = graph.constants().get(node.input(1));
        return !(scaled && spec.codebook() != null)
                && weights != null
                && weights.dtype() == DType.FLOAT32
                && weights.shape().rank() == 2
                && graph.constant(node.input(0)).isEmpty();
    }

    /// A product with levels of a codebook, and the addition of a bias.
    private void codebook(Node node, CodebookWeights.Format format) {
        boolean transposed = node.op() instanceof Gemm gemm && gemm.transB();
        String name = node.input(1);
        Tensor original = graph.constant(name).orElseThrow();
        Tensor rows = transposed ? original : WeightTensors.transposed(original);
        CodebookWeights weights = CodebookWeights.of(rows, format, spec.block());
        Tensor levels = Tensor.of(Shape.of(weights.codebook().levels().length), weights.codebook().levels());
        floatBytes += original.byteSize();
        quantizedBytes += weights.codes().byteSize() + levels.byteSize() + weights.scales().byteSize();
        List<String> operands =
                List.of(
                        node.input(0),
                        builder.constant(name + "_codes", weights.codes()),
                        builder.constant(name + "_levels", levels),
                        builder.constant(name + "_scales", weights.scales()));
        MatMulCodebook op = new MatMulCodebook(spec.block());
        boolean biased = node.op() instanceof Gemm && node.has(2);
        String product = biased ? builder.freshName(node.output() + "_product") : node.output();
        builder.add(new Node(node.name(), op, operands, List.of(product), node.metadata()));
        if (biased) {
            Binary add = new Binary(BinaryFunction.ADD);
            String sum = builder.freshName(node.name() + "_bias");
            builder.add(new Node(sum, add, List.of(product, node.input(2)), List.of(node.output())));
        }
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
