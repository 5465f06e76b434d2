package dev.octet.quant;

/// Multiplies in float: `rne(f32(accumulator)·value)`, as PyTorch's `fbgemm` and ONNX Runtime do.
public record FloatMultiplier(float value) implements Multiplier {
    @Override
    public int multiply(int accumulator) {
        return (int) Math.rint((float) accumulator * value);
    }
}
