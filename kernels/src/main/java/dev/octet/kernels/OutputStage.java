package dev.octet.kernels;

import dev.octet.graph.op.Epilogue;
import dev.octet.tensor.DType;

/// What happens to the INT32 sums of an integer product, per output channel `c` (row of a convolution's weights,
/// column of a matrix product). Arrays have one entry per channel, or one for all.
public sealed interface OutputStage {
    /// Stores the sums: INT32.
    record Accumulator() implements OutputStage {}

    /// `epilogue(f32(acc)·scale[c])`: FLOAT32.
    record Dequantize(float[] scales, Epilogue epilogue) implements OutputStage {}

    /// Without an epilogue `clamp(rne(f32(acc)·multiplier[c]) + zeroPoint)` with `multiplier[c] = f32(inputScale·weightScale[c])/outputScale`,
    /// as ONNX Runtime does; with one `clamp(rne(epilogue(f32(acc)·scale[c]) / outputScale) + zeroPoint)`.
    ///
    /// @param scales `inputScale·weightScale[c]`, rounded to float
    /// @param dtype an integer type of 8 bits, whose range is the clamp
    record Requantize(float[] scales, Epilogue epilogue, float outputScale, int zeroPoint, DType dtype)
            implements OutputStage {}
}
