package dev.octet.kernels;

import dev.octet.formula.Formula;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Unary;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What a kernel computes, complete with shapes and constants. Tensors are row-major; images lie as the layout of the
/// [ConvGeometry] says. Each record names its operands in order; [#inputBytes] and [#outputBytes] give their lengths.
/// Arrays are not copied: leave them alone until the kernel is compiled.
public sealed interface KernelSpec
        permits BlockMatMul,
                CopySpec,
                CountBins,
                IntegerSpec,
                KernelSpec.Broadcast,
                KernelSpec.Chain,
                KernelSpec.ChannelAffine,
                KernelSpec.Conv,
                KernelSpec.ConvTranspose,
                KernelSpec.Dequantize,
                KernelSpec.DynamicQuantize,
                KernelSpec.Elementwise,
                KernelSpec.GlobalAveragePool,
                KernelSpec.IntegerConv,
                KernelSpec.IntegerMatMul,
                KernelSpec.MatMul,
                KernelSpec.Pool,
                KernelSpec.Quantize,
                KernelSpec.QuantizedBroadcast,
                KernelSpec.Reduce,
                KernelSpec.Softmax,
                KernelSpec.TableLookup,
                KernelSpec.Transpose,
                LayerNorm,
                MaskedSoftmax {
    /// An entry of [#inputBytes] whose length the specification leaves open.
    long ANY_LENGTH = -1;

    /// Length of each operand.
    long[] inputBytes();

    /// Length of each result.
    long[] outputBytes();

    /// `y = epilogue(conv(x, weights) + bias + residual)` in FLOAT32.
    ///
    /// Inputs x, and the residual (shaped as y) if `residual`. Output y.
    ///
    /// @param weights `[outChannels, inChannels/groups, kernelHeight, kernelWidth]`
    /// @param bias `[outChannels]`
    record Conv(ConvGeometry geometry, Tensor weights, @Nullable Tensor bias, boolean residual, Epilogue epilogue)
            implements KernelSpec {
        public Conv {
            long length = (long) geometry.outChannels() * geometry.reductionLength();
            require("Conv", "weights", DType.FLOAT32, length, weights);
            require("Conv", "bias", DType.FLOAT32, geometry.outChannels(), bias);
        }

        @Override
        public long[] inputBytes() {
            long x = 4 * geometry.inputElements();
            return residual ? new long[] {x, 4 * geometry.outputElements()} : new long[] {x};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * geometry.outputElements()};
        }
    }

    /// Transposed convolution in FLOAT32: the geometry is that of the forward convolution whose gradient this is, so
    /// its input is this one's output. Input x has the geometry's `outChannels`, `outHeight` and `outWidth`; output y
    /// its `inChannels`, `inHeight` and `inWidth`.
    ///
    /// @param weights `[geometry.outChannels, geometry.inChannels/groups, kernelHeight, kernelWidth]`
    /// @param bias `[geometry.inChannels]`
    record ConvTranspose(ConvGeometry geometry, Tensor weights, @Nullable Tensor bias, Epilogue epilogue)
            implements KernelSpec {
        public ConvTranspose {
            long length = (long) geometry.outChannels() * geometry.reductionLength();
            require("ConvTranspose", "weights", DType.FLOAT32, length, weights);
            require("ConvTranspose", "bias", DType.FLOAT32, geometry.inChannels(), bias);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {4 * geometry.outputElements()};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * geometry.inputElements()};
        }
    }

    /// Integer convolution: `acc = Σ (x − inputZeroPoint)·(w − weightZeroPoint[c]) + bias[c]`, exact (modulo 2³²), then
    /// the output stage. Padding counts as `inputZeroPoint`. Inputs x, and its zero point (a scalar of x's type) if
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
            implements KernelSpec {
        public IntegerConv {
            int channels = geometry.outChannels();
            requireByte("IntegerConv", inputType);
            requireByte("IntegerConv", weights.dtype());
            require("IntegerConv", "weights", weights.dtype(), (long) channels * geometry.reductionLength(), weights);
            requireZeroPoint("IntegerConv", inputType, inputZeroPoint);
            requireChannels("IntegerConv", "weight zero points", weightZeroPoints.length, channels);
            requireBias("IntegerConv", bias, channels);
            requireStage("IntegerConv", stage, channels);
            if (stage instanceof OutputStage.Rescale) {
                throw new IllegalArgumentException(
                        "IntegerConv: expected a stage with constant scales, found " + stage);
            }
        }

        @Override
        public long[] inputBytes() {
            long x = geometry.inputElements();
            return inputZeroPoint == null ? new long[] {x, 1} : new long[] {x};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {stage.dtype().bytes(geometry.outputElements())};
        }
    }

    /// `C = epilogue(A·B·alpha + bias + residual)` in FLOAT32.
    ///
    /// Inputs A, then B unless it is constant, then the residual (which lies as C) if `residual`. Output C.
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
            implements KernelSpec {
        public MatMul {
            require("MatMul", "B", DType.FLOAT32, geometry.elementsB(), constantB);
            require("MatMul", "bias", DType.FLOAT32, geometry.n(), bias);
        }

        @Override
        public long[] inputBytes() {
            long a = 4 * geometry.elementsA();
            long b = 4 * geometry.elementsB();
            long c = 4 * geometry.elementsC();
            if (constantB == null) {
                return residual ? new long[] {a, b, c} : new long[] {a, b};
            }
            return residual ? new long[] {a, c} : new long[] {a};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * geometry.elementsC()};
        }
    }

    /// Integer matrix product: `acc = Σ (a − zeroPointA)·(b − zeroPointsB[n]) + bias[n]`, exact (modulo 2³²), then the
    /// output stage.
    ///
    /// Inputs A, then B unless it is constant, then A's zero point (a scalar of A's type) if `zeroPointA` is null, then
    /// B's (a scalar, or one per column, of B's type) if `zeroPointsB` is null, then A's scale (FLOAT32) if the stage
    /// is [OutputStage.Rescale]. Output C.
    ///
    /// @param typeA INT8 or UINT8
    /// @param typeB INT8 or UINT8
    /// @param zeroPointsB one, or one per column
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
            implements KernelSpec {
        public IntegerMatMul {
            requireByte("IntegerMatMul", typeA);
            requireByte("IntegerMatMul", typeB);
            require("IntegerMatMul", "B", typeB, geometry.elementsB(), constantB);
            requireZeroPoint("IntegerMatMul", typeA, zeroPointA);
            if (zeroPointsB != null) {
                requireChannels("IntegerMatMul", "zero points of B", zeroPointsB.length, geometry.n());
            }
            requireBias("IntegerMatMul", bias, geometry.n());
            requireStage("IntegerMatMul", stage, geometry.n());
        }

        @Override
        public long[] inputBytes() {
            long[] all = {
                geometry.elementsA(),
                constantB == null ? geometry.elementsB() : 0,
                zeroPointA == null ? 1 : 0,
                zeroPointsB == null ? ANY_LENGTH : 0,
                Float.BYTES
            };
            boolean[] present = {
                true, constantB == null, zeroPointA == null, zeroPointsB == null, stage instanceof OutputStage.Rescale
            };
            return IntStream.range(0, all.length).filter(i -> present[i]).mapToLong(i -> all[i]).toArray();
        }

        @Override
        public long[] outputBytes() {
            return new long[] {stage.dtype().bytes(geometry.elementsC())};
        }
    }

    /// Element-wise function in FLOAT32, with the bits of its formula if it has one. Input x, output y of `count`
    /// elements.
    record Elementwise(Unary function, long count) implements KernelSpec {
        @Override
        public long[] inputBytes() {
            return new long[] {4 * count};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * count};
        }
    }

    /// Element-wise function of two FLOAT32 operands that broadcast, and an epilogue. Inputs a, b; output y: FLOAT32
    /// (`function` is no predicate).
    record Broadcast(BinaryFunction function, Shape a, Shape b, Epilogue epilogue) implements KernelSpec {
        public Broadcast {
            requireValue("Broadcast", function);
            Shape.broadcast(a, b);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {4 * a.elementCount(), 4 * b.elementCount()};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * Shape.broadcast(a, b).elementCount()};
        }
    }

    /// `y = epilogue(x·scale[c] + shift[c])` in FLOAT32 over `[outer, channels, inner]`: batch normalization at
    /// inference. Input x, output y.
    record ChannelAffine(long outer, int channels, long inner, float[] scale, float[] shift, Epilogue epilogue)
            implements KernelSpec {
        public ChannelAffine {
            if (scale.length != channels || shift.length != channels) {
                throw new IllegalArgumentException(
                        "ChannelAffine: expected "
                                + channels
                                + " scales and shifts, found "
                                + scale.length
                                + " and "
                                + shift.length);
            }
        }

        @Override
        public long[] inputBytes() {
            return new long[] {4 * outer * channels * inner};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * outer * channels * inner};
        }
    }

    /// Reduction of the middle axis of `[outer, length, inner]` in FLOAT32 to `[outer, inner]`. Input x, output y.
    record Reduce(ReduceFunction function, long outer, long length, long inner) implements KernelSpec {
        @Override
        public long[] inputBytes() {
            return new long[] {4 * outer * length * inner};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * outer * inner};
        }
    }

    /// Softmax or its logarithm over the middle axis of `[outer, length, inner]` in FLOAT32. Input x, output y.
    record Softmax(boolean log, long outer, long length, long inner) implements KernelSpec {
        @Override
        public long[] inputBytes() {
            return new long[] {4 * outer * length * inner};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * outer * length * inner};
        }
    }

    /// Pooling in the given type: FLOAT32 for every function; INT8 and UINT8 for MAX. The geometry's channels are equal
    /// and its groups are the channels. Input x, output y.
    ///
    /// A window that holds padding only gives the type's smallest value (negative infinity) for MAX and 0 for the
    /// others.
    ///
    /// @param countIncludePad whether an average is divided by the whole window, all of whose cells outside the input
    ///   count as padding, or by its cells inside the input
    /// @param p the norm of LP
    record Pool(PoolFunction function, ConvGeometry geometry, DType dtype, boolean countIncludePad, int p)
            implements KernelSpec {
        public Pool {
            if (!geometry.isDepthwise()) {
                throw new IllegalArgumentException("Pool: expected equal channels and groups, found " + geometry);
            }
            if (dtype != DType.FLOAT32) {
                requireByte("Pool", dtype);
                if (function != PoolFunction.MAX) {
                    throw new IllegalArgumentException("Pool: expected FLOAT32 for " + function + ", found " + dtype);
                }
            }
        }

        @Override
        public long[] inputBytes() {
            return new long[] {dtype.bytes(geometry.inputElements())};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {dtype.bytes(geometry.outputElements())};
        }
    }

    /// Mean over the middle axis of `[outer, pixels, inner]`: of FLOAT32 if there are no encodings, or of 8-bit values
    /// as `y = clamp(rne(f32(Σx − pixels·zx)·m) + zy)` with `m = sx/(sy·f32(pixels))` in float. Channels first, `outer`
    /// counts planes and `inner` is 1; channels last, they are the batch and the channels. Input x, output y.
    record GlobalAveragePool(long outer, int pixels, long inner, @Nullable Encoding input, @Nullable Encoding output)
            implements KernelSpec {
        public GlobalAveragePool {
            if ((input == null) != (output == null)) {
                throw new IllegalArgumentException("GlobalAveragePool: expected encodings of both sides or of none");
            }
        }

        @Override
        public long[] inputBytes() {
            return new long[] {outer * pixels * inner * (input == null ? 4 : 1)};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {outer * inner * (input == null ? 4 : 1)};
        }
    }

    /// How an 8-bit tensor encodes real numbers: `real = (q − zeroPoint)·scale`.
    record Encoding(DType dtype, float scale, int zeroPoint) {
        public Encoding {
            requireByte("Encoding", dtype);
            requireZeroPoint("Encoding", dtype, zeroPoint);
        }
    }

    /// `y = clamp(rne(x/scale[c]) + zeroPoint[c])` over `[outer, channels, inner]`; one entry serves all channels. NaN
    /// becomes the type's smallest value. Input x, output y.
    ///
    /// @param dtype an 8-bit type
    record Quantize(long outer, int channels, long inner, float[] scales, int[] zeroPoints, DType dtype)
            implements KernelSpec {
        public Quantize {
            requireByte("Quantize", dtype);
            requireChannels("Quantize", "scales", scales.length, channels);
            requireChannels("Quantize", "zero points", zeroPoints.length, channels);
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

    /// `y = f32(x − zeroPoint[c])·scale[c]` over `[outer, channels, inner]`; one entry serves all channels. Input x,
    /// output y.
    ///
    /// @param dtype an 8-bit type, or INT32
    record Dequantize(long outer, int channels, long inner, float[] scales, int[] zeroPoints, DType dtype)
            implements KernelSpec {
        public Dequantize {
            if (dtype != DType.INT32) {
                requireByte("Dequantize", dtype);
            }
            requireChannels("Dequantize", "scales", scales.length, channels);
            requireChannels("Dequantize", "zero points", zeroPoints.length, channels);
        }

        @Override
        public long[] inputBytes() {
            return new long[] {dtype.bytes(outer * channels * inner)};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {4 * outer * channels * inner};
        }
    }

    /// ONNX DynamicQuantizeLinear. Input x (FLOAT32); outputs y (UINT8), scale (FLOAT32), zero point (UINT8). Zeros
    /// only give scale 1 and zero point 0, and NaN does not count in the range, as in ONNX Runtime.
    record DynamicQuantize(long count) implements KernelSpec {
        @Override
        public long[] inputBytes() {
            return new long[] {4 * count};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {count, 4, 1};
        }
    }

    /// `y = table[x & 255]` of 8-bit elements. Input x, output y.
    ///
    /// @param table 256 entries
    record TableLookup(byte[] table, long count) implements KernelSpec {
        public TableLookup {
            if (table.length != 256) {
                throw new IllegalArgumentException("TableLookup: expected 256 entries, found " + table.length);
            }
        }

        @Override
        public long[] inputBytes() {
            return new long[] {count};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {count};
        }
    }

    /// Function of two 8-bit operands that broadcast, as [dev.octet.graph.op.QLinearBinary] defines it: each operation
    /// is rounded to float, and NaN becomes the type's smallest value. Inputs a, b; output y.
    ///
    /// - ADD without an epilogue: `clamp(rne(fma(a, ra, fma(b, rb, zy − fma(ra, za, rb·zb)))))` with `ra = sa/sy` and
    ///   `rb = sb/sy`;
    /// - MUL without an epilogue: `clamp(rne(f32((a − za)·(b − zb))·((sa·sb)/sy) + zy))`;
    /// - else: `clamp(rne(epilogue(f((a − za)·sa, (b − zb)·sb))/sy) + zy)`, the epilogue as [Epilogue#toFunction] has
    ///   it.
    record QuantizedBroadcast(
            BinaryFunction function,
            Shape a,
            Shape b,
            Encoding left,
            Encoding right,
            Epilogue epilogue,
            Encoding output)
            implements KernelSpec {
        public QuantizedBroadcast {
            requireValue("QuantizedBroadcast", function);
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

    /// A formula of operands that broadcast to one shape, element by element: a chain of element-wise operators as one
    /// pass over memory. Integers enter as the floats of the same value; results of an 8-bit type are `clamp(rne(y))`,
    /// NaN the type's smallest value. Results have the bits of [Formula#apply]. Inputs: the operands that are not
    /// constant, in order; outputs: the formula's results, of the shape.
    ///
    /// @param operands the formula's inputs
    /// @param outputs types of the formula's results: FLOAT32, INT8 or UINT8
    record Chain(Formula formula, Shape shape, List<ChainOperand> operands, List<DType> outputs) implements KernelSpec {
        public Chain {
            operands = List.copyOf(operands);
            outputs = List.copyOf(outputs);
            if (operands.size() != formula.inputs() || outputs.size() != formula.results().size()) {
                throw new IllegalArgumentException(
                        "Chain: expected "
                                + formula.inputs()
                                + " operands and "
                                + formula.results().size()
                                + " outputs, found "
                                + operands.size()
                                + " and "
                                + outputs.size());
            }
            for (ChainOperand operand : operands) {
                if (!Shape.broadcast(operand.shape(), shape).equals(shape)) {
                    throw new IllegalArgumentException(
                            "Chain: an operand of " + operand.shape() + " does not broadcast to " + shape);
                }
            }
            for (DType output : outputs) {
                if (output != DType.FLOAT32) {
                    requireByte("Chain", output);
                }
            }
        }

        @Override
        public long[] inputBytes() {
            return operands.stream()
                    .filter(o -> o.constant() == null)
                    .mapToLong(o -> o.dtype().bytes(o.shape().elementCount()))
                    .toArray();
        }

        @Override
        public long[] outputBytes() {
            return outputs.stream().mapToLong(o -> o.bytes(shape.elementCount())).toArray();
        }
    }

    /// An operand of a [Chain].
    ///
    /// @param dtype FLOAT32, INT8, UINT8 or INT32
    /// @param constant its value where that is constant
    record ChainOperand(DType dtype, Shape shape, @Nullable Tensor constant) {
        public ChainOperand {
            if (dtype != DType.FLOAT32 && dtype != DType.INT32) {
                requireByte("Chain", dtype);
            }
            require("Chain", "a constant", dtype, shape.elementCount(), constant);
        }

        public static ChainOperand of(DType dtype, Shape shape) {
            return new ChainOperand(dtype, shape, null);
        }

        public static ChainOperand constant(Tensor value) {
            return new ChainOperand(value.dtype(), value.shape(), value);
        }
    }

    /// Permutes the axes of a tensor: output axis `i` is input axis `perm[i]`. Input x, output y.
    ///
    /// @param elementBytes 1, 2, 4 or 8
    record Transpose(Shape shape, int[] perm, int elementBytes) implements KernelSpec {
        public Transpose {
            if (Integer.bitCount(elementBytes) != 1 || elementBytes < 1 || elementBytes > 8) {
                throw new IllegalArgumentException(
                        "Transpose: expected elements of 1, 2, 4 or 8 bytes, found " + elementBytes);
            }
            boolean[] seen = new boolean[shape.rank()];
            for (int axis : perm) {
                seen[Shape.normalizeAxis(axis, seen.length)] = true;
            }
            for (boolean s : seen) {
                if (!s || perm.length != seen.length) {
                    throw new IllegalArgumentException(
                            "Transpose: expected a permutation of "
                                    + seen.length
                                    + " axes, found "
                                    + Arrays.toString(perm));
                }
            }
        }

        @Override
        public long[] inputBytes() {
            return new long[] {elementBytes * shape.elementCount()};
        }

        @Override
        public long[] outputBytes() {
            return new long[] {elementBytes * shape.elementCount()};
        }
    }

    static void require(String spec, String what, DType dtype, long count, @Nullable Tensor tensor) {
        if (tensor != null && (tensor.dtype() != dtype || tensor.elementCount() != count)) {
            throw new IllegalArgumentException(
                    spec + ": expected " + what + " of " + count + " " + dtype + ", found " + tensor);
        }
    }

    static void requireByte(String spec, DType dtype) {
        if (dtype != DType.INT8 && dtype != DType.UINT8) {
            throw new IllegalArgumentException(spec + ": expected INT8 or UINT8, found " + dtype);
        }
    }

    private static void requireZeroPoint(String spec, DType dtype, @Nullable Integer zeroPoint) {
        if (zeroPoint != null && (zeroPoint < dtype.minValue() || zeroPoint > dtype.maxValue())) {
            throw new IllegalArgumentException(spec + ": zero point " + zeroPoint + " is outside " + dtype);
        }
    }

    static void requireChannels(String spec, String what, int found, int channels) {
        if (found != 1 && found != channels) {
            throw new IllegalArgumentException(spec + ": expected 1 or " + channels + " " + what + ", found " + found);
        }
    }

    static void requireBias(String spec, int @Nullable [] bias, int channels) {
        if (bias != null && bias.length != channels) {
            throw new IllegalArgumentException(spec + ": expected a bias of " + channels + ", found " + bias.length);
        }
    }

    private static void requireStage(String spec, OutputStage stage, int channels) {
        switch (stage) {
            case OutputStage.Accumulator _ -> {}
            case OutputStage.Dequantize d -> requireChannels(spec, "scales", d.scales().length, channels);
            case OutputStage.Requantize r -> requireChannels(spec, "scales", r.scales().length, channels);
            case OutputStage.Rescale r -> {
                requireChannels(spec, "scales", r.scales().length, channels);
                float[] bias = r.bias();
                requireChannels(spec, "numbers of the bias", bias == null ? channels : bias.length, channels);
            }
        }
    }

    private static void requireValue(String spec, BinaryFunction function) {
        if (function.isPredicate()) {
            throw new IllegalArgumentException(spec + ": " + function + " has no number as its result");
        }
    }
}
