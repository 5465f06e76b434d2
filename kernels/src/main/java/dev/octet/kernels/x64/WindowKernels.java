package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.op.PoolFunction;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.x64.WindowGenerator.Combination;
import dev.octet.kernels.x64.WindowGenerator.Source;
import dev.octet.kernels.x64.WindowKernel.Cells;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Depthwise convolution and pooling of channels-last images.
final class WindowKernels {
    static final KernelCompiler<KernelSpec.Conv> CONV = new OfConv();
    static final KernelCompiler<KernelSpec.IntegerConv> INTEGER_CONV = new OfIntegerConv();
    static final KernelCompiler<KernelSpec.Pool> POOL = new OfPool();

    /// So many products of bytes have a sum below 2²⁴.
    private static final int MOST_CELLS = 256;

    private WindowKernels() {}

    private static boolean fits(ConvGeometry g, Tier tier) {
        return g.isDepthwise() && g.isChannelsLast() && (tier.hasMasks() || g.outChannels() >= tier.lanes());
    }

    /// The function for as many pixels at a time as there are registers for.
    private static Optional<MachineCode> code(
            CodeLibrary.Request code,
            Tier tier,
            Combination combination,
            DType input,
            Formula formula,
            List<Source> operands,
            DType output,
            @Nullable DotWindow dots)
            throws CodeMemory.RefusedException {
        for (int most : new int[] {8, 4}) {
            WindowGenerator generator =
                    new WindowGenerator(tier, combination, input, formula, operands, output, most, dots);
            if (generator.fits()) {
                return Optional.of(code.code(generator));
            }
        }
        return Optional.empty();
    }

    /// A case with the same operation on a small image, of one more block of channels than fits.
    private static ConvGeometry small(ConvGeometry g) {
        int channels = 37;
        int kernelHeight = Math.min(g.kernelHeight(), 3);
        int kernelWidth = Math.min(g.kernelWidth(), 3);
        return new ConvGeometry(
                1,
                channels,
                channels,
                4,
                13,
                channels,
                4,
                13,
                kernelHeight,
                kernelWidth,
                1,
                1,
                kernelHeight / 2,
                kernelWidth / 2,
                1,
                1,
                g.layout());
    }

    /// A case of the same window and stride, which its code may depend on, up to an extent that no code depends on.
    private static ConvGeometry likewise(ConvGeometry g) {
        int channels = 37;
        int height = Math.min(g.kernelHeight(), 6);
        int width = Math.min(g.kernelWidth(), 6);
        int stride = Math.min(g.strideWidth(), 7);
        return new ConvGeometry(
                1,
                channels,
                channels,
                height + 1,
                13 * stride + width,
                channels,
                3,
                13,
                height,
                width,
                1,
                stride,
                1,
                1,
                g.dilationHeight(),
                g.dilationWidth(),
                g.layout());
    }

    private static int cells(ConvGeometry g) {
        return g.kernelHeight() * g.kernelWidth();
    }

    private static final class OfConv implements KernelCompiler<KernelSpec.Conv> {
        @Override
        public Optional<Kernel> compile(KernelSpec.Conv spec, Tier best, CodeLibrary.Request library)
                throws CodeMemory.RefusedException {
            Tier tier = best.withoutDotProducts();
            ConvGeometry g = spec.geometry();
            Optional<Formula> epilogue = spec.epilogue().formula();
            if (!fits(g, tier) || epilogue.isEmpty()) {
                return Optional.empty();
            }
            FormulaBuilder f = new FormulaBuilder(spec.residual() ? 2 : 1);
            Value sum = spec.residual() ? f.add(f.input(0), f.input(1)) : f.input(0);
            Formula formula = f.build(f.apply(epilogue.get(), sum).get(0));
            List<Source> operands = spec.residual() ? List.of(Source.CELLS, Source.RESIDUAL) : List.of(Source.CELLS);
            Optional<MachineCode> code =
                    code(
                            library,
                            tier,
                            Combination.FLOAT_PRODUCTS,
                            DType.FLOAT32,
                            formula,
                            operands,
                            DType.FLOAT32,
                            null);
            MemorySegment weights = WindowKernel.pack(spec.weights().toFloatArray(), g.outChannels(), cells(g), tier);
            Tensor bias = spec.bias();
            MemorySegment biases = WindowKernel.floats(bias == null ? new float[g.outChannels()] : bias.toFloatArray());
            return code.map(c ->
                    new WindowKernel(
                            c,
                            g,
                            4,
                            4,
                            tier.lanes(),
                            (block, inputs, part) -> {
                                long first = WindowKernel.firstWeight(part, g, tier.lanes());
                                block.set(WindowGenerator.WEIGHTS, weights.address() + first);
                                block.set(WindowGenerator.BIAS, biases.address());
                                if (spec.residual()) {
                                    long residual = inputs[1].address() + 4 * part.pixel() * g.outChannels();
                                    block.set(WindowGenerator.RESIDUAL, residual);
                                }
                            }));
        }

