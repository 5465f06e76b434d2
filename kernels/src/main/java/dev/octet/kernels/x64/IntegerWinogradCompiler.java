package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.PackedWeights;
import dev.octet.kernels.x64.NativeScratch.Slot;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Integer convolutions with windows of 3×3 and stride 1, channels last, by [Winograd]'s way in whole numbers, where
/// that pays and the weights prove that it is exact.
///
/// Where bytes have dot products, a multiplication of words does half as much as one of bytes, and whole networks gain
/// nothing.
final class IntegerWinogradCompiler implements KernelCompiler<KernelSpec.IntegerConv> {
    /// Transformed weights beyond this come from memory at each run.
    private static final long LARGEST = 12 << 20;

    /// Output channels below this make transforming dearer than what it saves.
    private static final int FEWEST = 16;

    /// Sums beyond this are not found again, see [WinogradWholeOutput].
    private static final long LARGEST_SUM = (1 << 25) - 1;

    @Override
    public Optional<Kernel> compile(KernelSpec.IntegerConv spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        ConvGeometry g = spec.geometry();
        Integer zeroPoint = spec.inputZeroPoint();
        Optional<Finish> finish = Finish.of(spec.stage(), false);
        if (zeroPoint == null || finish.isEmpty() || !pays(g, tier) || !isExact(spec, zeroPoint)) {
            return Optional.empty();
        }
        ProductShape shape = WinogradCompiler.shape(g, tier, Multiplication.WORDS);
        MachineCode transform = code.code(new WinogradInput(tier, spec.inputType()));
        List<Integer> zeroPoints = Arrays.stream(spec.weightZeroPoints()).boxed().toList();
        Form form = new Form(g.inChannels(), shape.columns(), zeroPoints);
        return Optional.of(
                new WinogradKernel(
                        g,
                        shape.blocks(),
                        new WinogradKernel.Input(transform, 1, 2, words(zeroPoint)),
                        WinogradCompiler.products(shape, code),
                        PackedWeights.of(spec.weights(), form, () -> pack(spec, shape.columns())),
                        output(spec, tier, finish.get(), code)));
    }

    private static WinogradKernel.Output output(
            KernelSpec.IntegerConv spec, Tier tier, Finish finish, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        ConvGeometry g = spec.geometry();
        int narrow = g.outWidth() % Winograd.TILE;
        int[] bias = spec.bias();
        return new Bytes(
                g,
                finish.elementBytes(),
                code.code(new WinogradWholeOutput(tier, finish, Winograd.TILE)),
                narrow == 0 ? null : code.code(new WinogradWholeOutput(tier, finish, narrow)),
                ColumnData.of(bias == null ? new int[1] : bias, g.outChannels()),
                ColumnData.of(IntegerProduct.scales(spec.stage()), g.outChannels()),
                FinishParameter.of(spec.stage()));
    }

    /// A vector of the zero point.
    private static MemorySegment words(int zeroPoint) {
        MemorySegment words = Arena.ofAuto().allocate(64, 64);
        for (int i = 0; i < 64; i += 2) {
            words.set(ValueLayout.JAVA_SHORT, i, (short) zeroPoint);
        }
        return words;
    }

    private static boolean pays(ConvGeometry g, Tier tier) {
        long bytes = 2L * Winograd.PRODUCTS * g.inChannels() * g.outChannels();
        return !tier.hasDotProducts()
                && WinogradCompiler.applies(g)
                && g.inChannels() % (2 * tier.lanes()) == 0
                && g.outChannels() >= FEWEST
                && bytes <= LARGEST;
    }

    /// Whether no sum can be larger than is found again.
    private static boolean isExact(KernelSpec.IntegerConv spec, int zeroPoint) {
        DType dtype = spec.inputType();
        long largest = Math.max(zeroPoint - dtype.minValue(), dtype.maxValue() - zeroPoint);
        int[] weights = weights(spec);
        int length = spec.geometry().reductionLength();
        for (int first = 0; first < weights.length; first += length) {
            long sum = 0;
            for (int i = 0; i < length; i++) {
                sum += Math.abs(weights[first + i]);
            }
            if (sum * largest > LARGEST_SUM) {
                return false;
            }
        }
        return true;
    }

    /// The weights less their zero points.
    private static int[] weights(KernelSpec.IntegerConv spec) {
        byte[] bytes = spec.weights().data().toArray(ValueLayout.JAVA_BYTE);
        boolean signed = spec.weights().dtype() == DType.INT8;
        int[] zeroPoints = spec.weightZeroPoints();
        int length = spec.geometry().reductionLength();
        int[] weights = new int[bytes.length];
        for (int i = 0; i < weights.length; i++) {
            int value = signed ? bytes[i] : Byte.toUnsignedInt(bytes[i]);
            weights[i] = value - zeroPoints[zeroPoints.length == 1 ? 0 : i / length];
        }
        return weights;
    }

