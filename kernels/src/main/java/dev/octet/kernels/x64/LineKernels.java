package dev.octet.kernels.x64;

import dev.octet.graph.op.ReduceFunction;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.KernelSpec.Encoding;
import dev.octet.kernels.LayerNorm;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Kernels that combine the elements of a line: reductions, layer normalization.
final class LineKernels {
    static final KernelCompiler<KernelSpec.Reduce> REDUCE = new OfReduce();
    static final KernelCompiler<KernelSpec.GlobalAveragePool> GLOBAL_AVERAGE = new OfGlobalAverage();
    static final KernelCompiler<LayerNorm> LAYER_NORM = new OfLayerNorm();

    /// An odd number of elements, longer than a vector.
    private static final int SAMPLE = 37;

    private LineKernels() {}

    private static final class OfReduce implements KernelCompiler<KernelSpec.Reduce> {
        @Override
        public Optional<Kernel> compile(KernelSpec.Reduce spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            if (!ReduceGenerator.has(spec.function())) {
                return Optional.empty();
            }
            ReduceGenerator generator =
                    new ReduceGenerator(
                            tier.withoutDotProducts(), spec.function(), spec.inner() > 1, DType.FLOAT32, DType.FLOAT32);
            RowKernel.Lines lines = new RowKernel.Lines(spec.outer(), spec.length(), spec.inner(), 4, 4, false);
            return Optional.of(
                    new RowKernel(
                            code.code(generator),
                            lines,
                            (block, _) -> {
                                block.set(4, 4 * spec.inner());
                                block.set(5, (double) spec.length());
                            }));
        }

        @Override
        public Sample<KernelSpec.Reduce> sample(KernelSpec.Reduce spec, Tier tier) {
            KernelSpec.Reduce small = new KernelSpec.Reduce(spec.function(), 3, SAMPLE, spec.inner() > 1 ? SAMPLE : 1);
            return new Sample<>(small, List.of(Sample.floats(small.inputBytes()[0] / 4)), DType.FLOAT32);
        }
    }

    private static final class OfGlobalAverage implements KernelCompiler<KernelSpec.GlobalAveragePool> {
        @Override
        public Optional<Kernel> compile(KernelSpec.GlobalAveragePool spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            Encoding x = spec.input();
            Encoding y = spec.output();
            DType input = x == null ? DType.FLOAT32 : x.dtype();
            DType output = y == null ? DType.FLOAT32 : y.dtype();
            ReduceGenerator generator =
                    new ReduceGenerator(
                            tier.withoutDotProducts(), ReduceFunction.MEAN, spec.inner() > 1, input, output);
            int bytes = input.bits() / 8;
            RowKernel.Lines lines = new RowKernel.Lines(spec.outer(), spec.pixels(), spec.inner(), bytes, bytes, false);
            return Optional.of(
                    new RowKernel(
                            code.code(generator),
                            lines,
                            (block, _) -> {
                                block.set(4, bytes * spec.inner());
                                block.set(5, (double) spec.pixels());
                                if (x != null && y != null) {
                                    block.set(6, (double) spec.pixels() * x.zeroPoint());
                                    block.set(7, x.scale() / (y.scale() * spec.pixels()));
                                    block.set(8, (float) y.zeroPoint());
                                }
                            }));
        }

        @Override
        public Sample<KernelSpec.GlobalAveragePool> sample(KernelSpec.GlobalAveragePool spec, Tier tier) {
            Encoding x = spec.input();
            Encoding y = spec.output();
            KernelSpec.GlobalAveragePool small =
                    new KernelSpec.GlobalAveragePool(3, SAMPLE, spec.inner() > 1 ? SAMPLE : 1, x, y);
            Tensor values =
                    x == null
                            ? Sample.floats(small.inputBytes()[0] / 4)
                            : Sample.bytes(x.dtype(), small.inputBytes()[0]);
            return new Sample<>(small, List.of(values), y == null ? DType.FLOAT32 : y.dtype());
        }
    }

    private static final class OfLayerNorm implements KernelCompiler<LayerNorm> {
        @Override
        public Optional<Kernel> compile(LayerNorm spec, Tier tier, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            RowKernel.Lines lines = new RowKernel.Lines(spec.rows(), spec.length(), 1, 4, 4, true);
            MachineCode normalize =
                    code.code(new LayerNormGenerator(tier.withoutDotProducts(), spec.bias(), spec.residual()));
            return Optional.of(
                    new RowKernel(
                            normalize,
                            lines,
                            (block, inputs) -> {
                                block.set(4, inputs[1].address());
                                block.set(5, spec.bias() ? inputs[2].address() : 0);
                                block.set(6, (double) spec.length());
                                block.set(7, (double) spec.epsilon());
                                if (spec.residual()) {
                                    // Its rows lie as those of x.
                                    long offset = block.get(2) - inputs[0].address();
                                    block.set(8, inputs[spec.residualInput()].address() + offset);
                                }
                            }));
        }

        @Override
        public Sample<LayerNorm> sample(LayerNorm spec, Tier tier) {
            LayerNorm small = new LayerNorm(3, SAMPLE, spec.epsilon(), spec.bias(), spec.residual());
            List<Tensor> inputs =
                    Arrays.stream(small.inputBytes()).mapToObj(bytes -> Sample.floats(bytes / 4)).toList();
            return new Sample<>(small, inputs, DType.FLOAT32);
        }
    }
}
