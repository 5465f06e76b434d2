package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.QuantStubs;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Expand;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Tile;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.graph.op.Variadic;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Removes operations that change nothing: Identity and Dropout; Reshape, Transpose, Cast and the like where they do
/// not; a factor of one, a summand of zero. Graph outputs keep their names.
///
/// @param keepsStubs whether the marks of [QuantStubs] stay
public record IdentityElimination(boolean keepsStubs) implements Pass {
    public IdentityElimination() {
        this(false);
    }

    @Override
    public Graph apply(Graph graph) {
        return new Elimination(graph, keepsStubs).run();
    }

    private static final class Elimination {
        private final Graph graph;
        private final boolean keepsStubs;
        private final Inferred inferred;
        private final Set<String> kept;
        private final Renaming renaming = new Renaming();

        Elimination(Graph graph, boolean keepsStubs) {
            this.graph = graph;
            this.keepsStubs = keepsStubs;
            inferred = ShapeInference.infer(graph);
            kept = OutputNames.of(graph);
        }

        Graph run() {
            List<Node> remaining = new ArrayList<>();
            for (Node node : graph.nodes()) {
                int passed = passedOperand(node);
                if (passed < 0 || !bypass(node.output(), renaming.resolve(node.input(passed)))) {
                    remaining.add(node);
                }
            }
            return renaming.apply(graph, remaining);
        }

        /// Makes two equal values one, under the name that must stay; false if both must.
        private boolean bypass(String output, String source) {
            if (!kept.contains(output)) {
                renaming.replace(output, source);
                return true;
            }
            if (kept.contains(source) || graph.producer(source).isEmpty()) {
                return false;
            }
            renaming.replace(source, output);
            return true;
        }

        /// The operand that a node passes on unchanged, or -1.
        private int passedOperand(Node node) {
            boolean furtherOutputs =
                    node.outputs().stream()
                            .skip(1)
                            .anyMatch(o -> !o.isEmpty() && (kept.contains(o) || !graph.consumers(o).isEmpty()));
            if (furtherOutputs || node.inputs().isEmpty()) {
                return -1;
            }
            if (node.op() instanceof Binary binary) {
                return passedByBinary(node, binary.function());
            }
            boolean passes =
                    switch (node.op()) {
                        case Identity _ -> !keepsStubs || !QuantStubs.isMark(node);
                        case Unary unary -> unary.function() == UnaryFunction.IDENTITY;
                        case Clip _ -> !node.has(1) && !node.has(2);
                        case Concat _, Variadic _ -> node.inputs().size() == 1;
                        case Cast cast -> inferred.type(node.input(0)).filter(t -> t.dtype() == cast.to()).isPresent();
                        case Transpose transpose -> keepsOrder(transpose, inferred.shape(node.input(0)));
                        case Reshape _, Flatten _, Squeeze _, Unsqueeze _, Expand _, Tile _ -> keepsShape(node);
                        default -> false;
                    };
            return passes ? 0 : -1;
        }

        /// These operators keep the order of elements, so that equal shapes mean equal tensors.
        private boolean keepsShape(Node node) {
            PartialShape before = inferred.shape(node.input(0));
            PartialShape after = inferred.shape(node.output());
            return before != null && before.isFixed() && before.equals(after) || copiesExtents(node, before);
        }

        /// Whether a Reshape's target is 0 ("as it was") or the known extent on every axis.
        private boolean copiesExtents(Node node, @Nullable PartialShape before) {
            Tensor target = inferred.constants().get(node.input(1));
            if (!(node.op() instanceof Reshape reshape) || reshape.allowZero() || before == null || target == null) {
                return false;
            }
            boolean same = target.elementCount() == before.rank();
            for (int i = 0; same && i < before.rank(); i++) {
                same = target.getLong(i) == 0 || target.getLong(i) == before.size(i) && before.size(i) > 0;
            }
            return same;
        }

        private static boolean keepsOrder(Transpose transpose, @Nullable PartialShape shape) {
            List<Long> perm = transpose.perm();
            for (int i = 0; i < perm.size(); i++) {
                if (perm.get(i) != i) {
                    return false;
                }
            }
            return !perm.isEmpty() || shape != null && shape.rank() <= 1;
        }

        /// `x·1`, `x/1`, `x + 0`, `x − 0`, where the constant does not broadcast `x`.
        private int passedByBinary(Node node, BinaryFunction function) {
            return switch (function) {
                case MUL -> isNeutral(node, 1, 1) ? 0 : isNeutral(node, 0, 1) ? 1 : -1;
                case ADD -> isNeutral(node, 1, 0) ? 0 : isNeutral(node, 0, 0) ? 1 : -1;
                case DIV -> isNeutral(node, 1, 1) ? 0 : -1;
                case SUB -> isNeutral(node, 1, 0) ? 0 : -1;
                default -> -1;
            };
        }

        private boolean isNeutral(Node node, int operand, double neutral) {
            Tensor constant = inferred.constants().get(node.input(operand));
            if (constant == null) {
                return false;
            }
            for (long i = 0; i < constant.elementCount(); i++) {
                if (constant.getDouble(i) != neutral) {
                    return false;
                }
            }
            PartialShape other = inferred.shape(node.input(1 - operand));
            boolean scalar = constant.shape().rank() == 0;
            boolean fitsRank = other != null && constant.elementCount() == 1 && constant.shape().rank() <= other.rank();
            return scalar
                    || fitsRank
                    || other != null && other.isFixed() && other.equals(inferred.shape(node.output()));
        }
    }
}
