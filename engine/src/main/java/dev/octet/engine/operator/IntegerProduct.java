package dev.octet.engine.operator;

import dev.octet.graph.op.Epilogue;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The constants that quantized convolutions and matrix products have in common.
final class IntegerProduct {
    private IntegerProduct() {}

    /// Zero points given by an optional input: constant, or one zero if it is absent.
    static int[] zeroPoints(Site site, int input) {
        Tensor tensor = site.constant(input);
        return tensor == null ? new int[1] : tensor.toIntArray();
    }

    /// Zero point of a whole tensor, or null if the input gives several.
    static @Nullable Integer zeroPoint(Site site, int input) {
        int[] all = zeroPoints(site, input);
        return all.length == 1 ? Integer.valueOf(all[0]) : null;
    }

    /// `left·right[c]·alpha`, each product rounded to float; null unless both are constant and `left` is one number.
    static float @Nullable [] products(Site site, int left, int right, float alpha) {
        Tensor a = site.constant(left);
        Tensor b = site.constant(right);
        if (a == null || b == null || a.elementCount() != 1) {
            return null;
        }
        float[] products = b.toFloatArray();
        for (int c = 0; c < products.length; c++) {
            products[c] *= a.getFloat(0);
            if (alpha != 1) {
                products[c] *= alpha;
            }
        }
        return products;
    }

    /// What happens to the sums: requantized if there is an output scale, else stored as float. Null if no kernel can.
    ///
    /// @param scale index of the optional input with the output's scale; its zero point follows
    static @Nullable OutputStage stage(Site site, float[] scales, Epilogue epilogue, int scale) {
        if (!site.has(scale)) {
            return site.outputType() == DType.FLOAT32 ? new OutputStage.Dequantize(scales, epilogue) : null;
        }
        Tensor outputScale = site.constant(scale);
        Integer zeroPoint = zeroPoint(site, scale + 1);
        boolean known = outputScale != null && outputScale.elementCount() == 1 && !site.isVariable(scale + 1);
        if (outputScale == null || !known || zeroPoint == null || !Site.isByte(site.outputType())) {
            return null;
        }
        return new OutputStage.Requantize(scales, epilogue, outputScale.getFloat(0), zeroPoint, site.outputType());
    }

    /// A constant INT32 bias with one element per channel.
    static int @Nullable [] bias(Site site, int input) {
        Tensor bias = site.constant(input);
        return bias == null ? null : bias.toIntArray();
    }
}
