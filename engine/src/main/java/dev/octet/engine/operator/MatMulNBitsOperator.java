package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.MatMulNBits;
import dev.octet.kernels.BlockMatMul;
import dev.octet.kernels.KernelSpec;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Products of FLOAT32 with constant weights of few bits.
final class MatMulNBitsOperator implements OperatorLowering<MatMulNBits> {
    @Override
    public TailForm tail(Node node) {
        return new TailForm(false, !node.has(MatMulNBits.BIAS), false, true, -1);
    }

    @Override
    public @Nullable Lowered lower(MatMulNBits op, Site site) {
        long rows = op.columns() == 0 ? 0 : site.shape(0).elementCount() / op.columns();
        if (!site.isFloat(0) || !MatMulNBits.hasPlainBlocks(site.node()) || rows > Integer.MAX_VALUE) {
            return null;
        }
        List<@Nullable Tensor> operands = new ArrayList<>();
        operands.add(null);
        for (int i = 1; i < site.node().inputs().size(); i++) {
            if (site.isVariable(i)) {
                return null;
            }
            operands.add(site.constant(i));
        }
        Tensor own = site.has(MatMulNBits.BIAS) ? operands.get(MatMulNBits.BIAS) : null;
        Tensor bias = own == null ? site.tail().bias() : own.reshape(Shape.of(op.rows()));
        KernelSpec spec = new BlockMatMul((int) rows, op.weights(operands), bias, site.tail().activation());
        return Lowered.of(spec, site.name(0));
    }
}
