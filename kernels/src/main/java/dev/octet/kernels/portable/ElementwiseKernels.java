package dev.octet.kernels.portable;

import dev.octet.graph.op.BinaryFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Functions of one or two operands, element by element.
final class ElementwiseKernels {
    private ElementwiseKernels() {}

    /// A function of two arrays whose result replaces the first.
    interface Combination {
        void apply(float[] a, float[] b, int n);
    }

    static Kernel of(KernelSpec.Elementwise spec) {
        Activation function = Activation.of(spec.function());
        return new ElementLoop(
                spec.count(),
                (start, n, inputs, outputs, scratch) -> {
                    float[] values = scratch.floats(Slot.VALUES, n);
                    Loader.FLOAT.load(inputs[0], start, n, 0, values, scratch);
                    function.apply(values, n, scratch);
                    store(values, n, outputs[0], start);
                });
    }

    static Kernel of(KernelSpec.Broadcast spec) {
        Combination combination = combination(spec.function());
        Activation epilogue = Activation.of(spec.epilogue());
        BroadcastWalk a = BroadcastWalk.of(spec.a(), spec.b());
        BroadcastWalk b = BroadcastWalk.of(spec.b(), spec.a());
        long count = Shape.broadcast(spec.a(), spec.b()).elementCount();
        return new ElementLoop(
                count,
                (start, n, inputs, outputs, scratch) -> {
                    float[] left = scratch.floats(Slot.LEFT, n);
                    float[] right = scratch.floats(Slot.VALUES, n);
                    a.read(inputs[0], start, n, left);
                    b.read(inputs[1], start, n, right);
                    combination.apply(left, right, n);
                    epilogue.apply(left, n, scratch);
                    store(left, n, outputs[0], start);
                });
    }

    static void store(float[] values, int n, MemorySegment to, long element) {
        MemorySegment.copy(values, 0, to, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * element, n);
    }

    static void divide(float[] values, int n, float divisor) {
        for (int i = 0; i < n; i++) {
            values[i] /= divisor;
        }
    }

    static Combination combination(BinaryFunction function) {
        return switch (function) {
            case ADD -> ElementwiseKernels::add;
            case SUB -> ElementwiseKernels::subtract;
            case MUL -> ElementwiseKernels::multiply;
            case DIV -> ElementwiseKernels::divide;
            case POW -> ElementwiseKernels::power;
            default ->
                    (a, b, n) -> {
                        for (int i = 0; i < n; i++) {
                            a[i] = (float) function.apply((double) a[i], (double) b[i]);
                        }
                    };
        };
    }

    static void add(float[] a, float[] b, int n) {
        for (int i = 0; i < n; i++) {
            a[i] += b[i];
        }
    }

    private static void subtract(float[] a, float[] b, int n) {
        for (int i = 0; i < n; i++) {
            a[i] -= b[i];
        }
    }

    private static void multiply(float[] a, float[] b, int n) {
        for (int i = 0; i < n; i++) {
            a[i] *= b[i];
        }
    }

    private static void divide(float[] a, float[] b, int n) {
        for (int i = 0; i < n; i++) {
            a[i] /= b[i];
        }
    }

    private static void power(float[] a, float[] b, int n) {
        boolean squares = true;
        for (int i = 0; i < n && squares; i++) {
            squares = b[i] == 2;
        }
        if (squares) {
            multiply(a, a, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            a[i] = (float) Math.pow(a[i], b[i]);
        }
    }
}
