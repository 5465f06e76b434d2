package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// What float matrix products and convolutions have in common: rows of A times a B.
///
/// @param step columns from the parameters of one product to those of the next: 0 if all share them
record FloatProduct(ProductShape shape, int step) {
    /// Length of a sum in small cases.
    static final int SAMPLE_LENGTH = 21;

    static FloatProduct of(Tier tier, int m, int n, int step) {
        return new FloatProduct(ProductShape.of(tier, Multiplication.FUSED, m, n), step);
    }

    /// @param copied see [ProductShape#tiling]
    /// @param k length of a sum
    /// @param right B of each product
    /// @param factor of the sums, which `finish` applies or not
    Kernel kernel(
            LeftOperand left,
            long copied,
            int k,
            RightOperand right,
            float factor,
            @Nullable Tensor bias,
            Finish finish,
            ProductKernel.Target target,
            CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        int total = (right.products() - 1) * step + shape.n();
        float[] addends = bias == null ? new float[1] : bias.toFloatArray();
        return new ProductKernel(
                shape.blocks(),
                shape.n(),
                k,
                shape.tiling(k, right.products(), copied),
                ProductKernel.Functions.of(shape.generator(1, finish), shape.blocks(), code),
                left,
                right,
                new ProductKernel.Columns(
                        step,
                        IntegerColumns.NONE,
                        ColumnData.of(new float[] {factor}, total),
                        ColumnData.of(addends, total),
                        FinishParameter.allocate(),
                        -1),
                target);
    }
}
