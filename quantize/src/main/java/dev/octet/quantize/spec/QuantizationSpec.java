package dev.octet.quantize.spec;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.QuantStubs;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.observer.ObserverSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Everything that decides how a graph is quantized, as data. A preset is one such value; see [Presets].
///
/// @param name what tables and reports call it
/// @param activation how values between operators are quantized
/// @param weight how constant weights are quantized
/// @param numerics arithmetic of scales and of weights
/// @param bias how biases are stored
/// @param operators ONNX types that are quantized where their operands allow it
/// @param sharing ONNX types whose output only rearranges or picks their input's values: it takes over the input's
///   parameters, and they are quantized only where their input is anyway
/// @param epilogues ONNX types that join the operator before them, so that nothing is rounded in between; a
///   multiplication and an addition of one constant number after that join, too
/// @param residualEpilogue whether an addition of another quantized value joins the operator before it, too
/// @param placement where operators with little work are quantized
/// @param inputsOnly whether quantization belongs to the operands of quantized operators: what else reads a value, and
///   who takes it from the graph, has it as it was computed, not rounded to 8 bits
/// @param fixedOutputs parameters that the outputs of some ONNX types always get, such as 1/256 for Sigmoid
/// @param tensors how single values and constants are quantized, by name, whatever is said of their nodes
/// @param dedicatedPairs whether each node that reads a quantized value has a QuantizeLinear and DequantizeLinear of
///   its own
/// @param format form of the result
/// @param rules exceptions for some nodes; of those that match, the most specific counts, and of equals the first
public record QuantizationSpec(
        String name,
        TensorSpec activation,
        TensorSpec weight,
        NumericsProfile numerics,
        BiasRule bias,
        Set<String> operators,
        Set<String> sharing,
        Set<String> epilogues,
        boolean residualEpilogue,
        Placement placement,
        boolean inputsOnly,
        Map<String, QuantParams> fixedOutputs,
        Map<String, TensorSpec> tensors,
        boolean dedicatedPairs,
        QuantFormat format,
        List<NodeRule> rules) {

    private static final Comparator<NodeRule> MOST_SPECIFIC =
            Comparator.comparingInt((NodeRule r) -> r.selector().rank())
                    .thenComparingInt(r -> -r.selector().precision());

    public QuantizationSpec {
        operators = Collections.unmodifiableSet(new TreeSet<>(operators));
        sharing = Collections.unmodifiableSet(new TreeSet<>(sharing));
        epilogues = Collections.unmodifiableSet(new TreeSet<>(epilogues));
        // In one order in every process, so that a specification has one text.
        fixedOutputs = Collections.unmodifiableMap(new TreeMap<>(fixedOutputs));
        tensors = Collections.unmodifiableMap(new TreeMap<>(tensors));
        rules = List.copyOf(rules);
        weight = weight.ofWeights();
        if (activation.observer().perChannel()) {
            throw new IllegalArgumentException("activations are quantized per tensor, not per channel");
        }
        if (activation.observer() instanceof ObserverSpec.ReuseInput) {
            throw new IllegalArgumentException("reuse-input is for single nodes: a graph's inputs have no input");
        }
    }

    /// What the rules say of a node.
    public NodeConfig config(Node node) {
        return rule(node).map(NodeRule::config).orElse(NodeConfig.INHERITED);
    }

    private Optional<NodeRule> rule(Node node) {
        return rules.stream().filter(r -> r.selector().matches(node)).min(MOST_SPECIFIC);
    }

    /// Whether a node may join an operator before it that is quantized: unless a rule keeps it in float that speaks of
    /// it, not of all nodes.
    public boolean mayJoin(Node node) {
        return rule(node)
                .map(r -> r.config().quantize() || r.selector() instanceof NodeSelector.Everything)
                .orElse(true);
    }

    /// How the outputs of a node are quantized.
    public TensorSpec activation(Node node) {
        TensorSpec own = config(node).activation();
        return own == null ? activation : own;
    }

    /// How the weights of a node are quantized.
    public TensorSpec weight(Node node) {
        TensorSpec own = config(node).weight();
        return own == null ? weight : own;
    }

    /// How a constant is quantized that a node multiplies by.
    public TensorSpec weight(Node node, String constant) {
        TensorSpec own = tensors.get(constant);
        return own == null ? weight(node) : own;
    }

    /// How a value is quantized.
    ///
    /// @param nodes whose settings are its own: those that are one operator and make it; or, if nothing that is
    ///   quantized makes it, one that reads it. The most specific rule of theirs counts, and of equals the first
    ///   node's.
    public TensorSpec activation(String value, List<Node> nodes) {
        TensorSpec own = tensors.get(value);
        if (own != null) {
            return own;
        }
        return nodes.stream()
                .flatMap(n -> rule(n).stream())
                .filter(r -> r.config().activation() != null)
                .min(MOST_SPECIFIC)
                .map(r -> r.config().activation())
                .orElse(activation);
    }

    /// This specification for the nodes of one graph; see [NodeSelector#bind].
    public QuantizationSpec bind(Graph graph) {
        return withRules(rules.stream().map(r -> new NodeRule(r.selector().bind(graph), r.config())).toList());
    }

    /// This specification with the nodes kept in float that lie outside a graph's marks, whatever the other rules say
    /// of them; see [QuantStubs].
    public QuantizationSpec within(Graph graph) {
        Set<String> outside = QuantStubs.outside(graph);
        return outside.isEmpty() ? this : excluding(new NodeSelector.Nodes(outside, 0));
    }

    public QuantizationSpec withName(String newName) {
        return copy(c -> c.name = newName);
    }

    public QuantizationSpec withActivation(TensorSpec newActivation) {
        return copy(c -> c.activation = newActivation);
    }

    public QuantizationSpec withWeight(TensorSpec newWeight) {
        return copy(c -> c.weight = newWeight);
    }

    public QuantizationSpec withNumerics(NumericsProfile newNumerics) {
        return copy(c -> c.numerics = newNumerics);
    }

    public QuantizationSpec withBias(BiasRule newBias) {
        return copy(c -> c.bias = newBias);
    }

    public QuantizationSpec withOperators(Set<String> newOperators) {
        return copy(c -> c.operators = newOperators);
    }

    /// With an operator type among those that are quantized, unless its outputs share their input's parameters anyway.
    public QuantizationSpec including(String type) {
        Set<String> more = new TreeSet<>(operators);
        more.add(type);
        return sharing.contains(type) ? this : withOperators(more);
    }

    public QuantizationSpec withSharing(Set<String> newSharing) {
        return copy(c -> c.sharing = newSharing);
    }

    public QuantizationSpec withEpilogues(Set<String> newEpilogues) {
        return copy(c -> c.epilogues = newEpilogues);
    }

    public QuantizationSpec withResidualEpilogue(boolean newResidualEpilogue) {
        return copy(c -> c.residualEpilogue = newResidualEpilogue);
    }

    public QuantizationSpec withPlacement(Placement newPlacement) {
        return copy(c -> c.placement = newPlacement);
    }

    public QuantizationSpec withInputsOnly(boolean newInputsOnly) {
        return copy(c -> c.inputsOnly = newInputsOnly);
    }

    public QuantizationSpec withFixedOutputs(Map<String, QuantParams> newFixedOutputs) {
        return copy(c -> c.fixedOutputs = newFixedOutputs);
    }

    public QuantizationSpec withTensors(Map<String, TensorSpec> newTensors) {
        return copy(c -> c.tensors = newTensors);
    }

    public QuantizationSpec withDedicatedPairs(boolean newDedicatedPairs) {
        return copy(c -> c.dedicatedPairs = newDedicatedPairs);
    }

    public QuantizationSpec withFormat(QuantFormat newFormat) {
        return copy(c -> c.format = newFormat);
    }

    public QuantizationSpec withRules(List<NodeRule> newRules) {
        return copy(c -> c.rules = newRules);
    }

    /// This specification with one more exception, which comes before the others.
    public QuantizationSpec withRule(NodeSelector selector, NodeConfig config) {
        List<NodeRule> all = new ArrayList<>(rules.size() + 1);
        all.add(new NodeRule(selector, config));
        all.addAll(rules);
        return withRules(all);
    }

    /// This specification with some nodes kept in float.
    public QuantizationSpec excluding(NodeSelector selector) {
        return withRule(selector, NodeConfig.FLOAT);
    }

    private QuantizationSpec copy(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return copy.build();
    }

    /// A specification while one part of it is replaced, by name and not by position.
    private static final class Copy {
        private String name;
        private TensorSpec activation;
        private TensorSpec weight;
        private NumericsProfile numerics;
        private BiasRule bias;
        private Set<String> operators;
        private Set<String> sharing;
        private Set<String> epilogues;
        private boolean residualEpilogue;
        private Placement placement;
        private boolean inputsOnly;
        private Map<String, QuantParams> fixedOutputs;
        private Map<String, TensorSpec> tensors;
        private boolean dedicatedPairs;
        private QuantFormat format;
        private List<NodeRule> rules;

        Copy(QuantizationSpec spec) {
            name = spec.name;
            activation = spec.activation;
            weight = spec.weight;
            numerics = spec.numerics;
            bias = spec.bias;
            operators = spec.operators;
            sharing = spec.sharing;
            epilogues = spec.epilogues;
            residualEpilogue = spec.residualEpilogue;
            placement = spec.placement;
            inputsOnly = spec.inputsOnly;
            fixedOutputs = spec.fixedOutputs;
            tensors = spec.tensors;
            dedicatedPairs = spec.dedicatedPairs;
            format = spec.format;
            rules = spec.rules;
        }

        QuantizationSpec build() {
            return new QuantizationSpec(
                    name,
                    activation,
                    weight,
                    numerics,
                    bias,
                    operators,
                    sharing,
                    epilogues,
                    residualEpilogue,
                    placement,
                    inputsOnly,
                    fixedOutputs,
                    tensors,
                    dedicatedPairs,
                    format,
                    rules);
        }
    }
}