        @Override
        public Sample<KernelSpec.Conv> sample(KernelSpec.Conv spec, Tier tier) {
            ConvGeometry g = small(spec.geometry());
            Tensor weights = Sample.floats((long) g.outChannels() * cells(g));
            Tensor bias = spec.bias() == null ? null : Sample.floats(g.outChannels());
            KernelSpec.Conv conv = new KernelSpec.Conv(g, weights, bias, spec.residual(), spec.epilogue());
            Tensor x = Sample.floats(g.inputElements());
            return new Sample<>(
                    conv, spec.residual() ? List.of(x, Sample.floats(g.outputElements())) : List.of(x), DType.FLOAT32);
        }
    }

    private static final class OfIntegerConv implements KernelCompiler<KernelSpec.IntegerConv> {
        /// What becomes of the sums.
        ///
        /// @param channels a number for each channel, or one for all
        /// @param numbers for all channels
        private record Stage(Formula formula, List<Source> operands, DType output, float[] channels, float[] numbers) {
            static @Nullable Stage of(OutputStage stage) {
                return switch (stage) {
                    case OutputStage.Dequantize d -> dequantize(d);
                    case OutputStage.Requantize r -> requantize(r);
                    case OutputStage.Accumulator _, OutputStage.Rescale _ -> null;
                };
            }

            private static @Nullable Stage dequantize(OutputStage.Dequantize d) {
                FormulaBuilder f = new FormulaBuilder(2);
                Value real = f.multiply(f.input(0), f.input(1));
                return d.epilogue()
                        .formula()
                        .map(e ->
                                new Stage(
                                        f.build(f.apply(e, real).get(0)),
                                        List.of(Source.CELLS, Source.CHANNEL),
                                        DType.FLOAT32,
                                        d.scales(),
                                        new float[0]))
                        .orElse(null);
            }

            private static @Nullable Stage requantize(OutputStage.Requantize r) {
                float zeroPoint = r.zeroPoint();
                if (r.epilogue().isNone()) {
                    FormulaBuilder f = new FormulaBuilder(3);
                    Value steps = f.round(f.multiply(f.input(0), f.input(1)));
                    float[] multipliers = new float[r.scales().length];
                    for (int c = 0; c < multipliers.length; c++) {
                        multipliers[c] = r.multiplier(c);
                    }
                    return new Stage(
                            f.build(f.add(steps, f.input(2))),
                            List.of(Source.CELLS, Source.CHANNEL, Source.NUMBER),
                            r.dtype(),
                            multipliers,
                            new float[] {zeroPoint});
                }
                FormulaBuilder f = new FormulaBuilder(4);
                Value real = f.multiply(f.input(0), f.input(1));
                return r.epilogue()
                        .formula()
                        .map(e ->
                                new Stage(
                                        f.build(
                                                f.add(
                                                        f.round(f.divide(f.apply(e, real).get(0), f.input(2))),
                                                        f.input(3))),
                                        List.of(Source.CELLS, Source.CHANNEL, Source.NUMBER, Source.NUMBER),
                                        r.dtype(),
                                        r.scales(),
                                        new float[] {r.outputScale(), zeroPoint}))
                        .orElse(null);
            }
        }

