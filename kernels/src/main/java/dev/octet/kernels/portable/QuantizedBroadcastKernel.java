package dev.octet.kernels.portable;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.Shape;
import java.lang.foreign.MemorySegment;

/// Functions of two 8-bit operands.
final class QuantizedBroadcastKernel {
    private QuantizedBroadcastKernel() {}

    /// Turns the operands' integers, less their zero points, into steps of the result, which replace the first.
    private interface Formula {
        void apply(float[] a, float[] b, int n, Scratch scratch);
    }

    static Kernel of(KernelSpec.QuantizedBroadcast spec) {
        Encoding y = spec.output();
        boolean plain = spec.epilogue().isNone();
        if (plain && spec.function() == BinaryFunction.ADD) {
            float ra = spec.left().scale() / y.scale();
            float rb = spec.right().scale() / y.scale();
            float fixed = y.zeroPoint() - Math.fma(ra, spec.left().zeroPoint(), rb * spec.right().zeroPoint());
            return loop(spec, 0, 0, 0, (a, b, n, scratch) -> add(a, ra, b, rb, fixed, n));
        }
        int zeroA = spec.left().zeroPoint();
        int zeroB = spec.right().zeroPoint();
        if (plain && spec.function() == BinaryFunction.MUL) {
            float ratio = spec.left().scale() * spec.right().scale() / y.scale();
            return loop(spec, zeroA, zeroB, 0, (a, b, n, scratch) -> multiply(a, b, ratio, y.zeroPoint(), n));
        }
        float scaleA = spec.left().scale();
        float scaleB = spec.right().scale();
        ElementwiseKernels.Combination function = ElementwiseKernels.combination(spec.function());
        Activation epilogue = Activation.of(spec.epilogue());
        return loop(
                spec,
                zeroA,
                zeroB,
                y.zeroPoint(),
                (a, b, n, scratch) -> {
                    scale(a, scaleA, n);
                    scale(b, scaleB, n);
                    function.apply(a, b, n);
                    epilogue.apply(a, n, scratch);
                    ElementwiseKernels.divide(a, n, y.scale());
                });
    }

    /// @param zeroPoint added after rounding
    private static Kernel loop(
            KernelSpec.QuantizedBroadcast spec, int zeroA, int zeroB, int zeroPoint, Formula formula) {
        BroadcastWalk a = BroadcastWalk.of(spec.a(), spec.b());
        BroadcastWalk b = BroadcastWalk.of(spec.b(), spec.a());
        Loader loaderA = Loader.of(spec.left().dtype());
        Loader loaderB = Loader.of(spec.right().dtype());
        ByteRounding rounding = ByteRounding.of(spec.output().dtype(), zeroPoint);
        long count = Shape.broadcast(spec.a(), spec.b()).elementCount();
        return new ElementLoop(
                count,
                (start, n, inputs, outputs, scratch) -> {
                    float[] left =
                            widened(a, loaderA, zeroA, inputs[0], start, n, scratch.floats(Slot.LEFT, n), scratch);
                    float[] right =
                            widened(b, loaderB, zeroB, inputs[1], start, n, scratch.floats(Slot.VALUES, n), scratch);
                    formula.apply(left, right, n, scratch);
                    rounding.store(left, n, outputs[0], start, scratch);
                });
    }

    private static float[] widened(
            BroadcastWalk walk,
            Loader loader,
            int zeroPoint,
            MemorySegment from,
            long start,
            int n,
            float[] into,
            Scratch scratch) {
        byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
        walk.read(from, start, n, bytes);
        loader.widen(bytes, n, zeroPoint, into);
        return into;
    }

    private static void add(float[] a, float ra, float[] b, float rb, float fixed, int n) {
        for (int i = 0; i < n; i++) {
            a[i] = Math.fma(a[i], ra, Math.fma(b[i], rb, fixed));
        }
    }

    private static void multiply(float[] a, float[] b, float ratio, float zeroPoint, int n) {
        for (int i = 0; i < n; i++) {
            a[i] = a[i] * b[i] * ratio + zeroPoint;
        }
    }

    private static void scale(float[] values, float factor, int n) {
        for (int i = 0; i < n; i++) {
            values[i] *= factor;
        }
    }
}
