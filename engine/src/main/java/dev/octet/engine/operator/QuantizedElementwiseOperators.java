package dev.octet.engine.operator;

import dev.octet.graph.op.QLinearBinary;
import dev.octet.graph.op.QLinearGlobalAveragePool;
import dev.octet.graph.op.QLinearUnary;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Functions of 8-bit values with constant parameters, one scale for a tensor.
final class QuantizedElementwiseOperators {
    private static final int BYTES = 256;

    private QuantizedElementwiseOperators() {}

    /// A function of one byte is a table: the operator itself fills it.
    static @Nullable Lowered unary(QLinearUnary op, Site site) {
        if (encoding(site, site.dtype(0), 1) == null || encoding(site, site.outputType(), 3) == null) {
            return null;
        }
        byte[] all = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            all[i] = (byte) i;
        }
        List<@Nullable Tensor> inputs = new ArrayList<>();
        inputs.add(Tensor.of(site.dtype(0), Shape.of(BYTES), all));
        for (int i = 1; i < site.node().inputs().size(); i++) {
            inputs.add(site.constant(i));
        }
        Tensor table = Tensor.allocate(site.outputType(), Shape.of(BYTES));
        op.evaluate(inputs, List.of(table));
        KernelSpec spec =
                new KernelSpec.TableLookup(table.data().toArray(ValueLayout.JAVA_BYTE), site.shape(0).elementCount());
        return Lowered.of(spec, site.name(0));
    }

    /// Inputs a, aScale, aZeroPoint, b, bScale, bZeroPoint, yScale, yZeroPoint.
    static @Nullable Lowered binary(QLinearBinary op, Site site) {
        KernelSpec.Encoding left = encoding(site, site.dtype(0), 1);
        KernelSpec.Encoding right = encoding(site, site.dtype(3), 4);
        KernelSpec.Encoding output = encoding(site, site.outputType(), 6);
        if (left == null || right == null || output == null) {
            return null;
        }
        KernelSpec spec =
                new KernelSpec.QuantizedBroadcast(
                        op.function(), site.storedShape(0), site.storedShape(3), left, right, op.epilogue(), output);
        return Lowered.of(spec, site.name(0), site.name(3));
    }

    /// Inputs x, xScale, xZeroPoint, yScale, yZeroPoint.
    static @Nullable Lowered globalAveragePool(QLinearGlobalAveragePool op, Site site) {
        KernelSpec.Encoding input = encoding(site, site.dtype(0), 1);
        KernelSpec.Encoding output = encoding(site, site.outputType(), 3);
        Shape x = site.shape(0);
        long pixels = x.product(2, x.rank());
        if (input == null || output == null || pixels > Integer.MAX_VALUE) {
            return null;
        }
        long inner = site.isChannelsLast() ? x.dim(1) : 1;
        return Lowered.of(
                new KernelSpec.GlobalAveragePool(x.product(0, 2) / inner, (int) pixels, inner, input, output),
                site.name(0));
    }

    /// @param scale index of the input with the scale; that with the zero point follows
    private static KernelSpec.@Nullable Encoding encoding(Site site, DType dtype, int scale) {
        Tensor factor = site.constant(scale);
        if (factor == null || factor.elementCount() != 1 || site.isVariable(scale + 1) || !Site.isByte(dtype)) {
            return null;
        }
        Integer zeroPoint = IntegerProduct.zeroPoint(site, scale + 1);
        return zeroPoint == null ? null : new KernelSpec.Encoding(dtype, factor.getFloat(0), zeroPoint);
    }
}
