package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.PackedWeights;
import dev.octet.kernels.x64.IntegerColumns.ZeroPoints;
import dev.octet.kernels.x64.PatchRows.Padding;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Integer convolutions, channels last, as products.
final class IntegerConvCompiler implements KernelCompiler<KernelSpec.IntegerConv> {
    /// Channels of a group that make a small case's sums about as long as [IntegerProduct#SAMPLE_LENGTH].
    private static final int SAMPLE_CHANNELS = 25;

    @Override
    public Optional<Kernel> compile(KernelSpec.IntegerConv spec, Tier tier, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        ConvGeometry g = spec.geometry();
        ConvolutionProduct convolution = new ConvolutionProduct(g);
        ZeroPoints rightZeros = rightZeros(spec);
        Optional<Finish> finish = Finish.of(spec.stage(), rightZeros.correct());
        if (!convolution.exists() || finish.isEmpty()) {
            return Optional.empty();
        }
        IntegerProduct product = product(convolution, tier);
        PackedBytes right = packed(spec, product);
        boolean pointwise = g.isPointwise();
        ByteRows bytes =
                ByteRows.of(
                        convolution.length(),
                        !pointwise,
                        IntegerProduct.shift(spec.inputType()),
                        rightZeros.correct(),
                        Multiplication.ofBytes(tier),
                        code);
        LeftOperand left =
                pointwise
                        ? new LeftOperand.Rows(convolution.inputOffsets(1), g.inChannels(), bytes)
                        : new PatchRows(g, 1, padding(spec), code.code(new CopyGenerator()), bytes);
        return Optional.of(
                product.kernel(
                        left,
                        pointwise ? 0 : PatchRows.stride(g, 1),
                        convolution.length(),
                        new RightOperand.Constant(right.panels()),
                        product.columns(spec.bias(), right, leftZero(spec), rightZeros),
                        spec.stage(),
                        finish.get(),
                        -1,
                        new ProductKernel.Target(
                                convolution.outputOffsets(), g.outChannels(), finish.get().elementBytes(), -1),
                        code));
    }

    private static ZeroPoints leftZero(KernelSpec.IntegerConv spec) {
        Integer zero = spec.inputZeroPoint();
        return zero == null
                ? new ZeroPoints(new int[0], 1, spec.inputType(), 0)
                : new ZeroPoints(new int[] {zero}, -1, spec.inputType(), 0);
    }

    private static ZeroPoints rightZeros(KernelSpec.IntegerConv spec) {
        DType dtype = spec.weights().dtype();
        return new ZeroPoints(spec.weightZeroPoints().clone(), -1, dtype, ByteMatrix.shift(dtype));
    }

    private static IntegerProduct product(ConvolutionProduct convolution, Tier tier) {
        return IntegerProduct.of(tier, convolution.rows(), convolution.columns(), convolution.columns());
    }

    private static Padding padding(KernelSpec.IntegerConv spec) {
        Integer zeroPoint = spec.inputZeroPoint();
        return zeroPoint == null ? new Padding(1, (byte) 0) : new Padding(-1, (byte) (int) zeroPoint);
    }

    /// All that packing depends on beside the weights.
    ///
    /// @param cells of the window
    /// @param panel columns of a panel
    record Form(int groups, int cells, Multiplication multiplication, int panel) {}

    private static PackedBytes packed(KernelSpec.IntegerConv spec, IntegerProduct product) {
        ConvGeometry g = spec.geometry();
        ProductShape shape = product.shape();
        Form form = new Form(g.groups(), g.kernelHeight() * g.kernelWidth(), shape.multiplication(), shape.columns());
        return PackedWeights.of(spec.weights(), form, () -> product.pack(matrices(spec)));
    }

    /// B of each group.
    private static List<ByteMatrix> matrices(KernelSpec.IntegerConv spec) {
        ConvolutionProduct convolution = new ConvolutionProduct(spec.geometry());
        int k = convolution.length();
        int n = convolution.columns();
        byte[] weights = spec.weights().data().toArray(ValueLayout.JAVA_BYTE);
        int[] order = convolution.weightOrder();
        List<ByteMatrix> matrices = new ArrayList<>();
        for (int group = 0; group < spec.geometry().groups(); group++) {
            byte[] values = new byte[k * n];
            int first = group * k * n;
            for (int at = 0; at < values.length; at += k) {
                for (int p = 0; p < k; p++) {
                    values[at + p] = weights[first + at + order[p]];
                }
            }
            matrices.add(ByteMatrix.of(values, spec.weights().dtype(), k, n, true));
        }
        return matrices;
    }

    @Override
    @SuppressWarnings("NullAway") // It does not see that another package's array may be null.
    public Sample<KernelSpec.IntegerConv> sample(KernelSpec.IntegerConv spec, Tier tier) {
        ConvolutionProduct convolution = new ConvolutionProduct(spec.geometry());
        IntegerProduct product = product(convolution, tier);
        int rows = product.shape().blocks().sample();
        int n = product.shape().sampleColumns();
        int pointwiseLength = IntegerProduct.SAMPLE_LENGTH + (convolution.length() % 4 == 0 ? 1 : 0);
        boolean pointwise = spec.geometry().isPointwise();
        ConvGeometry small = convolution.sample(rows, n, pointwise ? pointwiseLength : SAMPLE_CHANNELS);
        byte[] weights = IntegerProduct.sampleWeights(packed(spec, product).group(), n * small.reductionLength());
        Shape shape = Shape.of(n, small.inChannels(), small.kernelHeight(), small.kernelWidth());
        int[] zeroPoints = spec.weightZeroPoints();
        KernelSpec.IntegerConv sampled =
                new KernelSpec.IntegerConv(
                        small,
                        spec.inputType(),
                        spec.inputZeroPoint(),
                        IntegerProduct.stored(weights, spec.weights().dtype(), shape),
                        IntegerProduct.sampleZeroPoints(zeroPoints, spec.weights().dtype(), n),
                        null,
                        IntegerProduct.sampleStage(spec.stage(), n));
        Tensor x = Sample.bytes(spec.inputType(), small.inputElements());
        List<Tensor> inputs =
                spec.inputZeroPoint() == null ? List.of(x, Tensor.scalar(spec.inputType(), 3)) : List.of(x);
        return new Sample<>(sampled, inputs, spec.stage().dtype());
    }
}