    /// All that packing depends on beside the weights.
    ///
    /// @param panel columns of a panel
    private record Form(int inChannels, int panel, List<Integer> zeroPoints) {}

    private static PackedPanels[] pack(KernelSpec.IntegerConv spec, int columns) {
        int n = spec.geometry().outChannels();
        int k = spec.geometry().inChannels();
        short[] transformed = Winograd.wholeWeights(weights(spec), n, k);
        PackedPanels[] panels = new PackedPanels[Winograd.PRODUCTS];
        for (int product = 0; product < panels.length; product++) {
            panels[product] = PackedPanels.words(transformed, product * n * k, k, n, columns);
        }
        return panels;
    }

    /// Results of a convolution of bytes.
    ///
    /// @param whole function for tiles of four columns
    /// @param narrow function for the last tile of each row, where that has fewer
    private record Bytes(
            ConvGeometry g,
            int elementBytes,
            MachineCode whole,
            @Nullable MachineCode narrow,
            MemorySegment bias,
            MemorySegment scales,
            MemorySegment parameters)
            implements WinogradKernel.Output {
        private static final int RESULT_BYTES = 4 * 64;

        @Override
        public void write(
                WinogradKernel.Results results,
                MemorySegment[] inputs,
                MemorySegment[] outputs,
                NativeScratch scratch) {
            long pixelBytes = (long) elementBytes * g.outChannels();
            long patch = scratch.block(Slot.TILE, WinogradKernel.SCRATCH_BYTES + RESULT_BYTES).address();
            scratch.set(ProductArgument.C_STRIDE, pixelBytes);
            scratch.set(ProductArgument.BIAS, bias.address() + 4L * results.channel());
            scratch.set(ProductArgument.SCALES, scales.address() + 4L * results.channel());
            scratch.set(ProductArgument.PARAMETERS, parameters.address());
            scratch.set(ProductArgument.SCRATCH, patch + WinogradKernel.SCRATCH_BYTES);
            scratch.set(ProductArgument.SPILLED, scratch.block(Slot.SPILLED, RESULT_BYTES).address());
            ArgumentBlock block = scratch.arguments();
            block.set(WinogradWholeOutput.M, results.products());
            block.set(WinogradWholeOutput.M_PLANE, results.plane());
            block.set(WinogradWholeOutput.M_TILE, results.row());
            long element = results.pixel() * g.outChannels() + results.channel();
            block.set(WinogradWholeOutput.Y, outputs[0].address() + element * elementBytes);
            block.set(WinogradWholeOutput.Y_ROW, g.outWidth() * pixelBytes);
            block.set(WinogradWholeOutput.TILES, results.tiles());
            block.set(WinogradWholeOutput.ROWS, results.rows());
            block.set(WinogradWholeOutput.CHANNELS, results.channels());
            block.set(WinogradWholeOutput.PATCH, patch);
            block.call(results.columns() < Winograd.TILE && narrow != null ? narrow : whole);
        }
    }

    @Override
    public Sample<KernelSpec.IntegerConv> sample(KernelSpec.IntegerConv spec, Tier tier) {
        ProductShape shape = WinogradCompiler.shape(spec.geometry(), tier, Multiplication.WORDS);
        int n = Math.max(FEWEST, shape.sampleColumns());
        int narrow = spec.geometry().outWidth() % Winograd.TILE;
        ConvGeometry g = WinogradCompiler.sample(shape.blocks().sample(), 2 * tier.lanes(), n, narrow);
        Tensor weights =
                Sample.bytes(spec.weights().dtype(), (long) n * g.reductionLength())
                        .reshape(Shape.of(n, g.inChannels(), 3, 3));
        int[] zeroPoints = IntegerProduct.sampleZeroPoints(spec.weightZeroPoints(), spec.weights().dtype(), n);
        KernelSpec.IntegerConv sampled =
                new KernelSpec.IntegerConv(
                        g,
                        spec.inputType(),
                        spec.inputZeroPoint(),
                        weights,
                        zeroPoints,
                        null,
                        IntegerProduct.sampleStage(spec.stage(), n));
        return new Sample<>(sampled, List.of(Sample.bytes(spec.inputType(), g.inputElements())), spec.stage().dtype());
    }
}
