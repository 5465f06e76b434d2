package dev.octet.quantize.spec;

/// How a graph is quantized dynamically: weights ahead of time, activations at run time.
///
/// @param spec weights, operators, rules; its activations are placeholders
/// @param activations how activations are quantized
public record DynamicSpec(QuantizationSpec spec, DynamicActivations activations) {
    public DynamicSpec withActivations(DynamicActivations newActivations) {
        return new DynamicSpec(spec, newActivations);
    }

    public DynamicSpec withSpec(QuantizationSpec newSpec) {
        return new DynamicSpec(newSpec, activations);
    }
}
