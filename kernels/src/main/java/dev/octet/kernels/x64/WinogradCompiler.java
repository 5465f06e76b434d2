package dev.octet.kernels.x64;

import dev.octet.formula.Formula;
import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.PackedWeights;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
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
        ProductShape shape = shape(g, tier);
        Finish none = Finish.of(false, false, false, Epilogue.NONE).orElseThrow();
        WinogradKernel.Functions functions =
                new WinogradKernel.Functions(
                        code.code(new WinogradInput(tier)),
                        ProductKernel.Functions.of(shape.generator(1, none), shape.blocks(), code),
                        code.code(output));
        Tensor bias = spec.bias();
        return Optional.of(
                new WinogradKernel(
                        g,
                        shape.blocks(),
                        functions,
                        PackedWeights.of(
                                spec.weights(),
                                new Form(g.inChannels(), shape.columns()),
                                () -> pack(spec, shape.columns())),
                        ColumnData.of(bias == null ? new float[1] : bias.toFloatArray(), g.outChannels()),
                        spec.residual()));
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

    private static ProductShape shape(ConvGeometry g, Tier tier) {
        int tiles = g.batch() * WinogradKernel.tilesHigh(g) * WinogradKernel.tilesWide(g);
        return ProductShape.of(tier, Multiplication.FUSED, tiles, g.outChannels());
    }

    private static boolean pays(ConvGeometry g, Tier tier) {
        boolean window =
                g.kernelHeight() == Winograd.WINDOW
                        && g.kernelWidth() == Winograd.WINDOW
                        && g.strideHeight() == 1
                        && g.strideWidth() == 1
                        && g.dilationHeight() == 1
                        && g.dilationWidth() == 1;
        boolean whole = g.inChannels() % tier.lanes() == 0 && (tier.hasMasks() || g.outChannels() % tier.lanes() == 0);
        long bytes = 4L * Winograd.PRODUCTS * g.inChannels() * g.outChannels();
        return window
                && whole
                && g.isChannelsLast()
                && g.groups() == 1
                && g.outputElements() > 0
                && Math.min(g.inChannels(), g.outChannels()) >= FEWEST
                && bytes <= LARGEST;
    }

    @Override
    public Sample<KernelSpec.Conv> sample(KernelSpec.Conv spec, Tier tier) {
        // Tiles of all forms, in blocks of the same heights.
        int tiles = shape(spec.geometry(), tier).blocks().sample();
        int n = Math.max(FEWEST, shape(spec.geometry(), tier).sampleColumns() / 8 * 8);
        ConvGeometry g =
                new ConvGeometry(
                        1,
                        1,
                        32,
                        5,
                        Winograd.TILE * tiles - 1,
                        n,
                        3,
                        Winograd.TILE * tiles - 1,
                        3,
                        3,
                        1,
                        1,
                        0,
                        1,
                        1,
                        1,
                        spec.geometry().layout());
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
