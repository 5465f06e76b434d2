package dev.octet.kernels;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Unary;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What a kernel computes, complete with shapes and constants. Tensors are row-major; convolutions are channels
/// first. Each record names its operands in order.
public sealed interface KernelSpec {
    /// `y = epilogue(conv(x, weights) + bias + residual)` in FLOAT32.
    ///
    /// Inputs x, and the residual (shaped as y) if `residual`. Output y.
    ///
    /// @param weights `[outChannels, inChannels/groups, kernelHeight, kernelWidth]`
    /// @param bias `[outChannels]`
    record Conv(ConvGeometry geometry, Tensor weights, @Nullable Tensor bias, boolean residual, Epilogue epilogue)
            implements KernelSpec {}

    /// Transposed convolution in FLOAT32: the geometry is that of the forward convolution whose gradient this is, so
    /// its input is this one's output. Input x `[batch, outChannels, outHeight, outWidth]` of the geometry; output
    /// `[batch, inChannels, inHeight, inWidth]`.
    ///
    /// @param weights `[geometry.outChannels, geometry.inChannels/groups, kernelHeight, kernelWidth]`
    /// @param bias `[geometry.inChannels]`
    record ConvTranspose(ConvGeometry geometry, Tensor weights, @Nullable Tensor bias, Epilogue epilogue)
            implements KernelSpec {}

    /// Integer convolution: `acc = Σ (x − inputZeroPoint)·(w − weightZeroPoint[c]) + bias[c]`, exact, then the output
    /// stage. Padding counts as `inputZeroPoint`. Inputs x, and its zero point (a scalar of x's type) if
    /// `inputZeroPoint` is null. Output y.
    ///
    /// @param inputType INT8 or UINT8
    /// @param weights INT8 or UINT8, shaped as those of [Conv]
    /// @param weightZeroPoints one, or one per output channel
    /// @param bias INT32 in units of the accumulator, or null
    record IntegerConv(
            ConvGeometry geometry,
            DType inputType,
            @Nullable Integer inputZeroPoint,
            Tensor weights,
            int[] weightZeroPoints,
            int @Nullable [] bias,
            OutputStage stage)
            implements KernelSpec {}

    /// `C = epilogue(A·B·alpha + bias + residual)` in FLOAT32.
    ///
    /// Inputs A, then B unless it is constant, then the residual (shaped as C) if `residual`. Output C.
    ///
    /// @param constantB B where it is constant, so that it is packed once; null if it is an operand
    /// @param bias `[n]`
    record MatMul(
            MatMulGeometry geometry,
            @Nullable Tensor constantB,
            float alpha,
            @Nullable Tensor bias,
            boolean residual,
            Epilogue epilogue)
            implements KernelSpec {}

    /// Integer matrix product: `acc = Σ (a − zeroPointA)·(b − zeroPointsB[n]) + bias[n]`, exact, then the output stage.
    ///
    /// Inputs A, then B unless it is constant, then A's zero point (a scalar of A's type) if `zeroPointA` is null, then
    /// B's (a scalar, or one per column, of B's type) if `zeroPointsB` is null. Output C.
    ///
    /// @param typeA INT8 or UINT8
    /// @param typeB INT8 or UINT8
    /// @param bias INT32 in units of the accumulator, or null
    record IntegerMatMul(
            MatMulGeometry geometry,
            DType typeA,
            DType typeB,
            @Nullable Tensor constantB,
            @Nullable Integer zeroPointA,
            int @Nullable [] zeroPointsB,
            int @Nullable [] bias,
            OutputStage stage)
            implements KernelSpec {}

    /// Element-wise function in FLOAT32. Input x, output y of `count` elements.
    record Elementwise(Unary function, long count) implements KernelSpec {}

    /// Element-wise function of two FLOAT32 operands that broadcast, and an epilogue. Inputs a, b; output y: FLOAT32
    /// (`function` is no predicate).
    record Broadcast(BinaryFunction function, Shape a, Shape b, Epilogue epilogue) implements KernelSpec {}

    /// `y = x·scale[c] + shift[c]` in FLOAT32 over `[outer, channels, inner]`: batch normalization at inference.
    record ChannelAffine(long outer, int channels, long inner, float[] scale, float[] shift, Epilogue epilogue)
            implements KernelSpec {}

    /// Reduction of the middle axis of `[outer, length, inner]` in FLOAT32 to `[outer, inner]`.
    record Reduce(ReduceFunction function, long outer, long length, long inner) implements KernelSpec {}

    /// Softmax or its logarithm over the middle axis of `[outer, length, inner]` in FLOAT32.
    record Softmax(boolean log, long outer, long length, long inner) implements KernelSpec {}

    /// `(x − mean)/√(var + epsilon)·scale + bias` over the rows of `[rows, length]` in FLOAT32. Inputs x, scale
    /// `[length]`, bias `[length]` if `bias`.
    record LayerNorm(long rows, int length, float epsilon, boolean bias) implements KernelSpec {}

    /// Pooling in the given type: FLOAT32 for every function; INT8 and UINT8 for MAX. The geometry's channels are
    /// equal and its groups are the channels.
    record Pool(PoolFunction function, ConvGeometry geometry, DType dtype, boolean countIncludePad)
            implements KernelSpec {}

    /// Mean of the planes of `[planes, pixels]`: of FLOAT32, or of 8-bit values requantized per
    /// `y = clamp(rne((Σx − pixels·inputZeroPoint)·(inputScale/(outputScale·pixels))) + zeroPoint)`.
    record GlobalAveragePool(long planes, int pixels, @Nullable Rescale rescale) implements KernelSpec {}

    /// Parameters of an 8-bit tensor that becomes another.
    record Rescale(
            DType inputType, float inputScale, int inputZeroPoint, DType outputType, float outputScale, int zeroPoint) {}

    /// `y = clamp(rne(x/scale[c]) + zeroPoint[c])` over `[outer, channels, inner]`; one entry serves all channels.
    ///
    /// @param dtype an 8-bit type
    record Quantize(long outer, int channels, long inner, float[] scales, int[] zeroPoints, DType dtype)
            implements KernelSpec {}

    /// `y = (x − zeroPoint[c])·scale[c]` over `[outer, channels, inner]`; one entry serves all channels.
    ///
    /// @param dtype an 8-bit type, or INT32
    record Dequantize(long outer, int channels, long inner, float[] scales, int[] zeroPoints, DType dtype)
            implements KernelSpec {}

    /// ONNX DynamicQuantizeLinear. Input x (FLOAT32); outputs y (UINT8), scale (FLOAT32), zero point (UINT8).
    record DynamicQuantize(long count) implements KernelSpec {}

    /// `y = table[x & 255]` of 8-bit elements.
    record TableLookup(byte[] table, long count) implements KernelSpec {}

    /// `y = clamp(rne(epilogue(f(a', b'))/outputScale) + zeroPoint)` with `a' = (a − za)·sa`, `b'` likewise; 8-bit
    /// operands that broadcast. Inputs a, b.
    record QuantizedBroadcast(
            BinaryFunction function,
            Shape a,
            Shape b,
            Rescale left,
            Rescale right,
            Epilogue epilogue)
            implements KernelSpec {}

    /// Permutes the axes of a tensor: output axis `i` is input axis `perm[i]`.
    ///
    /// @param elementBytes 1, 2, 4 or 8
    record Transpose(Shape shape, int[] perm, int elementBytes) implements KernelSpec {}
}
