package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.pass.Inferred;
import dev.octet.quantize.OperandRoles.Refusal;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.Unit.Roles;
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

/// The nodes of a graph that could be quantized, in units with their epilogues, and why the others could not.
///
/// @param units in the order of the graph
/// @param refusals reasons by node name
record Units(List<Unit> units, Map<String, String> refusals) {
    static Units of(Graph graph, Inferred inferred, QuantizationSpec spec) {
        return new Builder(graph, inferred, spec).build();
    }

    private static final class Builder {
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
            List<Node> nodes = new ArrayList<>(List.of(anchor));
            List<String> activations = new ArrayList<>(roles.activations());
            if (roles.kind() == Kind.COMPUTE && anchor.op() instanceof MatMul) {
                onlyReader(nodes).filter(n -> isBias(anchor, n)).ifPresent(nodes::add);
            }
            if (roles.kind() == Kind.COMPUTE && spec.residualEpilogue()) {
                onlyReader(nodes)
                        .filter(this::isResidual)
                        .ifPresent(add -> {
                            activations.add(add.input(add.input(0).equals(nodes.getLast().output()) ? 1 : 0));
                            nodes.add(add);
                        });
            }
            if (roles.kind() != Kind.SHARING && !spec.epilogues().contains(anchor.op().type())) {
                onlyReader(nodes).filter(this::isActivation).ifPresent(nodes::add);
                onlyReader(nodes).filter(n -> isByNumber(n, BinaryFunction.MUL)).ifPresent(nodes::add);
                onlyReader(nodes).filter(n -> isByNumber(n, BinaryFunction.ADD)).ifPresent(nodes::add);
            }
            nodes.forEach(n -> taken.add(n.name()));
            return new Unit(nodes, roles, activations, nodes.getLast().outputs());
        }

        /// The one node that reads what the last node computes, if nobody else does and it may be quantized.
        private Optional<Node> onlyReader(List<Node> nodes) {
            String value = nodes.getLast().output();
            List<Node> readers = graph.consumers(value);
            if (outputs.contains(value) || readers.size() != 1) {
                return Optional.empty();
            }
            Node reader = readers.getFirst();
            return spec.config(reader).quantize() && reader.outputs().size() == 1
                    ? Optional.of(reader)
                    : Optional.empty();
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

        /// A product or sum with one constant number.
        private boolean isByNumber(Node node, BinaryFunction function) {
            return node.op() instanceof Binary op
                    && op.function() == function
                    && node.inputs().stream()
                            .map(i -> graph.constants().get(i))
                            .anyMatch(c ->
                                    c != null
                                            && c.dtype() == DType.FLOAT32
                                            && c.elementCount() == 1
                                            && c.shape().rank() <= 1);
        }

        private boolean isActivation(Node node) {
            boolean constantBounds =
                    !(node.op() instanceof Clip)
                            || node.inputs().stream()
                                    .skip(1)
                                    .allMatch(i -> i.isEmpty() || graph.constant(i).isPresent());
            return spec.epilogues().contains(node.op().type()) && constantBounds;
        }
    }
}
