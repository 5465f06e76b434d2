package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.PackedWeights;
import dev.octet.kernels.x64.PatchRows.Padding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Float convolutions, channels last, as products.
final class FloatConvCompiler implements KernelCompiler<KernelSpec.Conv> {
    @Override
    public Optional<Kernel> compile(KernelSpec.Conv spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        ConvGeometry g = spec.geometry();
        ConvolutionProduct convolution = new ConvolutionProduct(g);
        Optional<Finish> finish = Finish.of(false, spec.bias() != null, spec.residual(), spec.epilogue());
        if (!convolution.exists() || finish.isEmpty()) {
            return Optional.empty();
        }
        FloatProduct product = product(convolution, tier);
        boolean pointwise = g.isPointwise();
        LeftOperand left =
                pointwise
                        ? new LeftOperand.Rows(convolution.inputOffsets(4), 4L * g.inChannels(), null)
                        : new PatchRows(g, 4, new Padding(-1, (byte) 0), code.code(new CopyGenerator()), null);
        return Optional.of(
                product.kernel(
                        left,
                        pointwise ? 0 : PatchRows.stride(g, 4),
                        convolution.length(),
                        new RightOperand.Constant(panels(spec, product.shape().columns())),
                        1,
                        spec.bias(),
                        finish.get(),
                        new ProductKernel.Target(
                                convolution.outputOffsets(), g.outChannels(), 4, spec.residual() ? 1 : -1),
                        code));
    }

    private static FloatProduct product(ConvolutionProduct convolution, Tier tier) {
        return FloatProduct.of(tier, convolution.rows(), convolution.columns(), convolution.columns());
    }

    /// All that packing depends on beside the weights.
    ///
    /// @param cells of the window
    /// @param panel columns of a panel
    record Form(int groups, int cells, int panel) {}

    private static PackedPanels[] panels(KernelSpec.Conv spec, int columns) {
        ConvGeometry g = spec.geometry();
        Form form = new Form(g.groups(), g.kernelHeight() * g.kernelWidth(), columns);
        return PackedWeights.of(spec.weights(), form, () -> pack(spec, columns));
    }

    /// B of each group.
    private static PackedPanels[] pack(KernelSpec.Conv spec, int columns) {
        ConvolutionProduct convolution = new ConvolutionProduct(spec.geometry());
        int k = convolution.length();
        int n = convolution.columns();
        float[] weights = spec.weights().toFloatArray();
        float[] values = new float[weights.length];
        int[] order = convolution.weightOrder();
        for (int at = 0; at < values.length; at += k) {
            for (int p = 0; p < k; p++) {
                values[at + p] = weights[at + order[p]];
            }
        }
        PackedPanels[] panels = new PackedPanels[spec.geometry().groups()];
        for (int group = 0; group < panels.length; group++) {
            panels[group] = PackedPanels.floats(new FloatMatrix(values, (long) group * k * n, k, k, n, true), columns);
        }
        return panels;
    }

    @Override
    public Sample<KernelSpec.Conv> sample(KernelSpec.Conv spec, Tier tier) {
        ConvolutionProduct convolution = new ConvolutionProduct(spec.geometry());
        ProductShape shape = product(convolution, tier).shape();
        int n = shape.sampleColumns();
        ConvGeometry small = convolution.sample(shape.blocks().sample(), n, FloatProduct.SAMPLE_LENGTH);
        Tensor weights =
                Sample.floats((long) n * small.reductionLength())
                        .reshape(Shape.of(n, small.inChannels(), small.kernelHeight(), small.kernelWidth()));
        Tensor bias = spec.bias() == null ? null : Sample.floats(n);
        KernelSpec.Conv sampled = new KernelSpec.Conv(small, weights, bias, spec.residual(), spec.epilogue());
        List<Tensor> inputs = new ArrayList<>(List.of(Sample.floats(small.inputElements())));
        if (spec.residual()) {
            inputs.add(Sample.floats(small.outputElements()));
        }
        return new Sample<>(sampled, inputs, DType.FLOAT32);
    }
}
