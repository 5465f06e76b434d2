package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Gemm;
import dev.octet.kernels.KernelSpec;
import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `alpha·A·B + beta·C` of FLOAT32, where C is constant and has one element per column (or one), or is as large as the
/// result with `beta = 1`.
final class GemmOperator implements OperatorLowering<Gemm> {
    private static final int C = 2;

    @Override
    public TailForm tail(Node node) {
        return new TailForm(false, !node.has(C), true, true, -1);
    }

    @Override
    public @Nullable Lowered lower(Gemm op, Site site) {
        MatMulGeometry geometry = geometry(op, site);
        if (geometry == null || !site.isFloat(0)) {
            return null;
        }
        Tail tail = site.tail();
        Tensor bias = site.has(C) ? bias(op, site, geometry.n()) : tail.bias();
        String residual = tail.residual();
        if (site.has(C) && bias == null) {
            // C has to go the way of a residual, so there must not be another one.
            boolean fits = op.beta() == 1 && site.shape(C).equals(site.outputShape());
            if (!fits || residual != null) {
                return null;
            }
            residual = site.name(C);
        }
        Tensor b = site.constant(1);
        List<String> inputs = new ArrayList<>(List.of(site.name(0)));
        if (b == null) {
            inputs.add(site.name(1));
        }
        if (residual != null) {
            inputs.add(residual);
        }
        return new Lowered(
                new KernelSpec.MatMul(geometry, b, op.alpha(), bias, residual != null, tail.activation()), inputs);
    }

    private static @Nullable MatMulGeometry geometry(Gemm op, Site site) {
        Shape a = site.shape(0);
        Shape b = site.shape(1);
        long m = a.dim(op.transA() ? 1 : 0);
        long k = a.dim(op.transA() ? 0 : 1);
        long n = b.dim(op.transB() ? 0 : 1);
        if (m > Integer.MAX_VALUE || n > Integer.MAX_VALUE || k > Integer.MAX_VALUE) {
            return null;
        }
        return new MatMulGeometry((int) m, (int) n, (int) k, new long[1], new long[1], op.transA(), op.transB());
    }

    private static @Nullable Tensor bias(Gemm op, Site site, int n) {
        Tensor c = site.constant(C);
        if (c == null || (c.elementCount() != 1 && !isRow(c.shape(), n))) {
            return null;
        }
        if (op.beta() == 1 && c.elementCount() == n) {
            return c.reshape(Shape.of(n));
        }
        float[] scaled = new float[n];
        for (int i = 0; i < n; i++) {
            scaled[i] = op.beta() * c.getFloat(c.elementCount() == 1 ? 0 : i);
        }
        return Tensor.of(Shape.of(n), scaled);
    }

    private static boolean isRow(Shape shape, int n) {
        return shape.elementCount() == n && shape.rank() >= 1 && shape.dim(-1) == n;
    }
}
