package dev.octet.kernels.portable;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.ChainOperand;
import dev.octet.kernels.portable.Scratch.Slot;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A formula of operands that broadcast: blocks of elements are read as floats, computed, and stored.
final class ChainKernel {
    private final FormulaLoop formula;
    private final List<Reader> readers = new ArrayList<>();
    private final List<DType> outputs;

    /// Reads elements of one operand as floats.
    ///
    /// @param constant its memory where the operand is constant
    /// @param input index among the inputs where it is not
    private record Reader(DType dtype, BroadcastWalk walk, MemorySegment constant, int input) {
        void read(MemorySegment[] inputs, long start, int n, float[] into, Scratch scratch) {
            MemorySegment from = input < 0 ? constant : inputs[input];
            switch (dtype) {
                case FLOAT32 -> walk.read(from, start, n, into);
                case INT32 -> {
                    // Read as floats, whose bits are the integers.
                    walk.read(from, start, n, into);
                    int[] values = scratch.ints(Slot.VALUES, n);
                    MemorySegment.copy(MemorySegment.ofArray(into), 0, MemorySegment.ofArray(values), 0, 4L * n);
                    for (int i = 0; i < n; i++) {
                        into[i] = values[i];
                    }
                }
                default -> {
                    byte[] bytes = scratch.bytes(Slot.TEMPORARY, n);
                    walk.read(from, start, n, bytes);
                    Loader.of(dtype).widen(bytes, n, 0, into);
                }
            }
        }
    }

    private ChainKernel(KernelSpec.Chain spec) {
        this.formula = FormulaLoop.of(spec.formula());
        this.outputs = spec.outputs();
        int input = 0;
        for (ChainOperand operand : spec.operands()) {
            Tensor constant = operand.constant();
            boolean isInput = constant == null;
            readers.add(
                    new Reader(
                            operand.dtype(),
                            BroadcastWalk.of(operand.shape(), spec.shape()),
                            constant == null ? MemorySegment.NULL : constant.copy().data(),
                            isInput ? input : -1));
            input += isInput ? 1 : 0;
        }
    }

    static Kernel of(KernelSpec.Chain spec) {
        ChainKernel kernel = new ChainKernel(spec);
        return new ElementLoop(
                spec.shape().elementCount(),
                new ElementLoop.Body() {
                    @Override
                    public void run(
                            long start, int n, MemorySegment[] inputs, MemorySegment[] outputs, Scratch scratch) {
                        kernel.run(start, n, inputs, outputs, scratch);
                    }

                    @Override
                    public int limit(long start) {
                        return FormulaLoop.BLOCK;
                    }
                });
    }

    private void run(long start, int n, MemorySegment[] inputs, MemorySegment[] results, Scratch scratch) {
        float[][] arrays = formula.arrays(scratch);
        for (int i = 0; i < readers.size(); i++) {
            readers.get(i).read(inputs, start, n, arrays[i], scratch);
        }
        formula.run(arrays, n, scratch);
        for (int i = 0; i < results.length; i++) {
            float[] values = formula.result(arrays, i);
            if (outputs.get(i) == DType.FLOAT32) {
                ElementwiseKernels.store(values, n, results[i], start);
            } else {
                ByteRounding.of(outputs.get(i), 0).store(values, n, results[i], start, scratch);
            }
        }
    }
}
