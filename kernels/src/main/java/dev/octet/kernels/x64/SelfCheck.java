package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.portable.PortableKernels;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Compares a generated kernel with the portable one on a small case: bits of integers, floats to the accuracy of float
/// sums.
final class SelfCheck {
    private static final double TOLERANCE = 1e-4;

    private SelfCheck() {}

    static boolean agrees(Sample<?> sample, Kernel kernel) {
        List<Tensor> expected = run(sample, PortableKernels.INSTANCE.compile(sample.spec()).orElseThrow());
        List<Tensor> found = run(sample, kernel);
        for (int i = 0; i < expected.size(); i++) {
            if (!same(expected.get(i), found.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(Tensor expected, Tensor found) {
        for (long i = 0; i < expected.elementCount(); i++) {
            if (!same(expected, found, i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean same(Tensor expected, Tensor found, long i) {
        if (expected.dtype() != DType.FLOAT32) {
            return expected.getLong(i) == found.getLong(i);
        }
        float e = expected.getFloat(i);
        float f = found.getFloat(i);
        return Float.compare(e, f) == 0 || Math.abs(e - f) <= TOLERANCE * Math.max(1, Math.abs(e));
    }

    private static List<Tensor> run(Sample<? extends KernelSpec> sample, Kernel kernel) {
        long[] bytes = sample.spec().outputBytes();
        List<Tensor> outputs = new ArrayList<>();
        for (int i = 0; i < bytes.length; i++) {
            DType dtype = sample.outputs().get(i);
            outputs.add(Tensor.allocate(dtype, Shape.of(bytes[i] * 8 / dtype.bits())));
        }
        kernel.runAll(data(sample.inputs()), data(outputs));
        return outputs;
    }

    private static MemorySegment[] data(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::data).toArray(MemorySegment[]::new);
    }
}
