package dev.octet.quantize.spec;

/// How a graph is quantized dynamically: weights ahead of time, activations at run time.
///
/// @param spec weights, operators, rules; its activations are placeholders
/// @param activations how activations are quantized
/// @param form operators of the result
/// @param bodies whether the graphs inside If, Loop and Scan are quantized, too
/// @param activationProducts whether products of two activations are quantized, as those of attention: the right one
///   with one scale
public record DynamicSpec(
        QuantizationSpec spec,
        DynamicActivations activations,
        DynamicForm form,
        boolean bodies,
        boolean activationProducts) {
    /// In ONNX's operators, bodies included, products by weights only.
    public DynamicSpec(QuantizationSpec spec, DynamicActivations activations) {
        this(spec, activations, DynamicForm.INTEGER_OPS, true, false);
    }

    public DynamicSpec withActivations(DynamicActivations newActivations) {
        return new DynamicSpec(spec, newActivations, form, bodies, activationProducts);
    }

    public DynamicSpec withSpec(QuantizationSpec newSpec) {
        return new DynamicSpec(newSpec, activations, form, bodies, activationProducts);
    }

    public DynamicSpec withForm(DynamicForm newForm) {
        return new DynamicSpec(spec, activations, newForm, bodies, activationProducts);
    }

    public DynamicSpec withBodies(boolean newBodies) {
        return new DynamicSpec(spec, activations, form, newBodies, activationProducts);
    }

    public DynamicSpec withActivationProducts(boolean newActivationProducts) {
        return new DynamicSpec(spec, activations, form, bodies, newActivationProducts);
    }
}
