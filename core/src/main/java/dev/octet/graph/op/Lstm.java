package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Long short-term memory, gates in the order i, o, f, c. Inputs x, W, R, B?, sequence lengths?, initial h?, initial
/// c?, peepholes P? `[directions, 3·hidden]` of i, o, f; outputs Y?, last h?, last c?; the shapes are those of
/// [Recurrence], with four gates.
///
/// `i = f(Wi·x + Ri·h + Pi⊙c + bi)`, `f = f(Wf·x + Rf·h + Pf⊙c + bf)`, `n = g(Wc·x + Rc·h + bc)`, `c ← f⊙c + i⊙n`, `o =
/// f(Wo·x + Ro·h + Po⊙c + bo)`, `h ← o⊙h(c)`.
///
/// @param coupled attribute `input_forget`: the forget gate is `1 − i`
public record Lstm(RecurrentOptions options, boolean coupled) implements Op {
    private static final List<String> ACTIVATIONS = List.of("Sigmoid", "Tanh", "Tanh");
    private static final int PEEPHOLES = 7;

    public static Lstm of(Attributes attributes) {
        return new Lstm(RecurrentOptions.of(attributes), attributes.getBoolean("input_forget", false));
    }

    @Override
    public String type() {
        return "LSTM";
    }

    @Override
    public Attributes attributes() {
        return options.attributes().put("input_forget", coupled).build();
    }

    @Override
    public int sinceVersion() {
        return options.sinceVersion();
    }

    @Override
    public void infer(Inference inference) {
        Recurrence.infer(inference, options, 4, 2);
        Recurrence.requirePeepholes(inference, PEEPHOLES, options, 3);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor peepholes = Operands.find(inputs, PEEPHOLES);
        Recurrence.evaluate(options, (weights, direction) -> cell(weights, direction, peepholes), 2, inputs, outputs);
    }

    private Recurrence.Cell cell(RecurrentWeights weights, int direction, @Nullable Tensor peepholes) {
        List<RecurrentActivation> activations = options.activations(direction, ACTIVATIONS);
        int hidden = weights.recurrent().length / 4;
        double[] p = RecurrentWeights.row(peepholes, direction, 3 * hidden);
        return (projected, states) -> {
            double[] sums = weights.ofState(states[0], 0, 4 * hidden);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += projected[i];
            }
            step(sums, p, activations, states);
        };
    }

    private void step(double[] sums, double[] p, List<RecurrentActivation> activations, double[][] states) {
        RecurrentActivation f = activations.get(0);
        RecurrentActivation g = activations.get(1);
        RecurrentActivation h = activations.get(2);
        int hidden = states[0].length;
        double[] nextHidden = new double[hidden];
        double[] nextCell = new double[hidden];
        for (int k = 0; k < hidden; k++) {
            double c = states[1][k];
            double in = f.apply(options.clipped(sums[k] + p[k] * c));
            double forget = coupled ? 1 - in : f.apply(options.clipped(sums[2 * hidden + k] + p[2 * hidden + k] * c));
            nextCell[k] = forget * c + in * g.apply(options.clipped(sums[3 * hidden + k]));
            double out = f.apply(options.clipped(sums[hidden + k] + p[hidden + k] * nextCell[k]));
            nextHidden[k] = out * h.apply(nextCell[k]);
        }
        states[0] = nextHidden;
        states[1] = nextCell;
    }
}
