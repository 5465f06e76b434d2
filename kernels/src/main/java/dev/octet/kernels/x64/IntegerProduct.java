package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.OutputStage;
import dev.octet.kernels.x64.IntegerColumns.ZeroPoints;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// What integer matrix products and convolutions have in common: rows of A times a B.
///
/// With `a' = a + shift` unsigned and `b'` signed, `Σ(a − za)(b − zb) = Σa'b' − za'·(Σb' − k·zb') − zb'·Σa'`: the
/// second term belongs to the columns and is added to the bias, the third is left out where `zb'` is zero.
///
/// @param step columns from the parameters of one product to those of the next: 0 if all share them
record IntegerProduct(ProductShape shape, int step) {
    /// Length of a sum in small cases: groups of every length, and a part of a step.
    static final int SAMPLE_LENGTH = 151;

    static IntegerProduct of(Tier tier, int m, int n, int step) {
        return new IntegerProduct(ProductShape.of(tier, Multiplication.ofBytes(tier), m, n), step);
    }

    /// What is added to A's bytes so that they are unsigned.
    static int shift(DType typeA) {
        return typeA == DType.INT8 ? 128 : 0;
    }

    /// A constant B of each product, see [PackedBytes#of].
    PackedBytes pack(List<ByteMatrix> right) {
        return PackedBytes.of(right, shape.multiplication(), shape.columns());
    }

    /// @param copied see [ProductShape#tiling]
    /// @param k length of a sum
    /// @param rescale index of the input that holds a factor of the scales, or -1
    Kernel kernel(
            LeftOperand left,
            long copied,
            int k,
            RightOperand right,
            IntegerColumns integers,
            OutputStage stage,
            Finish finish,
            int rescale,
            ProductKernel.Target target,
            CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        int total = (right.products() - 1) * step + shape.n();
        int group = right instanceof RightOperand.Constant c ? c.panels()[0].group() : 1;
        return new ProductKernel(
                shape.blocks(),
                shape.n(),
                Math.ceilDiv(k, 4),
                shape.tiling(k, right.products(), copied),
                ProductKernel.Functions.of(shape.generator(group, finish), shape.blocks(), code),
                left,
                right,
                new ProductKernel.Columns(
                        step,
                        integers,
                        ColumnData.of(scales(stage), total),
                        ColumnData.of(addends(stage), total),
                        FinishParameter.of(stage),
                        rescale),
                target);
    }

    static float[] scales(OutputStage stage) {
        return switch (stage) {
            case OutputStage.Accumulator _ -> new float[1];
            case OutputStage.Dequantize d -> d.scales();
            case OutputStage.Rescale r -> r.scales();
            case OutputStage.Requantize r when !r.epilogue().isNone() -> r.scales();
            case OutputStage.Requantize r -> {
                float[] multipliers = new float[r.scales().length];
                for (int c = 0; c < multipliers.length; c++) {
                    multipliers[c] = r.multiplier(c);
                }
                yield multipliers;
            }
        };
    }

    private static float[] addends(OutputStage stage) {
        float[] bias = stage instanceof OutputStage.Rescale r ? r.bias() : null;
        return bias == null ? new float[1] : bias;
    }

    /// For a constant B.
    ///
    /// @param bias of all products together, or null
    IntegerColumns columns(int @Nullable [] bias, PackedBytes right, ZeroPoints leftZero, ZeroPoints rightZeros) {
        int[][] sums = right.sums();
        int[][] own = biases(bias, sums.length);
        IntegerColumns.Computed computed =
                new IntegerColumns.Computed(shape.n(), own, sums, 0, right.k(), leftZero, rightZeros, step);
        if (leftZero.input() >= 0 || rightZeros.input() >= 0) {
            return computed;
        }
        MemorySegment[] numbers = new MemorySegment[sums.length];
        MemorySegment[] shifted = new MemorySegment[sums.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = ColumnData.of(computed.biases(i, 0), shape.n());
            shifted[i] = ColumnData.of(computed.biases(i, 128), shape.n());
        }
        int total = (sums.length - 1) * step + shape.n();
        return new IntegerColumns.Constant(numbers, shifted, ColumnData.of(rightZeros.shifted(), total), step);
    }

    /// For a B known at run time only, whose columns are summed when it is packed.
    ///
    /// @param excess what those sums have too much
    IntegerColumns columns(
            int @Nullable [] bias, int products, int k, int excess, ZeroPoints leftZero, ZeroPoints rightZeros) {
        int[][] own = biases(bias, products);
        return new IntegerColumns.Computed(shape.n(), own, null, excess, k, leftZero, rightZeros, step);
    }

    private int[][] biases(int @Nullable [] bias, int products) {
        int[][] own = new int[products][shape.n()];
        for (int i = 0; i < products && bias != null; i++) {
            System.arraycopy(bias, i * step, own[i], 0, shape.n());
        }
        return own;
    }

    /// Weights of a small case, for which the group is the one given: as large as it allows without exceptions, but for
    /// one.
    static byte[] sampleWeights(int group, int count) {
        int largest = Math.min(127, 129 / group);
        Random random = new Random(count);
        byte[] weights = new byte[count];
        for (int i = 0; i < count; i++) {
            weights[i] = (byte) (largest - random.nextInt(3));
        }
        weights[count / 2] = 127;
        return weights;
    }

    /// The same weights as another type stores them.
    static Tensor stored(byte[] weights, DType typeB, Shape shape) {
        byte[] stored = weights.clone();
        for (int i = 0; i < stored.length; i++) {
            stored[i] -= (byte) ByteMatrix.shift(typeB);
        }
        return Tensor.of(typeB, shape, stored);
    }

    /// Zero points for fewer or more columns, of which some is not zero where some was.
    static int[] sampleZeroPoints(int[] zeroPoints, DType typeB, int count) {
        int usual = -ByteMatrix.shift(typeB);
        int unusual = Arrays.stream(zeroPoints).filter(z -> z != usual).findFirst().orElse(usual);
        int[] sampled = new int[count];
        for (int j = 0; j < count; j++) {
            sampled[j] = j == 0 ? unusual : zeroPoints[j % zeroPoints.length];
        }
        return sampled;
    }

    static OutputStage sampleStage(OutputStage stage, int count) {
        return switch (stage) {
            case OutputStage.Accumulator _ -> stage;
            case OutputStage.Dequantize d ->
                    new OutputStage.Dequantize(Sample.resized(d.scales(), count), d.epilogue());
            case OutputStage.Rescale r -> {
                float[] bias = r.bias();
                yield new OutputStage.Rescale(
                        Sample.resized(r.scales(), count),
                        bias == null ? null : Sample.resized(bias, count),
                        r.epilogue());
            }
            case OutputStage.Requantize r ->
                    new OutputStage.Requantize(
                            Sample.resized(r.scales(), count), r.epilogue(), r.outputScale(), r.zeroPoint(), r.dtype());
        };
    }
}
