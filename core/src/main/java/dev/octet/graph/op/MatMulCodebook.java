package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Product with weights that are indices into a table of numbers, scaled in blocks of each row: `y = A·Bᵀ`, `B[n, k] =
/// levels[codes[n, k]]·scales[n, k/blockSize]`. Rows are decoded as they are needed, so that the weights stay as small
/// as they are stored.
///
/// Inputs A `[…, K]` (FLOAT32), codes `[N, K]` (UINT2, UINT4 or UINT8), levels (FLOAT32, one for each code), scales
/// (FLOAT32 `[N, ⌈K/blockSize⌉]`).
public record MatMulCodebook(int blockSize) implements Op {
    public MatMulCodebook {
        if (blockSize < 1) {
            throw Inference.mismatch("attribute block_size", "at least 1", blockSize);
        }
    }

    public static MatMulCodebook of(Attributes attributes) {
        return new MatMulCodebook(attributes.getInt("block_size", 64));
    }

    @Override
    public String type() {
        return "MatMulCodebook";
    }

    @Override
    public String domain() {
        return Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("block_size", (long) blockSize).build();
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        Operands.requireSame(inference, 0, "A", DType.FLOAT32);
        DType codes = Operands.require(inference, 1, "codes", EnumSet.of(DType.UINT2, DType.UINT4, DType.UINT8));
        Operands.requireSame(inference, 2, "levels", DType.FLOAT32);
        Operands.requireVector(inference, 2, "levels", Dim.of(1L << codes.bits()));
        Operands.requireSame(inference, 3, "scales", DType.FLOAT32);
        Operands.requireRank(inference, 1, "codes", 2);
        PartialShape a = inference.shape(0);
        PartialShape b = inference.shape(1);
        if (a == null || b == null) {
            inference.output(0, DType.FLOAT32, null);
            return;
        }
        if (a.rank() < 1) {
            throw Inference.mismatch("rank of A", "at least 1", a.rank());
        }
        Extents.unify(b.dim(1), a.dim(-1), "last extent of A");
        if (b.isFixed()) {
            long blocks = Math.ceilDiv(b.toShape().dim(1), (long) blockSize);
            Operands.requireShape(inference, 3, "scales", PartialShape.of(b.toShape().dim(0), blocks));
        }
        List<Dim> dims = new ArrayList<>(a.dims());
        dims.set(dims.size() - 1, b.dim(0));
        inference.output(0, DType.FLOAT32, new PartialShape(dims));
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofProducts(operands, results, 0, -1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor codes = Operands.get(inputs, 1);
        float[] levels = Operands.get(inputs, 2).toFloatArray();
        Tensor scales = Operands.get(inputs, 3);
        Tensor y = outputs.get(0);
        int rows = Math.toIntExact(codes.shape().dim(0));
        int columns = Math.toIntExact(codes.shape().dim(1));
        float[] left = Operands.get(inputs, 0).toFloatArray();
        int count = columns == 0 ? Math.toIntExact(y.elementCount() / Math.max(1, rows)) : left.length / columns;
        long blocks = Math.ceilDiv(columns, blockSize);
        float[] weights = new float[columns];
        for (int row = 0; row < rows; row++) {
            for (int k = 0; k < columns; k++) {
                float scale = scales.getFloat(row * blocks + k / blockSize);
                weights[k] = levels[codes.getCode((long) row * columns + k)] * scale;
            }
            for (int m = 0; m < count; m++) {
                y.setFloat((long) m * rows + row, dot(left, m * columns, weights));
            }
        }
    }

    private static float dot(float[] left, int start, float[] right) {
        double sum = 0;
        for (int k = 0; k < right.length; k++) {
            sum += (double) left[start + k] * right[k];
        }
        return (float) sum;
    }
}
