package dev.octet.kernels.portable;

import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;

/// An element-wise function applied in place to the first `n` elements of an array.
interface Activation {
    Activation NONE = (values, n, scratch) -> {};

    void apply(float[] values, int n, Scratch scratch);

    /// The function to the accuracy of float kernels: 8 units in the last place, or an absolute 10⁻⁶.
    static Activation of(Epilogue epilogue) {
        return affine(of(epilogue.function(), epilogue.alpha(), epilogue.beta()), epilogue);
    }

    static Activation of(Unary unary) {
        return of(unary.function(), unary.alpha(), unary.beta());
    }

    private static Activation of(UnaryFunction function, float alpha, float beta) {
        return switch (function) {
            case ABS -> (v, n, s) -> Functions.abs(v, n);
            case CEIL -> (v, n, s) -> Functions.ceil(v, n);
            case ELU -> (v, n, s) -> Functions.elu(v, n, alpha, 1, s);
            case ERF -> (v, n, s) -> Functions.erf(v, n);
            case EXP -> (v, n, s) -> Functions.exp(v, n, s);
            case FLOOR -> (v, n, s) -> Functions.floor(v, n);
            case GELU -> alpha == 0 ? (v, n, s) -> Functions.gelu(v, n, s) : (v, n, s) -> Functions.tanhGelu(v, n, s);
            case NEG -> (v, n, s) -> Functions.negate(v, n);
            case RECIPROCAL -> (v, n, s) -> Functions.reciprocal(v, n);
            case ROUND -> (v, n, s) -> Functions.round(v, n);
            case SELU -> (v, n, s) -> Functions.elu(v, n, alpha * beta, beta, s);
            case SIGMOID -> (v, n, s) -> Functions.sigmoid(v, n, s);
            case SQRT -> (v, n, s) -> Functions.squareRoot(v, n);
            case TANH -> (v, n, s) -> Functions.tanh(v, n);
            default -> exact(function, alpha, beta);
        };
    }

    /// The function as [Epilogue#apply] computes it, bit for bit: what precedes a rounding to integers.
    static Activation exact(Epilogue epilogue) {
        return affine(exact(epilogue.function(), epilogue.alpha(), epilogue.beta()), epilogue);
    }

    private static Activation affine(Activation function, Epilogue epilogue) {
        if (!epilogue.isAffine()) {
            return function;
        }
        return (v, n, s) -> {
            function.apply(v, n, s);
            Functions.affine(v, n, epilogue.scale(), epilogue.shift());
        };
    }

    private static Activation exact(UnaryFunction function, float alpha, float beta) {
        return switch (function) {
            case IDENTITY -> NONE;
            case RELU -> (v, n, s) -> Functions.relu(v, n);
            case CLIP -> (v, n, s) -> Functions.clip(v, n, alpha, beta);
            case LEAKY_RELU -> (v, n, s) -> Functions.leakyRelu(v, n, alpha);
            case HARD_SIGMOID -> (v, n, s) -> Functions.hardSigmoid(v, n, alpha, beta);
            case HARD_SWISH -> (v, n, s) -> Functions.hardSwish(v, n);
            default ->
                    (v, n, s) -> {
                        for (int i = 0; i < n; i++) {
                            v[i] = (float) function.apply(v[i], alpha, beta);
                        }
                    };
        };
    }
}
