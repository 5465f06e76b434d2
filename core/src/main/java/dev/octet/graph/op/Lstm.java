package dev.octet.graph.op;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.Attributes;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
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
    static final int PEEPHOLES = 7;

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
        PartialShape recurrent = Recurrence.ranked(inference, 2, "R", 3);
        Recurrence.requirePeepholes(inference, PEEPHOLES, options, recurrent.dim(2), 3);
    }

    @Override
    public double work(List<@Nullable Shape> operands, List<Shape> results) {
        return Work.ofSteps(operands, results);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        evaluate(inputs, outputs, UnaryOperator.identity());
    }

    /// @param rounding what the hidden state goes through before its product
    void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs, UnaryOperator<double[]> rounding) {
        Tensor peepholes = Operands.find(inputs, PEEPHOLES);
        Recurrence.evaluate(
                options, (weights, direction) -> cell(weights, direction, peepholes, rounding), 2, inputs, outputs);
    }

    private Recurrence.Cell cell(
            RecurrentWeights weights, int direction, @Nullable Tensor peepholes, UnaryOperator<double[]> rounding) {
        List<RecurrentActivation> activations = options.activations(direction, ACTIVATIONS);
        int hidden = weights.recurrent().length / 4;
        double[] p = RecurrentWeights.row(peepholes, direction, 3 * hidden);
        return (projected, states) -> {
            double[] sums = weights.ofState(rounding.apply(states[0]), 0, 4 * hidden);
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

    /// What a direction does with its products, as a formula of each hidden element; empty if an activation has none.
    /// Inputs: the sums of i, o, f and c, biases included, in one part or in two to be added, all of the first part
    /// before those of the second; then the cell state; then the peepholes of i, o and f, if there are any. Results:
    /// the hidden and the cell state.
    ///
    /// @param parts 1 or 2
    public Optional<Formula> cell(int direction, int parts, boolean peepholes) {
        return options.formulas(direction, ACTIVATIONS).map(functions -> cell(functions, parts, peepholes));
    }

    private Formula cell(List<Formula> functions, int parts, boolean peepholes) {
        FormulaBuilder f = new FormulaBuilder(4 * parts + 1 + (peepholes ? 3 : 0));
        Value[] sums = new Value[4];
        for (int gate = 0; gate < sums.length; gate++) {
            sums[gate] = parts == 1 ? f.input(gate) : f.add(f.input(gate), f.input(4 + gate));
        }
        Value before = f.input(4 * parts);
        Value in = options.gate(f, functions.get(0), peeped(f, sums[0], before, parts, 0, peepholes));
        Value forget =
                coupled
                        ? f.subtract(f.constant(1), in)
                        : options.gate(f, functions.get(0), peeped(f, sums[2], before, parts, 2, peepholes));
        Value candidate = options.gate(f, functions.get(1), sums[3]);
        Value after = f.fma(forget, before, f.multiply(in, candidate));
        Value out = options.gate(f, functions.get(0), peeped(f, sums[1], after, parts, 1, peepholes));
        return f.build(f.multiply(out, f.apply(functions.get(2), after).getFirst()), after);
    }

    private static Value peeped(FormulaBuilder f, Value sum, Value state, int parts, int index, boolean peepholes) {
        return peepholes ? f.fma(f.input(4 * parts + 1 + index), state, sum) : sum;
    }
}
