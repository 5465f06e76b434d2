package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.Layout;
import dev.octet.kernels.PackedWeights;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Float convolutions with windows of 3×3 and stride 1, channels last, by [Winograd]'s way, where that pays.
final class WinogradCompiler implements KernelCompiler<KernelSpec.Conv> {
    /// Transformed weights beyond this come from memory at each run.
    private static final long LARGEST = 12 << 20;

    /// Channels below this make transforming dearer than what it saves.
    private static final int FEWEST = 16;

    @Override
    public Optional<Kernel> compile(KernelSpec.Conv spec, Tier best, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        Tier tier = best.withoutDotProducts();
        ConvGeometry g = spec.geometry();
        Optional<Formula> formula = spec.epilogue().formula();
        if (!pays(g, tier) || formula.isEmpty()) {
            return Optional.empty();
        }
        WinogradOutput output = new WinogradOutput(tier, formula.get(), spec.residual());
        if (!output.fits()) {
            return Optional.empty();
        }
        ProductShape shape = shape(g, tier, Multiplication.FUSED);
        Tensor bias = spec.bias();
        MemorySegment biases = ColumnData.of(bias == null ? new float[1] : bias.toFloatArray(), g.outChannels());
        Form form = new Form(g.inChannels(), shape.columns());
        return Optional.of(
                new WinogradKernel(
                        g,
                        shape.blocks(),
                        new WinogradKernel.Input(code.code(new WinogradInput(tier, null)), 4, 4, MemorySegment.NULL),
                        products(shape, code),
                        PackedWeights.of(spec.weights(), form, () -> pack(spec, shape.columns())),
                        new Floats(g, code.code(output), biases, spec.residual())));
    }

    /// Products whose sums are stored as they are.
    static ProductKernel.Functions products(ProductShape shape, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        Finish none = Finish.of(false, false, false, Epilogue.NONE).orElseThrow();
        return ProductKernel.Functions.of(shape.generator(1, none), shape.blocks(), code);
    }

    /// Results of a float convolution.
    ///
    /// @param bias a float for each channel, zeros behind the last
    private record Floats(ConvGeometry g, MachineCode code, MemorySegment bias, boolean residual)
            implements WinogradKernel.Output {
        @Override
        public void write(
                WinogradKernel.Results results,
                MemorySegment[] inputs,
                MemorySegment[] outputs,
                NativeScratch scratch) {
            long pixelBytes = 4L * g.outChannels();
            ArgumentBlock block = scratch.arguments();
            block.set(WinogradOutput.M, results.products());
            block.set(WinogradOutput.M_PLANE, results.plane());
            block.set(WinogradOutput.M_TILE, results.row());
            block.set(WinogradOutput.Y, outputs[0].address() + results.pixel() * pixelBytes + 4L * results.channel());
            block.set(WinogradOutput.Y_ROW, g.outWidth() * pixelBytes);
            block.set(WinogradOutput.Y_PIXEL, pixelBytes);
            block.set(WinogradOutput.TILES, results.tiles());
            block.set(WinogradOutput.ROWS, results.rows());
            block.set(WinogradOutput.COLUMNS, results.columns());
            block.set(WinogradOutput.CHANNELS, results.channels());
            block.set(WinogradOutput.BIAS, bias.address() + 4L * results.channel());
            if (residual) {
                block.set(WinogradOutput.RESIDUAL, inputs[1].address() - outputs[0].address());
            }
            block.set(
                    WinogradOutput.SCRATCH,
                    scratch.block(NativeScratch.Slot.TILE, WinogradKernel.SCRATCH_BYTES).address());
            block.call(code);
        }
    }

    /// All that packing depends on beside the weights.
    ///
    /// @param panel columns of a panel
    private record Form(int inChannels, int panel) {}

    private static PackedPanels[] pack(KernelSpec.Conv spec, int columns) {
        int n = spec.geometry().outChannels();
        int k = spec.geometry().inChannels();
        float[] transformed = Winograd.weights(spec.weights().toFloatArray(), n, k);
        PackedPanels[] panels = new PackedPanels[Winograd.PRODUCTS];
        for (int product = 0; product < panels.length; product++) {
            panels[product] =
                    PackedPanels.floats(new FloatMatrix(transformed, (long) product * k * n, n, k, n, false), columns);
        }
        return panels;
    }

    static ProductShape shape(ConvGeometry g, Tier tier, Multiplication multiplication) {
        int tiles = g.batch() * WinogradKernel.tilesHigh(g) * WinogradKernel.tilesWide(g);
        return ProductShape.of(tier, multiplication, tiles, g.outChannels());
    }

    private static boolean pays(ConvGeometry g, Tier tier) {
        long bytes = 4L * Winograd.PRODUCTS * g.inChannels() * g.outChannels();
        return applies(g)
                && g.inChannels() % tier.lanes() == 0
                && (tier.hasMasks() || g.outChannels() % tier.lanes() == 0)
                && Math.min(g.inChannels(), g.outChannels()) >= FEWEST
                && bytes <= LARGEST;
    }

    /// Whether a window is of 3×3 and moves by one, over all channels.
    static boolean applies(ConvGeometry g) {
        return g.kernelHeight() == Winograd.WINDOW
                && g.kernelWidth() == Winograd.WINDOW
                && g.strideHeight() == 1
                && g.strideWidth() == 1
                && g.dilationHeight() == 1
                && g.dilationWidth() == 1
                && g.isChannelsLast()
                && g.groups() == 1
                && g.outputElements() > 0;
    }

    /// A small case: tiles with fewer rows, of which the last has fewer columns, too.
    ///
    /// @param narrow columns of the last tile, or 0 for all four
    static ConvGeometry sample(int tiles, int inChannels, int outChannels, int narrow) {
        int width = Winograd.TILE * tiles - (narrow == 0 ? 0 : Winograd.TILE - narrow);
        return new ConvGeometry(1, 1, inChannels, 5, width, outChannels, 3, width, 3, 3, 1, 1, 0, 1, 1, 1)
                .withLayout(Layout.CHANNELS_LAST);
    }

    @Override
    public Sample<KernelSpec.Conv> sample(KernelSpec.Conv spec, Tier tier) {
        int tiles = shape(spec.geometry(), tier, Multiplication.FUSED).blocks().sample();
        int n = Math.max(FEWEST, shape(spec.geometry(), tier, Multiplication.FUSED).sampleColumns() / 8 * 8);
        ConvGeometry g = sample(tiles, 32, n, 3);
        Tensor weights = Sample.floats((long) n * g.reductionLength()).reshape(Shape.of(n, g.inChannels(), 3, 3));
        Tensor bias = spec.bias() == null ? null : Sample.floats(n);
        KernelSpec.Conv sampled = new KernelSpec.Conv(g, weights, bias, spec.residual(), spec.epilogue());
        List<Tensor> inputs = new ArrayList<>(List.of(Sample.floats(g.inputElements())));
        if (spec.residual()) {
            inputs.add(Sample.floats(g.outputElements()));
        }
        return new Sample<>(sampled, inputs, DType.FLOAT32);
    }
}
