package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.pass.Inferred;
import dev.octet.quantize.OperandRoles.Refusal;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.Unit.Roles;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The nodes of a graph that could be quantized, in units with their epilogues, and why the others could not.
///
/// @param units in the order of the graph
/// @param refusals reasons by node name
record Units(List<Unit> units, Map<String, String> refusals) {
    static Units of(Graph graph, Inferred inferred, QuantizationSpec spec) {
        return new Builder(graph, inferred, spec).build();
    }

    private static final class Builder implements EpilogueChain.Site {
        private final Graph graph;
        private final Inferred inferred;
        private final QuantizationSpec spec;
        private final Set<String> outputs = new HashSet<>();
        private final Set<String> taken = new HashSet<>();
        private final List<Unit> units = new ArrayList<>();
        private final Map<String, String> refusals = new HashMap<>();

        Builder(Graph graph, Inferred inferred, QuantizationSpec spec) {
            this.graph = graph;
            this.inferred = inferred;
            this.spec = spec;
            graph.outputs().forEach(o -> outputs.add(o.name()));
        }

        Units build() {
            OperandRoles roles = new OperandRoles(graph, inferred, spec);
            for (Node node : graph.nodes()) {
                if (taken.contains(node.name())) {
                    continue;
                }
                try {
                    units.add(unit(node, roles.of(node)));
                } catch (Refusal e) {
                    refusals.put(node.name(), e.reason());
                }
            }
            return new Units(units, refusals);
        }

        private Unit unit(Node anchor, Roles roles) {
            if (roles.kind() == Kind.LOOKUP) {
                taken.add(anchor.name());
                return new Unit(List.of(anchor), roles, List.of(), List.of());
            }
            List<Node> nodes = new ArrayList<>(List.of(anchor));
            List<String> activations = new ArrayList<>(roles.activations());
            if (spec.placement() == Placement.EVERYWHERE) {
                // As in ONNX Runtime's tool, which removes these two and nothing else, and only if zero points can do
                // their work.
                boolean removes = !spec.activation().scheme().symmetric() || spec.format() == QuantFormat.QOPERATOR;
                if (removes && roles.kind() != Kind.SHARING && !isLonely(anchor)) {
                    onlyReader(nodes).filter(this::limits).ifPresent(nodes::add);
                }
                return unit(nodes, roles, activations);
            }
            if (roles.kind() == Kind.COMPUTE && anchor.op() instanceof MatMul) {
                onlyReader(nodes).filter(n -> isBias(anchor, n)).ifPresent(nodes::add);
            }
            boolean roundsLast = spec.format().roundsLast(anchor.op().type());
            if (roles.kind() == Kind.COMPUTE && spec.residualEpilogue() && roundsLast) {
                onlyReader(nodes)
                        .filter(this::isResidual)
                        .ifPresent(add -> {
                            activations.add(add.input(add.input(0).equals(nodes.getLast().output()) ? 1 : 0));
                            nodes.add(add);
                        });
            }
            boolean limitsOnly = spec.placement() == Placement.FX ? isRectified(anchor, roles) : !roundsLast;
            if (limitsOnly) {
                onlyReader(nodes).filter(this::limits).ifPresent(nodes::add);
            } else if (spec.placement() != Placement.FX && roles.kind() != Kind.SHARING && !isLonely(anchor)) {
                nodes.addAll(EpilogueChain.after(nodes.getLast().output(), this).nodes());
                onlyReader(nodes).filter(this::isByPowersOfTwo).ifPresent(nodes::add);
            }
            return unit(nodes, roles, activations);
        }

        private Unit unit(List<Node> nodes, Roles roles, List<String> activations) {
            nodes.forEach(n -> taken.add(n.name()));
            List<String> floats = nodes.getLast().outputs().stream().filter(this::isFloat).toList();
            return new Unit(nodes, roles, activations, floats);
        }

        /// Places in a tensor are no values of it.
        private boolean isFloat(String value) {
            TypeInfo type = inferred.types().get(value);
            return type != null && type.dtype() == DType.FLOAT32;
        }

