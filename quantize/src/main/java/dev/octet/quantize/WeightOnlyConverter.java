package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulCodebook;
import dev.octet.graph.op.MatMulNBits;
import dev.octet.graph.op.Op;
import dev.octet.quant.BlockWeights;
import dev.octet.quant.CodebookWeights;
import dev.octet.quant.PackedBlocks;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.WeightOnlySpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Replaces constant matrices of products by integers in blocks and their DequantizeLinear (opset 21), the form that
/// ONNX Runtime's tool writes as QDQ and its sessions turn into MatMulNBits; or the products by [MatMulNBits] at once,
/// where operators on integers are wanted; or, where a codebook is wanted, by [MatMulCodebook].
final class WeightOnlyConverter {
    private static final int OPSET_OF_BLOCKS = 21;
    private static final int OPSET_OF_TWO_BITS = 25;

    private final Graph graph;
    private final WeightOnlySpec spec;
    private final QdqBuilder builder;

    /// What a product reads in place of each matrix, as it is or transposed.
    private final Map<String, List<String>> stored = new HashMap<>();

    private final List<TensorDecision> tensors = new ArrayList<>();
    private long floatBytes;
    private long quantizedBytes;

    WeightOnlyConverter(Graph graph, WeightOnlySpec spec) {
        this.graph = graph;
        this.spec = spec;
        boolean twoBits = spec.codebook() != null || (spec.bits() == 2 && spec.rules().format() == QuantFormat.QDQ);
        builder = new QdqBuilder(graph, twoBits ? OPSET_OF_TWO_BITS : OPSET_OF_BLOCKS, "");
    }

    Conversion convert() {
        List<Decision> decisions = new ArrayList<>();
        for (Node node : graph.nodes()) {
            String refusal = refusal(node);
            String form = "its weights are stored in blocks";
            decisions.add(new Decision(node, refusal.isEmpty(), refusal.isEmpty() ? form : refusal));
            if (refusal.isEmpty()) {
                convert(node);
            } else {
                builder.add(node);
            }
        }
        return new Conversion(builder.build(graph), decisions, tensors, floatBytes, quantizedBytes);
    }

    /// Why the weights of a node stay as they are; empty if they are quantized.
    private String refusal(Node node) {
        if (!(node.op() instanceof MatMul || node.op() instanceof Gemm)) {
            return "it is no product";
        }
        if (!spec.rules().config(node).quantize()) {
            return "excluded by the specification";
        }
        if (isScaled(node) && spec.codebook() != null) {
            return "it computes more than a product and a sum";
        }
        Tensor weights = graph.constants().get(node.input(1));
        if (weights == null || weights.dtype() != DType.FLOAT32 || graph.constant(node.input(0)).isPresent()) {
            return "its weights are not constant FLOAT32, or its other operand is constant, too";
        }
        return weights.shape().rank() == 2 && weights.elementCount() > 0 ? "" : "its weights are not a matrix";
    }

    /// Whether it computes more than a product and a sum.
    private static boolean isScaled(Node node) {
        return node.op() instanceof Gemm gemm && (gemm.transA() || gemm.alpha() != 1 || gemm.beta() != 1);
    }

    private static boolean isTransposed(Node node) {
        return node.op() instanceof Gemm gemm && gemm.transB();
    }

    private void convert(Node node) {
        CodebookWeights.Format format = spec.codebook();
        if (format != null) {
            addProduct(node, new MatMulCodebook(spec.block()), stored(node, name -> codebook(node, name, format)));
        } else if (spec.rules().format() == QuantFormat.QOPERATOR && !isScaled(node)) {
            addProduct(node, matMulNBits(node), stored(node, name -> packed(node, name)));
        } else {
            addDequantized(node, stored(node, name -> List.of(dequantized(node, name))).getFirst());
        }
    }

    private MatMulNBits matMulNBits(Node node) {
        Shape shape = graph.constant(node.input(1)).orElseThrow().shape();
        int columns = Math.toIntExact(shape.dim(isTransposed(node) ? 1 : 0));
        int rows = Math.toIntExact(shape.dim(isTransposed(node) ? 0 : 1));
        return new MatMulNBits(columns, rows, spec.bits(), spec.block());
    }

