package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.MatMulInteger;
import dev.octet.graph.op.MatMulIntegerToFloat;
import dev.octet.graph.op.QGemm;
import dev.octet.graph.op.QLinearMatMul;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.kernels.OutputStage;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix products of 8-bit values.
final class IntegerMatMulOperators {
    private IntegerMatMulOperators() {}

    /// Inputs a, aScale, aZeroPoint, b, bScale, bZeroPoint, yScale?, yZeroPoint?, bias?.
    static final class Quantized implements OperatorLowering<QLinearMatMul> {
        @Override
        public TailForm tail(Node node) {
            return TailForm.NONE.withTranspose();
        }

        @Override
        public @Nullable Lowered lower(QLinearMatMul op, Site site) {
            MatrixOperand left = MatrixOperand.of(site, 0, true);
            MatrixOperand right = MatrixOperand.of(site, 3, false);
            MatMulGeometry geometry = MatMulShapes.geometry(left, right, site.tail().transpose());
            if (geometry == null || !isPerTensorOrColumn(site, site.shape(3), 4, 5, geometry.n())) {
                return null;
            }
            return quantized(site, geometry, 1, op.epilogue(), 6, 8, left.name(), right.name());
        }
    }

    /// Inputs A, aScale, aZeroPoint, B, bScale, bZeroPoint, C? (INT32), yScale?, yZeroPoint?.
    static @Nullable Lowered qGemm(QGemm op, Site site) {
        Shape a = site.shape(0);
        Shape b = site.shape(3);
        long m = a.dim(op.transA() ? 1 : 0);
        long k = a.dim(op.transA() ? 0 : 1);
        long n = b.dim(op.transB() ? 0 : 1);
        if (m > Integer.MAX_VALUE || n > Integer.MAX_VALUE || k > Integer.MAX_VALUE) {
            return null;
        }
        MatMulGeometry geometry =
                new MatMulGeometry((int) m, (int) n, (int) k, new long[1], new long[1], op.transA(), op.transB());
        return quantized(site, geometry, op.alpha(), op.epilogue(), 7, 6, site.name(0), site.name(3));
    }

    private static @Nullable Lowered quantized(
            Site site,
            MatMulGeometry geometry,
            float alpha,
            Epilogue epilogue,
            int outputScale,
            int bias,
            String left,
            String right) {
        float[] scales = IntegerProduct.products(site, 1, 4, alpha);
        boolean bytes = site.isByte(0) && site.isByte(3);
        if (scales == null || !bytes || site.isVariable(2) || site.isVariable(5) || !isRow(site, bias, geometry.n())) {
            return null;
        }
        OutputStage stage = IntegerProduct.stage(site, scales, epilogue, outputScale);
        Integer zeroPoint = IntegerProduct.zeroPoint(site, 2);
        if (stage == null || zeroPoint == null) {
            return null;
        }
        Tensor b = hasOneB(geometry) ? site.constant(3) : null;
        int[] zeroPointsB = IntegerProduct.zeroPoints(site, 5);
        int[] biases = IntegerProduct.bias(site, bias);
        KernelSpec spec = spec(geometry, site.dtype(0), site.dtype(3), b, zeroPoint, zeroPointsB, biases, stage);
        return b == null ? Lowered.of(spec, left, right) : Lowered.of(spec, left);
    }

    @SuppressWarnings("NullAway") // It does not see that another module's array may be null.
    private static KernelSpec spec(
            MatMulGeometry geometry,
            DType typeA,
            DType typeB,
            @Nullable Tensor constantB,
            @Nullable Integer zeroPointA,
            int @Nullable [] zeroPointsB,
            int @Nullable [] bias,
            OutputStage stage) {
        return new KernelSpec.IntegerMatMul(geometry, typeA, typeB, constantB, zeroPointA, zeroPointsB, bias, stage);
    }

    /// Whether all batches have the same B.
    private static boolean hasOneB(MatMulGeometry geometry) {
        return Arrays.stream(geometry.batchOffsetsB()).allMatch(offset -> offset == 0);
    }

