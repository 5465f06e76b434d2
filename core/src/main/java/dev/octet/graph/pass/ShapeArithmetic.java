package dev.octet.graph.pass;

import dev.octet.graph.Dim;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.SizeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Follows the elements of integer scalars and vectors that are known although others are not: the extents of a partly
/// known shape on their way into the target of a Reshape.
///
/// `Reshape(x, Concat(Gather(Shape(x), 0), [-1], [32]))` thus has a known last extent whatever the batch is.
final class ShapeArithmetic {
    /// Shapes have few axes; longer vectors are data.
    private static final int LONGEST = 64;

    private final Map<String, List<OptionalLong>> elements = new HashMap<>();
    private final Function<String, @Nullable Tensor> constants;
    private final Function<String, @Nullable PartialShape> shapes;

    /// @param constants the constant of a name, or null
    /// @param shapes the shape of a value, or null if its rank is unknown
    ShapeArithmetic(Function<String, @Nullable Tensor> constants, Function<String, @Nullable PartialShape> shapes) {
        this.constants = constants;
        this.shapes = shapes;
    }

    /// Takes note of what a node computes, and returns all elements of its output if they are known, else null.
    long @Nullable [] visit(Node node) {
        List<OptionalLong> result = compute(node);
        if (result == null || result.size() > LONGEST) {
            return null;
        }
        elements.put(node.output(), result);
        return result.stream().allMatch(OptionalLong::isPresent)
                ? result.stream().mapToLong(OptionalLong::orElseThrow).toArray()
                : null;
    }

    /// The shape that a node's output has by the known elements of its shape operand; `inferred` if there are none.
    @Nullable PartialShape refine(Node node, @Nullable PartialShape inferred) {
        boolean open = inferred == null || !inferred.isFixed();
        return switch (node.op()) {
            case Reshape op when open -> reshaped(op, node, inferred);
            case Expand _ when open -> expanded(node, inferred);
            case ConstantOfShape _ when open -> orElse(extents(of(node.input(0))), inferred);
            default -> inferred;
        };
    }

