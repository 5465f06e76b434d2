package dev.octet.graph.op;

import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// An activation of a recurrent operator with its parameters (ONNX LSTM, "Activation functions").
record RecurrentActivation(Kind kind, double alpha, double beta) {
    /// The functions by their ONNX names, which files write in any case.
    private enum Kind {
        RELU(UnaryFunction.RELU, 0),
        TANH(UnaryFunction.TANH, 0),
        SIGMOID(UnaryFunction.SIGMOID, 0),
        LEAKYRELU(UnaryFunction.LEAKY_RELU, 1),
        THRESHOLDEDRELU(UnaryFunction.THRESHOLDED_RELU, 1),
        HARDSIGMOID(UnaryFunction.HARD_SIGMOID, 2),
        ELU(UnaryFunction.ELU, 1),
        SOFTSIGN(UnaryFunction.SOFTSIGN, 0),
        SOFTPLUS(UnaryFunction.SOFTPLUS, 0),
        /// `α·x + β`
        AFFINE(UnaryFunction.IDENTITY, 2),
        /// `α·tanh(β·x)`
        SCALEDTANH(UnaryFunction.TANH, 2);

        private final UnaryFunction function;
        private final int parameters;

        Kind(UnaryFunction function, int parameters) {
            this.function = function;
            this.parameters = parameters;
        }

        double defaultAlpha() {
            return this == AFFINE || this == SCALEDTANH ? 1 : function.defaultAlpha();
        }

        double defaultBeta() {
            return this == SCALEDTANH ? 1 : function.defaultBeta();
        }
    }

    /// The functions of a list of names. Parameters are taken from the lists in order, by those functions that have
    /// some, and are the functions' defaults where a list has ended.
    ///
    /// @throws IllegalArgumentException if a name is unknown
    static List<RecurrentActivation> of(List<String> names, List<Float> alphas, List<Float> betas) {
        Iterator<Float> nextAlpha = alphas.iterator();
        Iterator<Float> nextBeta = betas.iterator();
        List<RecurrentActivation> functions = new ArrayList<>();
        for (String name : names) {
            Kind kind = kind(name);
            double alpha = kind.parameters > 0 && nextAlpha.hasNext() ? nextAlpha.next() : kind.defaultAlpha();
            double beta = kind.parameters > 1 && nextBeta.hasNext() ? nextBeta.next() : kind.defaultBeta();
            functions.add(new RecurrentActivation(kind, alpha, beta));
        }
        return functions;
    }

    private static Kind kind(String name) {
        for (Kind kind : Kind.values()) {
            if (kind.name().equalsIgnoreCase(name)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("attribute activations: unknown function '" + name + "'");
    }

    double apply(double x) {
        return switch (kind) {
            case AFFINE -> alpha * x + beta;
            case SCALEDTANH -> alpha * Math.tanh(beta * x);
            default -> kind.function.apply(x, alpha, beta);
        };
    }

    /// The function in float, if it can be computed by few operations.
    Optional<Formula> formula() {
        FormulaBuilder f = new FormulaBuilder(1);
        Value x = f.input(0);
        return switch (kind) {
            case AFFINE -> Optional.of(f.build(f.fma(x, (float) alpha, f.constant((float) beta))));
            case SCALEDTANH ->
                    kind.function
                            .formula(0, 0)
                            .map(tanh ->
                                    f.build(
                                            f.multiply(
                                                    f.apply(tanh, f.multiply(x, (float) beta)).getFirst(),
                                                    (float) alpha)));
            default -> kind.function.formula((float) alpha, (float) beta);
        };
    }
}