    private List<String> stored(Node node, Function<String, List<String>> store) {
        return stored.computeIfAbsent(
                node.input(1) + isTransposed(node),
                _ -> {
                    String integers = format() + " in blocks of " + spec.block();
                    tensors.add(new TensorDecision(node.input(1), integers, "each block", "weights of " + node));
                    return store.apply(node.input(1));
                });
    }

    private String format() {
        CodebookWeights.Format codebook = spec.codebook();
        return codebook == null ? spec.bits() + " bits" + (spec.symmetric() ? " symmetric" : "") : codebook.toString();
    }

    /// A product with weights that its operator decodes, and the addition of a bias.
    private void addProduct(Node node, Op op, List<String> weights) {
        List<String> operands = new ArrayList<>(List.of(node.input(0)));
        operands.addAll(weights);
        boolean biased = node.op() instanceof Gemm && node.has(2);
        String product = biased ? builder.freshName(node.output() + "_product") : node.output();
        builder.add(new Node(node.name(), op, operands, List.of(product), node.metadata()));
        if (biased) {
            Binary add = new Binary(BinaryFunction.ADD);
            String sum = builder.freshName(node.name() + "_bias");
            builder.add(new Node(sum, add, List.of(product, node.input(2)), List.of(node.output())));
        }
    }

    /// The product as it is, with a matrix that is computed from blocks.
    private void addDequantized(Node node, String weights) {
        List<String> inputs = new ArrayList<>(node.inputs());
        inputs.set(1, weights);
        Node reading = node.withInputs(inputs);
        builder.add(
                node.op() instanceof Gemm gemm
                        ? reading.withOp(new Gemm(gemm.alpha(), gemm.beta(), gemm.transA(), false))
                        : reading);
    }

    private List<String> codebook(Node node, String name, CodebookWeights.Format format) {
        CodebookWeights weights = CodebookWeights.of(rows(node), format, spec.block());
        Tensor levels = Tensor.of(Shape.of(weights.codebook().levels().length), weights.codebook().levels());
        count(name, weights.codes(), levels, weights.scales());
        return List.of(
                builder.constant(name + "_codes", weights.codes()),
                builder.constant(name + "_levels", levels),
                builder.constant(name + "_scales", weights.scales()));
    }

    /// Names are those of ONNX Runtime's tool. Without zero points they are half of the range.
    private List<String> packed(Node node, String name) {
        PackedBlocks blocks = PackedBlocks.of(blocks(node));
        String codes = builder.constant(name + "_Q" + spec.bits(), blocks.codes());
        String scales = builder.constant(name + "_scales", blocks.scales());
        if (spec.symmetric()) {
            count(name, blocks.codes(), blocks.scales());
            return List.of(codes, scales);
        }
        count(name, blocks.codes(), blocks.scales(), blocks.zeroPoints());
        return List.of(codes, scales, builder.constant(name + "_zero_points", blocks.zeroPoints()));
    }

    private String dequantized(Node node, String name) {
        BlockWeights blocks = blocks(node);
        count(name, blocks.codes(), blocks.scales(), blocks.zeroPoints());
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

    private void count(String name, Tensor... quantized) {
        floatBytes += graph.constant(name).orElseThrow().byteSize();
        for (Tensor tensor : quantized) {
            quantizedBytes += tensor.byteSize();
        }
    }

    private BlockWeights blocks(Node node) {
        Tensor original = graph.constant(node.input(1)).orElseThrow();
        Tensor matrix = isTransposed(node) ? WeightTensors.transposed(original) : original;
        return BlockWeights.of(matrix, spec.bits(), spec.block(), spec.symmetric());
    }

    /// The matrix with a row for each output, `[N, K]`.
    private Tensor rows(Node node) {
        Tensor original = graph.constant(node.input(1)).orElseThrow();
        return isTransposed(node) ? original : WeightTensors.transposed(original);
    }
}
