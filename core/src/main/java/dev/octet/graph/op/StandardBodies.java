package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/// Operators of the standard that are a few others.
final class StandardBodies {
    static final List<Composition> ALL =
            List.of(
                    Composition.of("", "CausalConvWithState", 27, StandardBodies::causalConv),
                    Composition.of("", "GlobalLpPool", 2, StandardBodies::globalLpPool),
                    Composition.of("", "Hardmax", 13, StandardBodies::hardmax),
                    Composition.of("", "SwiGLU", 28, StandardBodies::swiGlu));

    private StandardBodies() {}

    static void maskedDropout(Body b) {
        b.output(b.add(new Identity(), b.operand(0)));
        String shape = b.add(ShapeOf.of(Attributes.EMPTY), b.operand(0));
        b.output(b.add(new ConstantOfShape(Tensor.of(DType.BOOL, Shape.of(1), (byte) 1)), shape));
    }

    /// `a·sigmoid(alpha·a)·b`
    private static void swiGlu(Body b) {
        String gate = b.add(new Unary(UnaryFunction.SWISH, b.attributes().getFloat("alpha", 1), 0), b.operand(0));
        b.output(b.times(gate, b.operand(1)));
    }

    /// One where the first largest element of `axis` is, zero elsewhere.
    private static void hardmax(Body b) {
        int axis = b.attributes().getInt("axis", -1);
        String largest = b.add(new ArgReduce(true, axis, true, false), b.operand(0));
        long[] extents = new long[b.rank(0)];
        Arrays.fill(extents, 1);
        extents[Shape.normalizeAxis(axis, extents.length)] = -1;
        String places = b.reshape(b.range(b.extentOf(b.operand(0), axis)), extents);
        b.output(b.cast(b.add(new Binary(BinaryFunction.EQUAL), places, largest), b.dtype(0)));
    }

    /// `(Σ|x|ᵖ)^(1/p)` over the axes after the channels.
    private static void globalLpPool(Body b) {
        int p = b.attributes().getInt("p", 2);
        String axes = b.ints(LongStream.range(WindowGeometry.SPATIAL, b.rank(0)).toArray());
        if (p == 1 || p == 2) {
            ReduceFunction norm = p == 1 ? ReduceFunction.L1 : ReduceFunction.L2;
            b.output(b.add(new Reduce(norm, true, false), b.operand(0), axes));
            return;
        }
        Binary power = new Binary(BinaryFunction.POW);
        DType dtype = b.dtype(0);
        String powers = b.add(power, b.add(Unary.of(UnaryFunction.ABS), b.operand(0)), b.scalar(dtype, p));
        String sum = b.add(new Reduce(ReduceFunction.SUM, true, false), powers, axes);
        b.output(b.add(power, sum, b.scalar(dtype, 1.0 / p)));
    }

    /// A convolution of each channel that sees the present and the past only. Inputs x `[batch, channels, length]`,
    /// weights `[channels, 1, k]`, bias?, the k − 1 values before x?; outputs y, the last k − 1 values.
    private static void causalConv(Body b) {
        if (b.rank(0) != 3 || b.rank(1) != 3) {
            throw Inference.mismatch("ranks of x and weights", "3", b.rank(0) + " and " + b.rank(1));
        }
        int channels = Extents.arrayLength(b.extent(1, 0));
        long past = b.extent(1, 2) - 1;
        String padded =
                b.has(3)
                        ? b.concat(2, b.operand(3), b.operand(0))
                        : b.add(new Pad(Pad.PadMode.CONSTANT), b.operand(0), b.ints(0, 0, past, 0, 0, 0));
        Conv conv = new Conv(Window.of(past + 1), channels);
        String y = b.has(2) ? b.add(conv, padded, b.operand(1), b.operand(2)) : b.add(conv, padded, b.operand(1));
        b.output(
                switch (b.attributes().getString("activation", "none")) {
                    case "none" -> y;
                    case "silu", "swish" -> b.times(y, b.add(Unary.of(UnaryFunction.SIGMOID), y));
                    case String other -> throw Inference.mismatch("attribute activation", "none, silu or swish", other);
                });
        // From the end, unless nothing is to be kept.
        b.output(b.slice(padded, past == 0 ? Long.MAX_VALUE : -past, Long.MAX_VALUE, 2));
    }
}
