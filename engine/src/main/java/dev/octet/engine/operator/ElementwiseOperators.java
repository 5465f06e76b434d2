package dev.octet.engine.operator;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.kernels.KernelSpec;
import org.jspecify.annotations.Nullable;

/// Element-wise functions of FLOAT32.
final class ElementwiseOperators {
    private ElementwiseOperators() {}

    /// Functions of one operand: Unary, and Clip with constant bounds.
    static @Nullable Lowered unary(Op op, Site site) {
        if (!site.isFloat(0) || !(op instanceof Unary || op instanceof Clip)) {
            return null;
        }
        Epilogue f = EpilogueChain.function(site.node(), site.values()::constant);
        if (f == null) {
            return null;
        }
        Unary function = new Unary(f.function(), f.alpha(), f.beta());
        return Lowered.of(new KernelSpec.Elementwise(function, site.outputShape().elementCount()), site.name(0));
    }

    /// Functions of two operands that broadcast, and what follows them.
    static final class OfTwo implements OperatorLowering<Binary> {
        @Override
        public TailForm tail(Node node) {
            return TailForm.ACTIVATION;
        }

        @Override
        public @Nullable Lowered lower(Binary op, Site site) {
            return op.function().isPredicate() ? null : broadcast(op.function(), site);
        }
    }

    /// A sum of two.
    static final class OfSeveral implements OperatorLowering<Variadic> {
        @Override
        public TailForm tail(Node node) {
            return TailForm.ACTIVATION;
        }

        @Override
        public @Nullable Lowered lower(Variadic op, Site site) {
            boolean isSum = op.function() == VariadicFunction.SUM && site.node().inputs().size() == 2;
            return isSum ? broadcast(BinaryFunction.ADD, site) : null;
        }
    }

    private static @Nullable Lowered broadcast(BinaryFunction function, Site site) {
        if (!site.isFloat(0) || !site.isFloat(1)) {
            return null;
        }
        return Lowered.of(
                new KernelSpec.Broadcast(function, site.storedShape(0), site.storedShape(1), site.tail().activation()),
                site.name(0),
                site.name(1));
    }
}
