package dev.octet.graph.op;

import dev.octet.formula.ElementaryFunctions;
import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How each [UnaryFunction] is computed in float, where it can be by few operations.
///
/// Results are within 3 ulp of the function, with these exceptions:
///
/// - ERF and TANH are within 2 ulp;
/// - GELU, MISH and SWISH are within 3 ulp of `x`, since `1 + erf` cancels where it is small, and an exponential
///   magnifies the rounding of its argument;
/// - HARD_SIGMOID and HARD_SWISH are within 2 ulp of 1 and of `x`, since `α·x + β` cancels;
/// - SIGMOID and SWISH may be 0 where the function is below the normal floats.
final class UnaryFormulas {
    private final FormulaBuilder f = new FormulaBuilder(1);
    private final Value x = f.input(0);
    private final float alpha;
    private final float beta;

    private UnaryFormulas(float alpha, float beta) {
        this.alpha = alpha;
        this.beta = beta;
    }

    static Optional<Formula> of(UnaryFunction function, float alpha, float beta) {
        UnaryFormulas formulas = new UnaryFormulas(alpha, beta);
        return Optional.ofNullable(formulas.value(function)).map(formulas.f::build);
    }

    private @Nullable Value value(UnaryFunction function) {
        return switch (function) {
            case ABS -> f.abs(x);
            case CEIL -> f.ceil(x);
            case CELU -> celu();
            case CLIP -> f.min(f.max(x, alpha), beta);
            case ELU -> f.selectLess(x, f.constant(0), f.multiply(ElementaryFunctions.expm1(f, x), alpha), x);
            case ERF -> ElementaryFunctions.erf(f, x);
            case EXP -> ElementaryFunctions.exp(f, x);
            case FLOOR -> f.floor(x);
            case GELU -> alpha == 0 ? gelu() : tanhGelu();
            case HARD_SIGMOID -> hardSigmoid(alpha, beta);
            case HARD_SWISH -> f.multiply(x, hardSigmoid(1 / 6f, 0.5f));
            case IDENTITY -> x;
            case LEAKY_RELU -> f.fma(f.min(x, 0), alpha, f.max(x, 0));
            case LOG -> ElementaryFunctions.log(f, x);
            case MISH -> mish();
            case NEG -> f.negate(x);
            case RECIPROCAL -> f.divide(f.constant(1), x);
            case RELU -> f.max(x, 0);
            case ROUND -> f.round(x);
            case SELU -> selu();
            case SHRINK -> shrink();
            case SIGMOID -> ElementaryFunctions.sigmoid(f, x);
            case SIGN -> sign();
            case SOFTPLUS -> softplus();
            case SOFTSIGN -> f.divide(x, f.add(f.abs(x), 1));
            case SQRT -> f.squareRoot(x);
            case SWISH -> f.divide(x, f.add(ElementaryFunctions.exp(f, f.multiply(x, -alpha)), 1));
            case TANH -> ElementaryFunctions.tanh(f, x);
            case THRESHOLDED_RELU -> f.selectLess(f.constant(alpha), x, x, f.constant(0));
            case ACOS, ACOSH, ASIN, ASINH, ATAN, ATANH, COS, COSH, NOT, SIN, SINH, TAN -> null;
        };
    }

    private Value celu() {
        Value power = ElementaryFunctions.expm1(f, f.divide(x, f.constant(alpha)));
        return f.add(f.max(x, 0), f.min(f.multiply(power, alpha), 0));
    }

    private Value gelu() {
        Value sum = ElementaryFunctions.onePlusErf(f, f.multiply(x, 0.707106781f));
        return f.multiply(f.multiply(x, 0.5f), sum);
    }

    /// As `x·sigmoid(2·y)`, which is `x/2·(1 + tanh(y))` without cancellation.
    private Value tanhGelu() {
        Value minusTwoY = f.multiply(x, f.fma(f.multiply(x, x), -0.0713548163f, f.constant(-1.59576912f)));
        return f.divide(x, f.add(ElementaryFunctions.exp(f, minusTwoY), 1));
    }

    private Value hardSigmoid(float slope, float offset) {
        return f.min(f.max(f.fma(x, slope, f.constant(offset)), 0), 1);
    }

    /// `tanh(ln(1 + w)) = (w² + 2·w)/(w² + 2·w + 2)` with `w = exp(x)`, and 1 where `w` is large.
    private Value mish() {
        Value w = ElementaryFunctions.exp(f, f.min(x, 20));
        Value n = f.multiply(w, f.add(w, 2));
        return f.multiply(x, f.divide(n, f.add(n, 2)));
    }

    private Value selu() {
        Value below = f.multiply(ElementaryFunctions.expm1(f, x), alpha * beta);
        return f.selectLess(f.constant(0), x, f.multiply(x, beta), below);
    }

    private Value shrink() {
        Value inner = f.selectLess(f.constant(alpha), x, f.add(x, -beta), f.constant(0));
        return f.selectLess(x, f.constant(-alpha), f.add(x, beta), inner);
    }

    private Value sign() {
        Value zero = f.constant(0);
        return f.selectLess(zero, x, f.constant(1), f.selectLess(x, zero, f.constant(-1), x));
    }

    private Value softplus() {
        Value power = ElementaryFunctions.exp(f, f.negate(f.abs(x)));
        return f.add(f.max(x, 0), ElementaryFunctions.log1p(f, power));
    }
}