        @Override
        public Optional<Kernel> compile(KernelSpec.IntegerConv spec, Tier best, CodeLibrary.Request library)
                throws CodeMemory.RefusedException {
            Tier tier = best.withoutDotProducts();
            ConvGeometry g = spec.geometry();
            Integer inputZeroPoint = spec.inputZeroPoint();
            Stage stage = Stage.of(spec.stage());
            if (!fits(g, tier) || stage == null || inputZeroPoint == null || cells(g) > MOST_CELLS) {
                return Optional.empty();
            }
            int channels = g.outChannels();
            float[] weights = weights(spec);
            MemorySegment packed = WindowKernel.pack(weights, channels, cells(g), tier);
            Map<List<Cells>, MemorySegment> biases = biases(g, spec.bias(), weights, inputZeroPoint);
            MemorySegment numbers = WindowKernel.floats(Sample.resized(stage.channels, channels));
            WindowKernel.Parameters parameters =
                    (block, _, part) -> {
                        long first = WindowKernel.firstWeight(part, g, tier.lanes());
                        block.set(WindowGenerator.WEIGHTS, packed.address() + first);
                        MemorySegment bias = biases.get(List.of(part.rows(), part.columns()));
                        block.set(WindowGenerator.BIAS, bias == null ? 0 : bias.address());
                        block.set(WindowGenerator.CHANNEL_NUMBERS, numbers.address());
                        for (int i = 0; i < stage.numbers.length; i++) {
                            block.set(WindowGenerator.NUMBERS + i, stage.numbers[i]);
                        }
                    };
            WindowKernel.Whole whole = whole(spec, best, stage, weights, parameters, library);
            return integerCode(spec, tier, stage, null, library)
                    .map(c -> new WindowKernel(c, g, 1, stage.output.bits() / 8, tier.lanes(), parameters, whole));
        }

        private static Optional<MachineCode> integerCode(
                KernelSpec.IntegerConv spec,
                Tier tier,
                Stage stage,
                @Nullable DotWindow dots,
                CodeLibrary.Request library)
                throws CodeMemory.RefusedException {
            return code(
                    library,
                    tier,
                    Combination.INTEGER_PRODUCTS,
                    spec.inputType(),
                    stage.formula,
                    stage.operands,
                    stage.output,
                    dots);
        }

        /// Windows by dot products, if there are some for them.
        private static WindowKernel.@Nullable Whole whole(
                KernelSpec.IntegerConv spec,
                Tier tier,
                Stage stage,
                float[] weights,
                WindowKernel.Parameters parameters,
                CodeLibrary.Request library)
                throws CodeMemory.RefusedException {
            DotWindow dots = DotWindow.of(spec, tier);
            Optional<MachineCode> code =
                    dots == null ? Optional.empty() : integerCode(spec, tier, stage, dots, library);
            if (dots == null || code.isEmpty()) {
                return null;
            }
            MemorySegment packed = dots.pack(weights, spec.geometry().outChannels(), tier);
            return new WindowKernel.Whole(
                    code.get(),
                    (block, inputs, part) -> {
                        parameters.set(block, inputs, part);
                        block.set(WindowGenerator.WEIGHTS, packed.address());
                        block.set(WindowGenerator.WEIGHTS_BLOCK, 4L * tier.lanes() * dots.numbers());
                    });
        }

        /// Less their zero points.
        private static float[] weights(KernelSpec.IntegerConv spec) {
            int cells = cells(spec.geometry());
            int[] zeroPoints = spec.weightZeroPoints();
            float[] weights = new float[spec.geometry().outChannels() * cells];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = spec.weights().getInt(i) - zeroPoints[zeroPoints.length == 1 ? 0 : i / cells];
            }
            return weights;
        }

        /// For windows that have the same cells inside the input: the bias, less what the input's zero point adds.
        private static Map<List<Cells>, MemorySegment> biases(
                ConvGeometry g, int @Nullable [] bias, float[] weights, int inputZeroPoint) {
            Map<List<Cells>, MemorySegment> biases = new HashMap<>();
            for (Cells rows : WindowKernel.rowCells(g)) {
                for (Cells columns : WindowKernel.columnCells(g)) {
                    biases.computeIfAbsent(
                            List.of(rows, columns),
                            _ -> WindowKernel.integers(biases(g, bias, weights, inputZeroPoint, rows, columns)));
                }
            }
            return biases;
        }

