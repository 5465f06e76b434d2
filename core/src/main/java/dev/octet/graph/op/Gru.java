package dev.octet.graph.op;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.Attributes;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Gated recurrent unit, gates in the order z, r, h. Inputs x, W, R, B?, sequence lengths?, initial h?; outputs Y?,
/// last h?; the shapes are those of [Recurrence], with three gates.
///
/// `z = f(Wz·x + Rz·h + bz)`, `r = f(Wr·x + Rr·h + br)`, `n = g(Wh·x + Wbh + Rh·(r⊙h) + Rbh)`, `h ← (1 − z)⊙n + z⊙h`.
///
/// @param linearBeforeReset whether the reset gate is applied to the product: `n = g(Wh·x + Wbh + r⊙(Rh·h + Rbh))`
public record Gru(RecurrentOptions options, boolean linearBeforeReset) implements Op {
    private static final List<String> ACTIVATIONS = List.of("Sigmoid", "Tanh");

    public static Gru of(Attributes attributes) {
        return new Gru(RecurrentOptions.of(attributes), attributes.getBoolean("linear_before_reset", false));
    }

    @Override
    public String type() {
        return "GRU";
    }

    @Override
    public Attributes attributes() {
        return options.attributes().put("linear_before_reset", linearBeforeReset).build();
    }

    @Override
    public int sinceVersion() {
        return options.sinceVersion();
    }

    @Override
    public void infer(Inference inference) {
        Recurrence.infer(inference, options, 3, 1);
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
        List<RecurrentActivation> activations = options.activations(direction, ACTIVATIONS);
        RecurrentActivation f = activations.get(0);
        RecurrentActivation g = activations.get(1);
        return (projected, states) -> {
            double[] h = states[0];
            int hidden = h.length;
            double[] gates = weights.ofState(h, 0, 2 * hidden);
            for (int i = 0; i < gates.length; i++) {
                gates[i] = f.apply(options.clipped(projected[i] + gates[i]));
            }
            double[] next = candidate(weights, gates, h);
            for (int i = 0; i < hidden; i++) {
                double value = g.apply(options.clipped(projected[2 * hidden + i] + next[i]));
                next[i] = (1 - gates[i]) * value + gates[i] * h[i];
            }
            states[0] = next;
        };
    }

    /// What the state adds to the candidate, the reset gate applied.
    private double[] candidate(RecurrentWeights weights, double[] gates, double[] h) {
        int hidden = h.length;
        double[] operand = h.clone();
        if (!linearBeforeReset) {
            reset(operand, gates);
        }
        double[] sums = weights.ofState(operand, 2 * hidden, hidden);
        if (linearBeforeReset) {
            reset(sums, gates);
        }
        return sums;
    }

    private static void reset(double[] values, double[] gates) {
        for (int i = 0; i < values.length; i++) {
            values[i] *= gates[values.length + i];
        }
    }

    /// The gates of a direction as a formula of each hidden element, where the reset gate comes before the product;
    /// empty if an activation has none. Inputs: of z and r what x gives and what the state gives, z first; the state.
    /// Results: z, and the state with the reset gate applied.
    public Optional<Formula> gates(int direction) {
        return options.formulas(direction, ACTIVATIONS)
                .map(functions -> {
                    FormulaBuilder f = new FormulaBuilder(5);
                    Value z = options.gate(f, functions.get(0), f.add(f.input(0), f.input(2)));
                    Value r = options.gate(f, functions.get(0), f.add(f.input(1), f.input(3)));
                    return f.build(z, f.multiply(r, f.input(4)));
                });
    }

    /// The new state after [#gates]: of z, what x gives to the candidate, what the reset state gives, and the state.
    public Optional<Formula> afterGates(int direction) {
        return options.formulas(direction, ACTIVATIONS)
                .map(functions -> {
                    FormulaBuilder f = new FormulaBuilder(4);
                    Value n = options.gate(f, functions.get(1), f.add(f.input(1), f.input(2)));
                    return f.build(mixed(f, f.input(0), n, f.input(3)));
                });
    }

    /// The new state where the reset gate comes after the product; empty if an activation has no formula. Inputs: of z,
    /// r and h what x gives, then what the state gives, then the state.
    public Optional<Formula> cell(int direction) {
        return options.formulas(direction, ACTIVATIONS)
                .map(functions -> {
                    FormulaBuilder f = new FormulaBuilder(7);
                    Value z = options.gate(f, functions.get(0), f.add(f.input(0), f.input(3)));
                    Value r = options.gate(f, functions.get(0), f.add(f.input(1), f.input(4)));
                    Value n = options.gate(f, functions.get(1), f.fma(r, f.input(5), f.input(2)));
                    return f.build(mixed(f, z, n, f.input(6)));
                });
    }

    /// `(1 − z)⊙n + z⊙h`
    private static Value mixed(FormulaBuilder f, Value z, Value n, Value h) {
        return f.fma(f.subtract(f.constant(1), z), n, f.multiply(z, h));
    }
}
