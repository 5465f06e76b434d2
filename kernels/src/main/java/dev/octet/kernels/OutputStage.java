package dev.octet.kernels;

import dev.octet.graph.op.Epilogue;
import dev.octet.tensor.DType;
import org.jspecify.annotations.Nullable;

/// What happens to the INT32 sums of an integer product, per output channel `c` (row of a convolution's weights, column
/// of a matrix product). Arrays have one entry per channel, or one for all.
///
/// `f32(acc)` is the sum rounded once to float; every product and quotient is one float operation, and an epilogue is
/// exactly [Epilogue#toFunction], so that results are the same bits everywhere.
public sealed interface OutputStage {
    /// Type of the result.
    DType dtype();

    /// Stores the sums: INT32.
    record Accumulator() implements OutputStage {
        @Override
        public DType dtype() {
            return DType.INT32;
        }
    }

    /// `epilogue(f32(acc)·scale[c])`: FLOAT32.
    record Dequantize(float[] scales, Epilogue epilogue) implements OutputStage {
        public Dequantize {
            if (scales.length == 0) {
                throw new IllegalArgumentException("Dequantize: no scales");
            }
        }

        @Override
        public DType dtype() {
            return DType.FLOAT32;
        }
    }

    /// `epilogue(f32(acc)·f32(inputScale·scales[c]) + bias[c])`: FLOAT32, of matrix products only. The scale of A is an
    /// operand, the last one, so that it may depend on the data.
    ///
    /// @param bias FLOAT32, one number per channel, or null
    record Rescale(float[] scales, float @Nullable [] bias, Epilogue epilogue) implements OutputStage {
        public Rescale {
            if (scales.length == 0) {
                throw new IllegalArgumentException("Rescale: no scales");
            }
        }

        @Override
        public DType dtype() {
            return DType.FLOAT32;
        }
    }

    /// Without an epilogue `clamp(rne(f32(acc)·multiplier[c]) + zeroPoint)` with `multiplier[c] =
    /// f32(scale[c]/outputScale)`, as ONNX Runtime does; with one `clamp(rne(epilogue(f32(acc)·scale[c]) / outputScale)
    /// + zeroPoint)`. NaN becomes the type's smallest value.
    ///
    /// @param scales `inputScale·weightScale[c]`, rounded to float
    /// @param dtype an integer type of 8 bits, whose range is the clamp
    record Requantize(float[] scales, Epilogue epilogue, float outputScale, int zeroPoint, DType dtype)
            implements OutputStage {
        public Requantize {
            if (scales.length == 0) {
                throw new IllegalArgumentException("Requantize: no scales");
            }
            if (dtype != DType.INT8 && dtype != DType.UINT8) {
                throw new IllegalArgumentException("Requantize: expected INT8 or UINT8, found " + dtype);
            }
            if (zeroPoint < dtype.minValue() || zeroPoint > dtype.maxValue()) {
                throw new IllegalArgumentException("Requantize: zero point " + zeroPoint + " is outside " + dtype);
            }
        }

        /// What the sums of channel `c` are multiplied by where there is no epilogue.
        public float multiplier(int c) {
            return scales[scales.length == 1 ? 0 : c] / outputScale;
        }
    }
}
