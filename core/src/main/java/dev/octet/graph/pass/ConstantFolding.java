package dev.octet.graph.pass;

import dev.octet.graph.Graph;
import dev.octet.graph.TypeInfo;
import java.util.Map;

/// Replaces nodes with constant operands by their values.
///
/// @param inputTypes types to which inputs are specialized; empty to keep the declared ones
/// @param foldQuantizers whether QuantizeLinear and DequantizeLinear of constants fold too; they carry how a weight
///     is quantized, so they stay by default
public record ConstantFolding(Map<String, TypeInfo> inputTypes, boolean foldQuantizers) implements Pass {
    public ConstantFolding {
        inputTypes = Map.copyOf(inputTypes);
    }

    public ConstantFolding() {
        this(Map.of(), false);
    }

    /// Folding that also specializes a graph to the given types of some or all inputs: with fixed shapes all shape
    /// arithmetic disappears. The result declares these types.
    public static ConstantFolding withInputTypes(Map<String, TypeInfo> inputTypes) {
        return new ConstantFolding(inputTypes, false);
    }

    public ConstantFolding withFoldQuantizers(boolean fold) {
        return new ConstantFolding(inputTypes, fold);
    }

    @Override
    public Graph apply(Graph graph) {
        return graph;
    }
}