    /// Whether an optional bias is constant with one element per column.
    private static boolean isRow(Site site, int input, int n) {
        if (!site.has(input)) {
            return true;
        }
        Shape shape = site.shape(input);
        return !site.isVariable(input) && shape.elementCount() == n && shape.rank() >= 1 && shape.dim(-1) == n;
    }

    /// Inputs A, B, aZeroPoint?, bZeroPoint?.
    static @Nullable Lowered matMulInteger(MatMulInteger op, Site site) {
        return product(site, 2, new OutputStage.Accumulator());
    }

    /// Inputs A, B, aScale, bScale, aZeroPoint?, bZeroPoint?, bias?: all but A's constant, or as those of
    /// MatMulInteger.
    static final class ToFloat implements OperatorLowering<MatMulIntegerToFloat> {
        @Override
        public TailForm tail(Node node) {
            return TailForm.ACTIVATION.withTranspose();
        }

        @Override
        public @Nullable Lowered lower(MatMulIntegerToFloat op, Site site) {
            Tensor scales = site.constant(3);
            Tensor bias = site.constant(6);
            int n = (int) Math.min(Integer.MAX_VALUE, site.outputShape().dim(-1));
            boolean perColumn = scales != null && (scales.elementCount() == 1 || scales.elementCount() == n);
            if (scales == null || !perColumn || site.isVariable(6) || !isRow(site, 6, n)) {
                return null;
            }
            Lowered product = product(site, 4, stage(scales, bias, site.tail().activation()));
            return product == null ? null : product.withInput(site.name(2));
        }

        @SuppressWarnings("NullAway") // It does not see that another module's array may be null.
        private static OutputStage stage(Tensor scales, @Nullable Tensor bias, Epilogue epilogue) {
            float[] numbers = bias == null ? null : bias.toFloatArray();
            return new OutputStage.Rescale(scales.toFloatArray(), numbers, epilogue);
        }
    }

    /// A product of inputs 0 and 1.
    ///
    /// @param zeroPoint the optional input with A's zero point; B's follows
    private static @Nullable Lowered product(Site site, int zeroPoint, OutputStage stage) {
        Shape b = site.shape(1);
        MatrixOperand left = MatrixOperand.of(site, 0, true);
        MatrixOperand right = MatrixOperand.of(site, 1, false);
        MatMulGeometry geometry = MatMulShapes.geometry(left, right, site.tail().transpose());
        boolean bytes = site.isByte(0) && site.isByte(1);
        if (geometry == null || !bytes || (site.has(zeroPoint) && site.shape(zeroPoint).elementCount() != 1)) {
            return null;
        }
        int zeroPointB = zeroPoint + 1;
        if (site.has(zeroPointB) && !isPerTensorOrColumn(site, b, zeroPointB, zeroPointB, geometry.n())) {
            return null;
        }
        Tensor constantB = hasOneB(geometry) ? site.constant(1) : null;
        Integer zeroPointA = site.isVariable(zeroPoint) ? null : IntegerProduct.zeroPoint(site, zeroPoint);
        int[] zeroPointsB = site.isVariable(zeroPointB) ? null : IntegerProduct.zeroPoints(site, zeroPointB);
        List<String> inputs = new ArrayList<>(List.of(left.name()));
        if (constantB == null) {
            inputs.add(right.name());
        }
        if (zeroPointA == null) {
            inputs.add(site.name(zeroPoint));
        }
        if (zeroPointsB == null) {
            inputs.add(site.name(zeroPointB));
        }
        KernelSpec spec = spec(geometry, site.dtype(0), site.dtype(1), constantB, zeroPointA, zeroPointsB, null, stage);
        return new Lowered(spec, inputs);
    }

    /// Whether the parameters of B are one for all, or one per column and the same in every batch.
    private static boolean isPerTensorOrColumn(Site site, Shape b, int scale, int zeroPoint, int n) {
        return isPerTensorOrColumn(site.shape(scale), b, n)
                && (!site.has(zeroPoint) || isPerTensorOrColumn(site.shape(zeroPoint), b, n));
    }

    private static boolean isPerTensorOrColumn(Shape parameters, Shape b, int n) {
        if (parameters.elementCount() == 1) {
            return true;
        }
        return b.rank() >= 2 && parameters.elementCount() == n && parameters.dim(-1) == n;
    }
}
