package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.quant.CodedRows;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// ONNX Runtime's product with weights of few bits, quantized in blocks of each row: `y = A·Bᵀ + bias`, `B[n, k] =
/// (code − zeroPoint)·scale`.
///
/// Inputs A `[…, K]`, codes `[N, blocks, bytes of a block]` (UINT8, the first code in the low bits), scales `[N,
/// blocks]` or flat, zero points? (packed rows of codes, or one number of A's type a block; `2^(bits−1)` without them),
/// block of each column? `[K]`, bias? `[N]`.
///
/// @param bits of a code: 2, 4 or 8
/// @param blockSize columns of a block
public record MatMulNBits(int columns, int rows, int bits, int blockSize) implements Op {
    private static final int ZERO_POINTS = 3;
    private static final int BLOCK_OF_COLUMN = 4;

    /// Index of the input that is added.
    public static final int BIAS = 5;

    public MatMulNBits {
        if (bits != 2 && bits != 4 && bits != 8) {
            throw Inference.mismatch("attribute bits", "2, 4 or 8", bits);
        }
        if (columns < 0 || rows < 0 || blockSize < 1 || (long) blockSize * bits % 8 != 0) {
            throw Inference.mismatch(
                    "attributes K, N, block_size",
                    "positive numbers and whole bytes",
                    List.of(columns, rows, blockSize));
        }
    }

    public static MatMulNBits of(Attributes attributes) {
        return new MatMulNBits(
                attributes.getInt("K", 0),
                attributes.getInt("N", 0),
                attributes.getInt("bits", 4),
                attributes.getInt("block_size", 128));
    }

    @Override
    public String type() {
        return "MatMulNBits";
    }

    @Override
    public String domain() {
        return "com.microsoft";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder()
                .put("K", (long) columns)
                .put("N", (long) rows)
                .put("bits", (long) bits)
                .put("block_size", (long) blockSize)
                .build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    private int blocks() {
        return Math.ceilDiv(columns, blockSize);
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "A", Operands.FLOATING);
        Operands.require(inference, 1, "codes", EnumSet.of(DType.UINT8));
        Operands.requireSame(inference, 2, "scales", dtype);
        requireCount(inference, 1, "codes", (long) rows * blocks() * (blockSize * bits / 8));
        requireCount(inference, 2, "scales", (long) rows * blocks());
        if (inference.has(ZERO_POINTS)) {
            boolean packed = inference.dtype(ZERO_POINTS) == DType.UINT8;
            if (!packed) {
                Operands.requireSame(inference, ZERO_POINTS, "zero points", dtype);
            }
            long count = packed ? (long) rows * zeroPointBytes() : (long) rows * blocks();
            requireCount(inference, ZERO_POINTS, "zero points", count);
        }
        if (inference.has(BLOCK_OF_COLUMN)) {
            Operands.require(inference, BLOCK_OF_COLUMN, "blocks of the columns", EnumSet.of(DType.INT32));
        }
        Operands.requireSame(inference, BIAS, "bias", dtype);
        Operands.requireVector(inference, BIAS, "bias", Dim.of(rows));
        PartialShape a = inference.shape(0);
        if (a == null) {
            inference.output(0, dtype, null);
            return;
        }
        if (a.rank() < 1) {
            throw Inference.mismatch("rank of A", "at least 1", a.rank());
        }
        Extents.unify(Dim.of(columns), a.dim(-1), "last extent of A");
        List<Dim> dims = new ArrayList<>(a.dims());
        dims.set(dims.size() - 1, Dim.of(rows));
        inference.output(0, dtype, new PartialShape(dims));
    }

    private static void requireCount(Inference inference, int input, String name, long count) {
        PartialShape shape = inference.type(input).shape();
        if (shape != null && shape.isFixed() && shape.toShape().elementCount() != count) {
            throw Inference.mismatch("elements of " + name, count, shape);
        }
    }

    /// Bytes of the zero points of a row.
    private int zeroPointBytes() {
        return Math.ceilDiv(blocks() * bits, 8);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, -1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor a = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        Tensor bias = Operands.find(inputs, BIAS);
        long count = rows == 0 ? 0 : y.elementCount() / rows;
        float[] weights = new float[columns];
        double[] left = new double[Extents.arrayLength(a.elementCount())];
        Elements.read(a, 0, left, left.length);
        CodedRows coded = weights(inputs);
        for (int row = 0; row < rows; row++) {
            dequantize(coded, row, Operands.find(inputs, BLOCK_OF_COLUMN), weights);
            double start = bias == null ? 0 : bias.getDouble(row);
            for (int m = 0; m < count; m++) {
                double sum = start;
                for (int k = 0; k < columns; k++) {
                    sum += left[m * columns + k] * weights[k];
                }
                y.setDouble((long) m * rows + row, sum);
            }
        }
    }

    private void dequantize(CodedRows coded, int row, @Nullable Tensor blockOfColumn, float[] weights) {
        if (blockOfColumn == null) {
            coded.dequantize(row, 0, columns, weights);
            return;
        }
        for (int k = 0; k < columns; k++) {
            int block = blockOfColumn.getInt(k);
            if (block < 0 || block >= blocks()) {
                throw Inference.mismatch("block of column " + k, "one in [0, " + blocks() + ")", block);
            }
            weights[k] = (coded.code(row, k) - coded.zeroPoint(row, block)) * coded.scale(row, block);
        }
    }

    /// Whether the blocks are of neighbours.
    public static boolean hasPlainBlocks(Node node) {
        return !node.has(BLOCK_OF_COLUMN);
    }

    /// B, a row for each column of y; with [#hasPlainBlocks] its blocks are these.
    ///
    /// @param inputs all inputs; of A none is looked at
    public CodedRows weights(List<@Nullable Tensor> inputs) {
        return new CodedRows(
                columns,
                bits,
                blockSize,
                Operands.get(inputs, 1),
                Operands.get(inputs, 2),
                Operands.find(inputs, ZERO_POINTS));
    }
}
