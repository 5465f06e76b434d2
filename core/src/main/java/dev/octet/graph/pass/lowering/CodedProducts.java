package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.MatMulNBits;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Products of floats with weights that are dequantized by blocks: the weights stay in their few bits, as MatMulNBits
/// has them. ONNX Runtime does the same with such files.
final class CodedProducts {
    private final Rewriter graph;

    /// The operands behind A, by the node that dequantizes them.
    private final Map<String, Coded> known = new HashMap<>();

    /// Names of codes, scales and zero points.
    private record Coded(MatMulNBits op, List<String> operands) {}

    CodedProducts(Rewriter graph) {
        this.graph = graph;
    }

    void lower(Node node) {
        boolean transposed = node.op() instanceof Gemm gemm && gemm.transB();
        if (!isPlain(node) || graph.dtype(node.input(0)) != DType.FLOAT32) {
            return;
        }
        Node dequantize = graph.producer(node.input(1));
        Coded coded = dequantize == null ? null : coded(dequantize, transposed);
        if (coded == null || (node.has(2) && !isBias(node.input(2), coded.op.rows()))) {
            return;
        }
        List<String> operands = new ArrayList<>(List.of(node.input(0)));
        operands.addAll(coded.operands);
        if (node.has(2)) {
            operands.addAll(List.of("", node.input(2)));
        }
        while (operands.getLast().isEmpty()) {
            operands.removeLast();
        }
        graph.replace(List.of(node), new Node(node.name(), coded.op, operands, node.outputs()));
    }

    /// Whether a node computes a product and a sum, and nothing more.
    private static boolean isPlain(Node node) {
        return node.op() instanceof MatMul
                || node.op() instanceof Gemm gemm && !gemm.transA() && gemm.alpha() == 1 && gemm.beta() == 1;
    }

    private boolean isBias(String value, int columns) {
        TypeInfo type = graph.type(value);
        return type != null && type.equals(TypeInfo.of(DType.FLOAT32, Shape.of(columns)));
    }

    private @Nullable Coded coded(Node node, boolean transposed) {
        if (!(node.op() instanceof DequantizeLinear op) || op.blockSize() == 0) {
            return null;
        }
        Tensor codes = graph.constant(node.input(0));
        Tensor scales = graph.constant(node.input(1));
        Tensor zeroPoints = node.has(2) ? graph.constant(node.input(2)) : null;
        if (codes == null || scales == null || (node.has(2) && zeroPoints == null)) {
            return null;
        }
        return fits(op, codes, scales, transposed)
                ? known.computeIfAbsent(
                        node.name() + transposed,
                        _ -> new Blocks(codes, scales, zeroPoints, op.blockSize(), transposed).coded(node.name()))
                : null;
    }

    private static boolean fits(DequantizeLinear op, Tensor codes, Tensor scales, boolean transposed) {
        int bits = codes.dtype().bits();
        return scales.dtype() == DType.FLOAT32
                && (op.outputType() == null || op.outputType() == DType.FLOAT32)
                && codes.dtype().isInteger()
                && bits <= 8
                && op.blockSize() * bits % 8 == 0
                && codes.shape().rank() == 2
                && codes.elementCount() > 0
                && codes.shape().dim(0) <= Integer.MAX_VALUE
                && codes.shape().dim(1) <= Integer.MAX_VALUE
                && Shape.normalizeAxis(op.axis(), 2) == (transposed ? 1 : 0);
    }

    /// Blocks along the columns of `[K, N]`, or along the rows of `[N, K]` if it is transposed.
    private final class Blocks {
        private final Tensor codes;
        private final Tensor scales;
        private final @Nullable Tensor zeroPoints;
        private final int block;
        private final boolean transposed;
        private final int bits;
        private final int n;
        private final int k;
        private final int blocks;

        Blocks(Tensor codes, Tensor scales, @Nullable Tensor zeroPoints, int block, boolean transposed) {
            this.codes = codes;
            this.scales = scales;
            this.zeroPoints = zeroPoints;
            this.block = block;
            this.transposed = transposed;
            this.bits = codes.dtype().bits();
            this.n = (int) codes.shape().dim(transposed ? 0 : 1);
            this.k = (int) codes.shape().dim(transposed ? 1 : 0);
            this.blocks = Math.ceilDiv(k, block);
        }

        Coded coded(String name) {
            List<String> operands = new ArrayList<>();
            operands.add(graph.addConstant(name + "_codes", packedCodes()));
            operands.add(graph.addConstant(name + "_scales", rowScales()));
            // Without zero points, signed codes have the middle of the range, as MatMulNBits has.
            boolean middle = zeroPoints == null && codes.dtype().minValue() < 0;
            operands.add(middle ? "" : graph.addConstant(name + "_zero_points", packedZeroPoints()));
            return new Coded(new MatMulNBits(k, n, bits, block), operands);
        }

        /// Index of the number in row `row` of the result.
        private long at(int row, int index, int length) {
            return transposed ? (long) row * length + index : (long) index * n + row;
        }

        private Tensor packedCodes() {
            Tensor packed = Tensor.allocate(DType.UINT8, Shape.of(n, blocks, block * bits / 8));
            for (int row = 0; row < n; row++) {
                long first = (long) row * blocks * block;
                for (int p = 0; p < k; p++) {
                    put(packed, (first + p) * bits, code(codes, at(row, p, k)));
                }
            }
            return packed;
        }

        private Tensor packedZeroPoints() {
            int bytes = Math.ceilDiv(blocks * bits, 8);
            Tensor packed = Tensor.allocate(DType.UINT8, Shape.of(n, bytes));
            for (int row = 0; row < n; row++) {
                for (int b = 0; b < blocks; b++) {
                    int zeroPoint = zeroPoints == null ? 0 : code(zeroPoints, at(row, b, blocks));
                    put(packed, 8L * row * bytes + (long) b * bits, zeroPoint);
                }
            }
            return packed;
        }

        private Tensor rowScales() {
            Tensor rows = Tensor.allocate(DType.FLOAT32, Shape.of(n, blocks));
            for (int row = 0; row < n; row++) {
                for (int b = 0; b < blocks; b++) {
                    rows.setFloat((long) row * blocks + b, scales.getFloat(at(row, b, blocks)));
                }
            }
            return rows;
        }

        /// A number as one of MatMulNBits' codes, which start at 0.
        private int code(Tensor numbers, long index) {
            return (int) (numbers.getLong(index) - numbers.dtype().minValue());
        }

        /// Writes a code over zeros.
        private static void put(Tensor bytes, long bit, int code) {
            bytes.setCode(bit / 8, bytes.getCode(bit / 8) | code << (int) (bit % 8));
        }
    }
}
