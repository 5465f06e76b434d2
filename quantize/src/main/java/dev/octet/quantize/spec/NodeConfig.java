package dev.octet.quantize.spec;

import org.jspecify.annotations.Nullable;

/// What a [NodeRule] says of a node.
///
/// @param quantize whether the node may be quantized at all
/// @param activation how its output is quantized; null for what the specification says
/// @param weight how its weights are quantized; null for what the specification says
public record NodeConfig(boolean quantize, @Nullable TensorSpec activation, @Nullable TensorSpec weight) {
    public NodeConfig {
        weight = weight == null ? null : weight.ofWeights();
    }

    /// Keeps a node in float.
    public static final NodeConfig FLOAT = new NodeConfig(false, null, null);

    /// What the specification says.
    public static final NodeConfig INHERITED = new NodeConfig(true, null, null);

    public static NodeConfig ofWeight(TensorSpec weight) {
        return new NodeConfig(true, null, weight);
    }

    public static NodeConfig ofActivation(TensorSpec activation) {
        return new NodeConfig(true, activation, null);
    }
}
