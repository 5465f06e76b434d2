package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Simple recurrent network: `h ← f(W·x + Wb + R·h + Rb)`. Inputs x, W, R, B?, sequence lengths?, initial h?; outputs
/// Y?, last h?; the shapes are those of [Recurrence], with one gate.
public record Rnn(RecurrentOptions options) implements Op {
    private static final List<String> ACTIVATIONS = List.of("Tanh");

    public static Rnn of(Attributes attributes) {
        return new Rnn(RecurrentOptions.of(attributes));
    }

    @Override
    public String type() {
        return "RNN";
    }

    @Override
    public Attributes attributes() {
        return options.attributes().build();
    }

    @Override
    public int sinceVersion() {
        return options.sinceVersion();
    }

    @Override
    public void infer(Inference inference) {
        Recurrence.infer(inference, options, 1, 1);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Recurrence.evaluate(options, this::cell, 1, inputs, outputs);
    }

    private Recurrence.Cell cell(RecurrentWeights weights, int direction) {
        RecurrentActivation f = options.activations(direction, ACTIVATIONS).getFirst();
        return (projected, states) -> {
            double[] next = weights.ofState(states[0], 0, projected.length);
            for (int i = 0; i < next.length; i++) {
                next[i] = f.apply(options.clipped(projected[i] + next[i]));
            }
            states[0] = next;
        };
    }
}
