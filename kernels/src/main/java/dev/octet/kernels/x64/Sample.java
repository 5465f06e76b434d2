package dev.octet.kernels.x64;

import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Random;

/// A small case that generated code is checked with.
///
/// @param inputs the operands
/// @param outputs types of the results
record Sample<S extends KernelSpec>(S spec, List<Tensor> inputs, List<DType> outputs) {
    /// A case with one result.
    Sample(S spec, List<Tensor> inputs, DType output) {
        this(spec, inputs, List.of(output));
    }

    /// Numbers in (-1, 1), the same at every call.
    static Tensor floats(long count) {
        Random random = new Random(count);
        Tensor tensor = Tensor.allocate(DType.FLOAT32, Shape.of(count));
        for (long i = 0; i < count; i++) {
            tensor.setFloat(i, 2 * random.nextFloat() - 1);
        }
        return tensor;
    }

    /// Bytes of all values, the same at every call.
    static Tensor bytes(DType dtype, long count) {
        byte[] values = new byte[Math.toIntExact(count)];
        new Random(count).nextBytes(values);
        return Tensor.of(dtype, Shape.of(count), values);
    }

    /// The numbers repeated, or cut, to a length.
    static float[] resized(float[] numbers, int length) {
        float[] resized = new float[length];
        for (int i = 0; i < length; i++) {
            resized[i] = numbers[i % numbers.length];
        }
        return resized;
    }
}