        private static int[] biases(
                ConvGeometry g, int @Nullable [] bias, float[] weights, int inputZeroPoint, Cells rows, Cells columns) {
            int[] sums = new int[g.outChannels()];
            for (int c = 0; c < sums.length; c++) {
                sums[c] = bias == null ? 0 : bias[c];
                for (int kh = rows.first(); kh < rows.end() && columns.count() > 0; kh++) {
                    for (int kw = columns.first(); kw < columns.end(); kw++) {
                        int weight = (c * g.kernelHeight() + kh) * g.kernelWidth() + kw;
                        sums[c] -= inputZeroPoint * (int) weights[weight];
                    }
                }
            }
            return sums;
        }

        @Override
        public Sample<KernelSpec.IntegerConv> sample(KernelSpec.IntegerConv spec, Tier tier) {
            ConvGeometry g = likewise(spec.geometry());
            int channels = g.outChannels();
            OutputStage stage =
                    switch (spec.stage()) {
                        case OutputStage.Dequantize d ->
                                new OutputStage.Dequantize(Sample.resized(d.scales(), channels), d.epilogue());
                        case OutputStage.Requantize r ->
                                new OutputStage.Requantize(
                                        Sample.resized(r.scales(), channels),
                                        r.epilogue(),
                                        r.outputScale(),
                                        r.zeroPoint(),
                                        r.dtype());
                        case OutputStage.Accumulator a -> a;
                        case OutputStage.Rescale r -> r;
                    };
            int[] bias = new int[channels];
            Arrays.setAll(bias, c -> 1000 * c - 7);
            KernelSpec.IntegerConv conv =
                    new KernelSpec.IntegerConv(
                            g,
                            spec.inputType(),
                            spec.inputZeroPoint(),
                            Sample.bytes(spec.weights().dtype(), (long) channels * cells(g)),
                            new int[] {spec.weightZeroPoints()[0]},
                            bias,
                            stage);
            return new Sample<>(conv, List.of(Sample.bytes(spec.inputType(), g.inputElements())), spec.stage().dtype());
        }
    }

    private static final class OfPool implements KernelCompiler<KernelSpec.Pool> {
        @Override
        public Optional<Kernel> compile(KernelSpec.Pool spec, Tier best, CodeLibrary.Request library)
                throws CodeMemory.RefusedException {
            Tier tier = best.withoutDotProducts();
            ConvGeometry g = spec.geometry();
            if (!fits(g, tier) || spec.function() == PoolFunction.LP) {
                return Optional.empty();
            }
            boolean max = spec.function() == PoolFunction.MAX;
            FormulaBuilder f = new FormulaBuilder(max ? 1 : 2);
            Value cells = f.input(0);
            Optional<MachineCode> code =
                    code(
                            library,
                            tier,
                            max ? Combination.MAX : Combination.SUM,
                            spec.dtype(),
                            f.build(max ? cells : f.divide(cells, f.input(1))),
                            max ? List.of(Source.CELLS) : List.of(Source.CELLS, Source.NUMBER),
                            spec.dtype(),
                            null);
            int bytes = spec.dtype().bits() / 8;
            return code.map(c ->
                    new WindowKernel(
                            c,
                            g,
                            bytes,
                            bytes,
                            tier.lanes(),
                            (block, _, part) -> {
                                int count = spec.countIncludePad() ? cells(g) : Math.max(1, part.cells());
                                block.set(WindowGenerator.NUMBERS, (float) count);
                            }));
        }

        @Override
        public Sample<KernelSpec.Pool> sample(KernelSpec.Pool spec, Tier tier) {
            ConvGeometry g = small(spec.geometry());
            KernelSpec.Pool pool =
                    new KernelSpec.Pool(spec.function(), g, spec.dtype(), spec.countIncludePad(), spec.p());
            Tensor x =
                    spec.dtype() == DType.FLOAT32
                            ? Sample.floats(g.inputElements())
                            : Sample.bytes(spec.dtype(), g.inputElements());
            return new Sample<>(pool, List.of(x), spec.dtype());
        }
    }
}
