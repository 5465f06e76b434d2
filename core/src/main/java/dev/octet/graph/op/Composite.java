package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An operator whose meaning is a graph of others, its body: a fused operator of ONNX Runtime, a function of the
/// standard, or a function that a model brings along.
///
/// The pass `ExpandComposites` puts the body in the node's place as soon as the operands' types say what it is.
public record Composite(Composition composition, Attributes attributes) implements Op {
    @Override
    public String type() {
        return composition.type();
    }

    @Override
    public String domain() {
        return composition.domain();
    }

    @Override
    public int sinceVersion() {
        return composition.sinceVersion();
    }

    /// The body for operands of these types; its inputs are the operands that are present, in order.
    public Optional<Graph> body(Inference operands) {
        return composition.template().body(attributes, operands);
    }

    @Override
    public void infer(Inference inference) {
        body(inference).ifPresent(inference::outputsOf);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Graph body =
                body(Inference.of(inputs, outputs.size()))
                        .orElseThrow(() -> new IllegalStateException("no body of " + type() + " for known operands"));
        List<Tensor> present = new ArrayList<>();
        for (Tensor input : inputs) {
            if (input != null) {
                present.add(input);
            }
        }
        List<Value> results = Interpreter.run(body, present);
        for (int i = 0; i < outputs.size(); i++) {
            outputs.get(i).data().copyFrom(Structured.tensor(results.get(i), "output " + i).data());
        }
    }
}
