package dev.octet.kernels;

import dev.octet.graph.op.Epilogue;
import dev.octet.quant.CodedRows;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// `y = epilogue(A·Wᵀ + bias)` in FLOAT32 with weights of few bits, which stay so in memory. Input A `[m, length of a
/// row]`, output y `[m, rows]`.
///
/// @param weights a row for each column of y; scales in FLOAT32, zero points UINT8 or FLOAT32
/// @param bias a number for each column
public record BlockMatMul(int m, CodedRows weights, @Nullable Tensor bias, Epilogue epilogue) implements KernelSpec {
    public BlockMatMul {
        long blocks = (long) weights.rows() * weights.blocks();
        long bytes = blocks * (weights.block() * weights.bits() / 8);
        KernelSpec.require("BlockMatMul", "codes", DType.UINT8, bytes, weights.codes());
        KernelSpec.require("BlockMatMul", "scales", DType.FLOAT32, blocks, weights.scales());
        KernelSpec.require("BlockMatMul", "bias", DType.FLOAT32, weights.rows(), bias);
    }

    /// Columns of y.
    public int n() {
        return weights.rows();
    }

    /// Products of a sum.
    public int k() {
        return weights.length();
    }

    @Override
    public long[] inputBytes() {
        return new long[] {4L * m * k()};
    }

    @Override
    public long[] outputBytes() {
        return new long[] {4L * m * n()};
    }
}
