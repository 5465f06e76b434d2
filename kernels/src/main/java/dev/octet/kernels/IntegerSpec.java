package dev.octet.kernels;

import dev.octet.quant.FixedPointBinary;
import dev.octet.quant.FixedPointMean;
import dev.octet.quant.FixedPointMultiplier;
import dev.octet.quant.FixedPointRow;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What integer-only inference computes beside the sums of products and lookups: no number of it is a float.
public sealed interface IntegerSpec extends KernelSpec {
    /// `y = clamp(multiplier[c]·(x + bias[c]) + zeroPoint, min, max)` over INT32 `[outer, channels, inner]`. Input x,
    /// output y.
    ///
    /// @param bias one per channel, or null
    /// @param multipliers one, or one per channel
    /// @param dtype of the result: INT8 or UINT8
    record Requantize(
            long outer,
            int channels,
            long inner,
            int @Nullable [] bias,
            FixedPointMultiplier[] multipliers,
            int zeroPoint,
            int min,
            int max,
            DType dtype)
            implements IntegerSpec {
        public Requantize {
            KernelSpec.requireByte("Requantize", dtype);
            KernelSpec.requireBias("Requantize", bias, channels);
            KernelSpec.requireChannels("Requantize", "multipliers", multipliers.length, channels);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {4 * outer * channels * inner};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {outer * channels * inner};
        }
    }

    /// A function of two 8-bit operands that broadcast. Inputs a, b; output y.
    ///
    /// @param output type of the result: INT8 or UINT8
    record Binary(FixedPointBinary function, Shape a, Shape b, DType left, DType right, DType output)
            implements IntegerSpec {
        public Binary {
            KernelSpec.requireByte("Binary", left);
            KernelSpec.requireByte("Binary", right);
            KernelSpec.requireByte("Binary", output);
            Shape.broadcast(a, b);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {a.elementCount(), b.elementCount()};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {Shape.broadcast(a, b).elementCount()};
        }
    }

    /// Mean over the middle axis of 8-bit `[outer, function.count(), inner]`. Input x, output y.
    record Mean(FixedPointMean function, long outer, long inner, DType input, DType output) implements IntegerSpec {
        public Mean {
            KernelSpec.requireByte("Mean", input);
            KernelSpec.requireByte("Mean", output);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {outer * function.count() * inner};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {outer * inner};
        }
    }

    /// The mean of each window of 8-bit values, to the nearest, ties away from zero; padding does not count. The
    /// geometry's channels are equal and its groups are the channels. Input x, output y of the same type.
    ///
    /// @param min smallest result
    record AveragePool(ConvGeometry geometry, DType dtype, int min, int max) implements IntegerSpec {
        public AveragePool {
            KernelSpec.requireByte("AveragePool", dtype);
            if (!geometry.isDepthwise()) {
                throw new IllegalArgumentException(
                        "AveragePool: expected equal channels and groups, found " + geometry);
            }
        }

        @Override
        public long[] inputBytes() {
            return new long[] {geometry.inputElements()};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {geometry.outputElements()};
        }
    }

    /// A function of rows, as Softmax is, along the middle axis of 8-bit `[outer, length, inner]`. Input x, output y of
    /// the same type.
    record Row(FixedPointRow function, long outer, int length, long inner, DType dtype) implements IntegerSpec {
        public Row {
            KernelSpec.requireByte("Row", dtype);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {outer * length * inner};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {outer * length * inner};
        }
    }

    /// INT32 sums of a transposed convolution: `Σ (x − inputZeroPoint)·w`, exact. The geometry is that of the forward
    /// convolution, as in [KernelSpec.ConvTranspose]. Input x, output y.
    ///
    /// @param weights INT8, `[geometry.outChannels, geometry.inChannels/groups, kernelHeight, kernelWidth]`
    record ConvTranspose(ConvGeometry geometry, DType inputType, int inputZeroPoint, Tensor weights)
            implements IntegerSpec {
        public ConvTranspose {
            KernelSpec.requireByte("ConvTranspose", inputType);
            KernelSpec.require(
                    "ConvTranspose",
                    "weights",
                    DType.INT8,
                    (long) geometry.outChannels() * geometry.reductionLength(),
                    weights);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {geometry.outputElements()};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * geometry.inputElements()};
        }
    }
}
