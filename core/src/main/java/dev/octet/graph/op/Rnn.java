package dev.octet.graph.op;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.graph.Attributes;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
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
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofSteps(operands, results);
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

    /// The new state of a direction as a formula of each hidden element: of what x gives and what the state gives.
    /// Empty if the activation has none.
    public Optional<Formula> cell(int direction) {
        return options.formulas(direction, ACTIVATIONS)
                .map(functions -> {
                    FormulaBuilder f = new FormulaBuilder(2);
                    return f.build(options.gate(f, functions.getFirst(), f.add(f.input(0), f.input(1))));
                });
    }
}