        /// Whether a node is a function that stands alone because there is no operator before it that it could join.
        private boolean isLonely(Node node) {
            return spec.format() == QuantFormat.QDQ && spec.epilogues().contains(node.op().type());
        }

        /// Whether PyTorch's FX flow has the operator with a ReLU as one.
        private static boolean isRectified(Node anchor, Roles roles) {
            return switch (anchor.op()) {
                case Conv _, Gemm _, BatchNormalization _ -> true;
                case MatMul _ -> roles.weight() != null;
                case Binary op -> op.function() == BinaryFunction.ADD || op.function() == BinaryFunction.MUL;
                default -> false;
            };
        }

        /// ReLU and Clip with constant bounds.
        private boolean limits(Node node) {
            Epilogue function = EpilogueChain.function(node, this);
            return function != null
                    && accepts(node, function)
                    && (function.function() == UnaryFunction.RELU || function.function() == UnaryFunction.CLIP);
        }

        private Optional<Node> onlyReader(List<Node> nodes) {
            Node last = nodes.getLast();
            return last.outputs().size() == 1 ? Optional.ofNullable(next(last.output())) : Optional.empty();
        }

        /// The one node that reads a value, if nobody else does and it may be quantized.
        @Override
        public @Nullable Node next(String value) {
            List<Node> readers = graph.consumers(value);
            if (outputs.contains(value) || readers.size() != 1) {
                return null;
            }
            Node reader = readers.getFirst();
            return mayJoin(reader) && reader.outputs().size() == 1 ? reader : null;
        }

        /// ONNX Runtime's tool leaves each operator alone that it is not told to quantize.
        private boolean mayJoin(Node reader) {
            return spec.placement() == Placement.EVERYWHERE ? spec.config(reader).quantize() : spec.mayJoin(reader);
        }

        @Override
        public @Nullable Tensor constant(String value) {
            return graph.constants().get(value);
        }

        @Override
        public int rank(String value) {
            TypeInfo type = inferred.types().get(value);
            return type == null || type.shape() == null ? -1 : type.shape().rank();
        }

        @Override
        public boolean accepts(Node node, Epilogue function) {
            return spec.epilogues().contains(node.op().type());
        }

        /// A product with a constant vector that changes no bit but those of exponents: nothing is lost where the
        /// result is rounded only after it, and much where it is rounded before.
        private boolean isByPowersOfTwo(Node node) {
            return node.op() instanceof Binary op
                    && op.function() == BinaryFunction.MUL
                    && node.inputs().stream()
                            .map(graph.constants()::get)
                            .anyMatch(c -> c != null && c.dtype() == DType.FLOAT32 && isPowersOfTwo(c));
        }

        private static boolean isPowersOfTwo(Tensor vector) {
            for (long i = 0; i < vector.elementCount(); i++) {
                float value = vector.getFloat(i);
                if (value != Math.scalb(1f, Math.getExponent(value))) {
                    return false;
                }
            }
            return vector.elementCount() > 1;
        }

        private boolean isAddition(Node node) {
            return node.op() instanceof Binary op && op.function() == BinaryFunction.ADD;
        }

        /// A constant vector, one number per column of the product.
        private boolean isBias(Node matMul, Node node) {
            if (!isAddition(node)) {
                return false;
            }
            Tensor bias = graph.constants().get(node.input(node.input(0).equals(matMul.output()) ? 1 : 0));
            Tensor weights = graph.constants().get(matMul.input(1));
            return bias != null
                    && weights != null
                    && bias.dtype() == DType.FLOAT32
                    && bias.shape().rank() == 1
                    && bias.elementCount() == weights.shape().dim(-1);
        }

        /// A sum with another value of the same shape.
        private boolean isResidual(Node node) {
            if (!isAddition(node) || node.input(0).equals(node.input(1))) {
                return false;
            }
            TypeInfo a = inferred.types().get(node.input(0));
            TypeInfo b = inferred.types().get(node.input(1));
            return a != null
                    && b != null
                    && a.shape() != null
                    && a.shape().equals(b.shape())
                    && node.inputs().stream().allMatch(i -> graph.constant(i).isEmpty());
        }
    }
}
