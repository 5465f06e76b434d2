package dev.octet.kernels;

import java.util.Arrays;

/// `(x − mean)/√(var + epsilon)·scale + bias` over the rows of `[rows, length]` in FLOAT32, of `x + residual` if there
/// is one. Inputs x, scale `[length]`, bias `[length]` if `bias`, the residual (shaped as x) if `residual`. Output y.
public record LayerNorm(long rows, int length, float epsilon, boolean bias, boolean residual) implements KernelSpec {
    @Override
    public long[] inputBytes() {
        long[] bytes = new long[residualInput() + (residual ? 1 : 0)];
        Arrays.fill(bytes, 4L * length);
        bytes[0] = rows * 4L * length;
        if (residual) {
            bytes[residualInput()] = bytes[0];
        }
        return bytes;
    }

    /// Where the residual is among the inputs.
    public int residualInput() {
        return bias ? 3 : 2;
    }

    @Override
    public long[] outputBytes() {
        return new long[] {rows * 4L * length};
    }
}
