package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// What integer matrix products and convolutions have in common: rows of A times a constant B.
///
/// With `a' = a + shift` unsigned and `b'` signed, `Σ(a − za)(b − zb) = Σa'b' − za'·(Σb' − k·zb') − zb'·Σa'`: the second
/// term belongs to the columns and is added to the bias, the third is left out where `zb'` is zero.
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

    /// Zero points of B's bytes as they are stored.
    static int[] zeroPoints(int[] zeroPoints, DType typeB) {
        return Arrays.stream(zeroPoints).map(z -> z + ByteMatrix.shift(typeB)).toArray();
    }

    static boolean isCorrected(int[] zeroPoints) {
        return Arrays.stream(zeroPoints).anyMatch(z -> z != 0);
    }

    private int group(ByteMatrix b) {
        return shape.tier().hasDotProducts() ? 1 : PackedPanels.group(b, shape.columns());
    }

    /// @param right B of each product
    /// @param zeroPoints of B's bytes as they are stored
    /// @param copied see [ProductShape#tiling]
    /// @param rescale index of the input that holds a factor of the scales, or -1
    Kernel kernel(
            LeftOperand left,
            long copied,
            List<ByteMatrix> right,
            ColumnBias bias,
            int[] zeroPoints,
            OutputStage stage,
            Finish finish,
            int rescale,
            ProductKernel.Target target,
            CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        ByteMatrix first = right.getFirst();
        int group = group(first);
        Map<ByteMatrix, PackedPanels> packed = new IdentityHashMap<>();
        PackedPanels[] panels = new PackedPanels[right.size()];
        for (int i = 0; i < panels.length; i++) {
            panels[i] = packed.computeIfAbsent(right.get(i), b -> pack(b, group));
        }
        int total = (right.size() - 1) * step + shape.n();
        return new ProductKernel(
                shape.blocks(),
                shape.n(),
                first.steps(),
                shape.tiling(first.k(), right.size(), copied),
                ProductKernel.Functions.of(shape.generator(group, finish), shape.blocks(), code),
                left,
                panels,
                new ProductKernel.Columns(
                        step,
                        bias,
                        ColumnData.of(scales(stage), total),
                        ColumnData.of(addends(stage), total),
                        ColumnData.of(zeroPoints, total),
                        FinishParameter.of(stage),
                        rescale),
                target);
    }

    private PackedPanels pack(ByteMatrix b, int group) {
        return shape.tier().hasDotProducts()
                ? PackedPanels.bytes(b, shape.columns())
                : PackedPanels.widened(b, shape.columns(), group);
    }

    private static float[] scales(OutputStage stage) {
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

    /// @param bias of all products together, or null
    /// @param zeroPointA A's, or null if it is the input `zeroPointInput`
    ColumnBias bias(
            int @Nullable [] bias,
            List<ByteMatrix> right,
            int[] zeroPoints,
            @Nullable Integer zeroPointA,
            int zeroPointInput,
            DType typeA) {
        int n = shape.n();
        Map<ByteMatrix, int[]> known = new IdentityHashMap<>();
        int[][] sums = new int[right.size()][];
        int[][] own = new int[right.size()][n];
        for (int i = 0; i < sums.length; i++) {
            int first = i * step;
            sums[i] = known.computeIfAbsent(right.get(i), b -> columnSums(b, zeroPoints, first));
            if (bias != null) {
                System.arraycopy(bias, first, own[i], 0, n);
            }
        }
        if (zeroPointA == null) {
            return new ColumnBias.OfZeroPoint(own, sums, zeroPointInput, typeA, shift(typeA));
        }
        int zero = zeroPointA + shift(typeA);
        MemorySegment[] numbers = new MemorySegment[sums.length];
        for (int i = 0; i < sums.length; i++) {
            int[] total = new int[n];
            for (int j = 0; j < n; j++) {
                total[j] = own[i][j] - zero * sums[i][j];
            }
            numbers[i] = ColumnData.of(total, n);
        }
        return new ColumnBias.Constant(numbers);
    }

    private static int[] columnSums(ByteMatrix b, int[] zeroPoints, int first) {
        int[] sums = new int[b.n()];
        for (int j = 0; j < sums.length; j++) {
            sums[j] = b.columnSum(j) - b.k() * zeroPoints[zeroPoints.length == 1 ? 0 : first + j];
        }
        return sums;
    }

    /// Weights of a small case, for which the group is that of `b`: as large as it allows without exceptions, but for
    /// one.
    byte[] sampleWeights(ByteMatrix b, int count) {
        int largest = Math.min(127, 129 / group(b));
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
                            Sample.resized(r.scales(), count),
                            r.epilogue(),
                            r.outputScale(),
                            r.zeroPoint(),
                            r.dtype());
        };
    }
}
