package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The same elements in another shape. Inputs x, shape (INT64): -1 is inferred, 0 copies the extent unless `allowZero`.
public record Reshape(boolean allowZero) implements Op {
    public static Reshape of(Attributes attributes) {
        return new Reshape(attributes.getBoolean("allowzero", false));
    }

    @Override
    public String type() {
        return "Reshape";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("allowzero", allowZero).build();
    }

    @Override
    public int sinceVersion() {
        return 14;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = inference.dtype(0);
        PartialShape x = inference.shape(0);
        long[] target = Operands.indices(inference, 1, "shape");
        if (target != null) {
            inference.output(0, dtype, new Target(x, target, allowZero).shape());
            return;
        }
        long count = Operands.count(inference, 1);
        inference.output(0, dtype, count < 0 ? null : PartialShape.ofRank(Extents.rank(count)));
    }

    /// A known target, brought together with the operand's shape.
    private record Target(@Nullable PartialShape x, long[] target, boolean allowZero) {
        PartialShape shape() {
            List<Dim> dims = new ArrayList<>(target.length);
            int inferred = -1;
            for (int axis = 0; axis < target.length; axis++) {
                if (target[axis] == -1 && inferred >= 0) {
                    throw Inference.mismatch("shape", "at most one -1", Arrays.toString(target));
                }
                inferred = target[axis] == -1 ? axis : inferred;
                dims.add(dim(axis));
            }
            if (inferred >= 0) {
                dims.set(inferred, inferred(dims, inferred));
            } else {
                checkCount(new PartialShape(dims));
            }
            return new PartialShape(dims);
        }

        private boolean copies(int axis) {
            return target[axis] == 0 && !allowZero;
        }

        private Dim dim(int axis) {
            if (target[axis] < -1) {
                throw Inference.mismatch("shape", "extents of at least -1", Arrays.toString(target));
            }
            if (target[axis] == -1) {
                return Dim.UNKNOWN;
            }
            if (!copies(axis)) {
                return Dim.of(target[axis]);
            }
            if (x == null) {
                return Dim.UNKNOWN;
            }
            if (axis >= x.rank()) {
                throw Inference.mismatch("shape " + Arrays.toString(target), "a 0 only where x has an axis", x);
            }
            return x.dim(axis);
        }

        /// The extent that -1 stands for: what is left of the operand when the other extents are taken away. Axes that
        /// are copied cancel even if unknown, and a single unknown extent that is left keeps its name.
        private Dim inferred(List<Dim> dims, int inferred) {
            if (x == null) {
                return Dim.UNKNOWN;
            }
            Dim unknown = null;
            long elements = 1;
            long others = 1;
            for (int axis = 0; axis < Math.max(x.rank(), dims.size()); axis++) {
                boolean cancels = axis < dims.size() && copies(axis) && dims.get(axis).size() != 0;
                if (axis < x.rank() && !cancels) {
                    Dim dim = x.dim(axis);
                    if (dim.size() < 0 && unknown != null) {
                        return Dim.UNKNOWN;
                    }
                    unknown = dim.size() < 0 ? dim : unknown;
                    elements = Extents.multiply(elements, dim.size() < 0 ? 1 : dim.size());
                }
                if (axis < dims.size() && !cancels && axis != inferred) {
                    others = Extents.multiply(others, dims.get(axis).size());
                }
            }
            if (unknown != null) {
                return elements == others && others != 0 ? unknown : Dim.UNKNOWN;
            }
            if (others == 0 || elements % others != 0) {
                throw Inference.mismatch("shape", "one of as many elements as " + x, Arrays.toString(target));
            }
            return Dim.of(elements / others);
        }

        private void checkCount(PartialShape shape) {
            if (x != null && x.isFixed() && x.toShape().elementCount() != shape.toShape().elementCount()) {
                throw Inference.mismatch("shape", "one of as many elements as " + x, Arrays.toString(target));
            }
        }
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        outputs.get(0).data().copyFrom(Operands.get(inputs, 0).data());
    }
}
