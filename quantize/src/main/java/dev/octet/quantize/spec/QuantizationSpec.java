package dev.octet.quantize.spec;

import dev.octet.graph.Node;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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
/// @param fixedOutputs parameters that the outputs of some ONNX types always get, such as 1/256 for Sigmoid
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
        Map<String, QuantParams> fixedOutputs,
        QuantFormat format,
        List<NodeRule> rules) {

    public QuantizationSpec {
        operators = Collections.unmodifiableSet(new TreeSet<>(operators));
        sharing = Collections.unmodifiableSet(new TreeSet<>(sharing));
        epilogues = Collections.unmodifiableSet(new TreeSet<>(epilogues));
        fixedOutputs = Collections.unmodifiableMap(new LinkedHashMap<>(fixedOutputs));
        rules = List.copyOf(rules);
        if (activation.observer().perChannel()) {
            throw new IllegalArgumentException("activations are quantized per tensor, not per channel");
        }
    }

    /// What the rules say of a node.
    public NodeConfig config(Node node) {
        return rules.stream()
                .filter(r -> r.selector().matches(node))
                .min(Comparator.comparingInt(r -> r.selector().rank()))
                .map(NodeRule::config)
                .orElse(NodeConfig.INHERITED);
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

    public QuantizationSpec withName(String newName) {
        return new QuantizationSpec(
                newName,
                activation,
                weight,
                numerics,
                bias,
                operators,
                sharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withActivation(TensorSpec newActivation) {
        return new QuantizationSpec(
                name,
                newActivation,
                weight,
                numerics,
                bias,
                operators,
                sharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withWeight(TensorSpec newWeight) {
        return new QuantizationSpec(
                name,
                activation,
                newWeight,
                numerics,
                bias,
                operators,
                sharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withNumerics(NumericsProfile newNumerics) {
        return new QuantizationSpec(
                name,
                activation,
                weight,
                newNumerics,
                bias,
                operators,
                sharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withBias(BiasRule newBias) {
        return new QuantizationSpec(
                name,
                activation,
                weight,
                numerics,
                newBias,
                operators,
                sharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withOperators(Set<String> newOperators) {
        return new QuantizationSpec(
                name,
                activation,
                weight,
                numerics,
                bias,
                newOperators,
                sharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withSharing(Set<String> newSharing) {
        return new QuantizationSpec(
                name,
                activation,
                weight,
                numerics,
                bias,
                operators,
                newSharing,
                epilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withEpilogues(Set<String> newEpilogues) {
        return new QuantizationSpec(
                name,
                activation,
                weight,
                numerics,
                bias,
                operators,
                sharing,
                newEpilogues,
                residualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withResidualEpilogue(boolean newResidualEpilogue) {
        return new QuantizationSpec(
                name,
                activation,
                weight,
                numerics,
                bias,
                operators,
                sharing,
                epilogues,
                newResidualEpilogue,
                fixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withFixedOutputs(Map<String, QuantParams> newFixedOutputs) {
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
                newFixedOutputs,
                format,
                rules);
    }

    public QuantizationSpec withFormat(QuantFormat newFormat) {
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
                fixedOutputs,
                newFormat,
                rules);
    }

    public QuantizationSpec withRules(List<NodeRule> newRules) {
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
                fixedOutputs,
                format,
                newRules);
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
}