    private @Nullable PartialShape reshaped(Reshape op, Node node, @Nullable PartialShape inferred) {
        List<OptionalLong> target = of(node.input(1));
        PartialShape before = shapes.apply(node.input(0));
        if (target == null) {
            return inferred;
        }
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < target.size(); i++) {
            long extent = target.get(i).orElse(-1);
            boolean copies = extent == 0 && !op.allowZero();
            if (copies) {
                dims.add(before != null && i < before.rank() ? before.dim(i) : Dim.UNKNOWN);
            } else {
                dims.add(known(extent, inferred, i));
            }
        }
        return new PartialShape(dims);
    }

    private static Dim known(long extent, @Nullable PartialShape inferred, int axis) {
        if (extent >= 0) {
            return Dim.of(extent);
        }
        return inferred != null && axis < inferred.rank() ? inferred.dim(axis) : Dim.UNKNOWN;
    }

    private @Nullable PartialShape expanded(Node node, @Nullable PartialShape inferred) {
        PartialShape before = shapes.apply(node.input(0));
        PartialShape target = extents(of(node.input(1)));
        return before == null || target == null ? inferred : PartialShape.broadcast(before, target);
    }

    private static @Nullable PartialShape extents(@Nullable List<OptionalLong> values) {
        return values == null ? null : PartialShape.of(values.stream().mapToLong(v -> v.orElse(-1)).toArray());
    }

    private static @Nullable PartialShape orElse(@Nullable PartialShape shape, @Nullable PartialShape other) {
        return shape == null ? other : shape;
    }

    /// Elements of a value, or null if nothing is known of them.
    private @Nullable List<OptionalLong> of(String value) {
        List<OptionalLong> known = elements.get(value);
        Tensor constant = constants.apply(value);
        if (known != null || constant == null) {
            return known;
        }
        boolean shapeLike =
                constant.dtype().isInteger() && constant.shape().rank() <= 1 && constant.elementCount() <= LONGEST;
        if (!shapeLike) {
            return null;
        }
        List<OptionalLong> all = new ArrayList<>();
        for (long element : constant.toLongArray()) {
            all.add(OptionalLong.of(element));
        }
        return all;
    }

    private @Nullable List<OptionalLong> compute(Node node) {
        return switch (node.op()) {
            case ShapeOf op -> extentsOf(op, shapes.apply(node.input(0)));
            case SizeOf _ -> countOf(shapes.apply(node.input(0)));
            case Identity _, Squeeze _, Unsqueeze _ -> isVector(node.output()) ? of(node.input(0)) : null;
            case Reshape _ -> isVector(node.output()) ? of(node.input(0)) : null;
            case Cast op -> op.to().isInteger() && op.to().bits() >= 32 ? of(node.input(0)) : null;
            case Gather _ -> gathered(of(node.input(0)), constants.apply(node.input(1)));
            case Slice _ -> sliced(node);
            case Concat _ -> concatenated(node);
            case Binary op -> combined(op, of(node.input(0)), of(node.input(1)));
            default -> null;
        };
    }

    private boolean isVector(String value) {
        PartialShape shape = shapes.apply(value);
        return shape != null && shape.rank() <= 1;
    }

    private static @Nullable List<OptionalLong> extentsOf(ShapeOf op, @Nullable PartialShape shape) {
        if (shape == null) {
            return null;
        }
        Long end = op.end();
        int from = clampAxis(op.start(), shape.rank());
        int to = Math.max(from, end == null ? shape.rank() : clampAxis(end, shape.rank()));
        return shape.dims().subList(from, to).stream()
                .map(dim -> dim.size() < 0 ? OptionalLong.empty() : OptionalLong.of(dim.size()))
                .toList();
    }

    private static @Nullable List<OptionalLong> countOf(@Nullable PartialShape shape) {
        return shape == null || !shape.isFixed() ? null : List.of(OptionalLong.of(shape.toShape().elementCount()));
    }

    private static int clampAxis(long axis, int rank) {
        return Math.clamp(axis < 0 ? axis + rank : axis, 0, rank);
    }

    private static @Nullable List<OptionalLong> gathered(
            @Nullable List<OptionalLong> values, @Nullable Tensor indices) {
        if (values == null || indices == null || indices.shape().rank() > 1) {
            return null;
        }
        List<OptionalLong> picked = new ArrayList<>();
        for (long index : indices.toLongArray()) {
            long position = index < 0 ? index + values.size() : index;
            if (position < 0 || position >= values.size()) {
                return null;
            }
            picked.add(values.get((int) position));
        }
        return picked;
    }

    /// A slice with steps of one, which shapes are cut by.
    private @Nullable List<OptionalLong> sliced(Node node) {
        List<OptionalLong> values = of(node.input(0));
        Tensor start = constants.apply(node.input(1));
        Tensor end = constants.apply(node.input(2));
        Tensor step = constants.apply(node.input(4));
        boolean unitStep = !node.has(4) || step != null && step.elementCount() == 1 && step.getLong(0) == 1;
        boolean known = start != null && end != null && start.elementCount() == 1 && end.elementCount() == 1;
        if (values == null || start == null || end == null || !known || !unitStep) {
            return null;
        }
        int from = clampAxis(start.getLong(0), values.size());
        return values.subList(from, Math.max(from, clampAxis(end.getLong(0), values.size())));
    }

    private @Nullable List<OptionalLong> concatenated(Node node) {
        List<OptionalLong> joined = new ArrayList<>();
        for (String input : node.inputs()) {
            List<OptionalLong> part = of(input);
            if (part == null) {
                // The part may still have a known length.
                PartialShape shape = shapes.apply(input);
                if (shape == null || shape.rank() != 1 || shape.size(0) < 0 || shape.size(0) > LONGEST) {
                    return null;
                }
                part = Collections.nCopies((int) shape.size(0), OptionalLong.empty());
            }
            joined.addAll(part);
        }
        return isVector(node.output()) ? joined : null;
    }

    private static @Nullable List<OptionalLong> combined(
            Binary op, @Nullable List<OptionalLong> a, @Nullable List<OptionalLong> b) {
        boolean fits = a != null && b != null && (a.size() == b.size() || a.size() == 1 || b.size() == 1);
        if (a == null || b == null || !fits) {
            return null;
        }
        List<OptionalLong> results = new ArrayList<>();
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            OptionalLong x = a.get(a.size() == 1 ? 0 : i);
            OptionalLong y = b.get(b.size() == 1 ? 0 : i);
            boolean known = x.isPresent() && y.isPresent();
            results.add(known ? apply(op.function(), x.getAsLong(), y.getAsLong()) : OptionalLong.empty());
        }
        return results;
    }

    private static OptionalLong apply(BinaryFunction function, long a, long b) {
        boolean arithmetic =
                switch (function) {
                    case ADD, SUB, MUL -> true;
                    case DIV -> b != 0;
                    default -> false;
                };
        long result = arithmetic ? function.apply(a, b) : 0;
        // What does not fit in 32 bits might have wrapped in the operation's own type.
        return arithmetic && result == (int) result ? OptionalLong.of(result) : OptionalLong.empty();
    }
}
