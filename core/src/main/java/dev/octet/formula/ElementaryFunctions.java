package dev.octet.formula;

import dev.octet.formula.FormulaBuilder.Value;

/// Elementary functions as steps of a formula, and how far each is from the real function, over all floats. An ulp is
/// the distance of the floats beside the real function's value.
///
/// Coefficients are those of least relative error on the interval where they are used, found by Remez' exchange.
public final class ElementaryFunctions {
    private static final float LOG2_E = 1.44269504f;

    /// ln 2 in two parts, the first with so few bits that its products with exponents are exact.
    private static final float LN2_HIGH = 0.693359375f;

    private static final float LN2_LOW = -2.12194440e-4f;

    /// `(exp(r) − 1 − r)/r²` for `|r| ≤ ln 2 / 2`; relative error of exp(r) 3·10⁻⁹.
    private static final float[] EXP = {0.499999934f, 0.166665201f, 0.0416683943f, 0.00836878045f, 0.00138144626f};

    /// `(ln(1 + f) − f + f²/2)/f³` for `1 + f` in [√½, √2]; relative error of the logarithm 6·10⁻⁹.
    private static final float[] LOG = {
        0.333333318f,
        -0.250008226f,
        0.200012243f,
        -0.166232935f,
        0.142017657f,
        -0.131608657f,
        0.127618795f,
        -0.0763297463f
    };

    /// `(2·artanh(√z)/√z − 2)/z` for `z ≤ 1/9`; relative error of the logarithm 5·10⁻⁹.
    private static final float[] LOG1P = {0.666664163f, 0.400215273f, 0.280018048f, 0.280119891f};

    /// `(tanh(√u)/√u − 1)/u` for `√u` below the bound; relative error of the tangent 7·10⁻⁹.
    private static final float[] TANH = {-0.3333326f, 0.1333083f, -0.053687912f, 0.020469056f, -0.005514777f};

    private static final float SMALL_TANH = 0.65f;

    /// `erf(√u)/√u − 1` for `√u` below the bound; relative error of the function 9·10⁻¹⁰.
    private static final float[] ERF = {
        0.12837917f, -0.3761263f, 0.112836257f, -0.026855728f, 0.0051923767f, -8.0491463e-4f, 7.992502e-5f
    };

    private static final float SMALL_ERF = 0.92f;

    /// `ln(1 − erf(x))` from there to where erf is 1 in float; error of the function 2·10⁻⁹.
    private static final float[] LOG_ERFC = {
        -1.9567432e-4f, -1.1276757f, -0.6371821f, -0.10393167f, 0.022226958f, -0.0030432257f, 1.9593797e-4f
    };

    private static final float LARGEST_ERF = 3.93f;

    private ElementaryFunctions() {}

    /// The parts of `exp(x) = 2ᵉ·exp(r)`.
    ///
    /// @param r in [−ln 2/2, ln 2/2], and a little more
    /// @param tail `exp(r) − 1 − r`, over `r²`
    private record Reduced(Value e, Value r, Value tail) {}

    private static Reduced reduce(FormulaBuilder f, Value x) {
        Value e = f.round(f.multiply(x, LOG2_E));
        Value r = f.fma(e, -LN2_LOW, f.fma(e, -LN2_HIGH, x));
        return new Reduced(e, r, f.polynomial(r, EXP));
    }

    /// Within 1 ulp, denormal results too.
    public static Value exp(FormulaBuilder f, Value x) {
        // Beyond these bounds the result is 0 or infinity, as it is at them.
        Reduced p = reduce(f, f.min(f.max(x, -104), 89));
        Value power = f.add(f.fma(f.multiply(p.r, p.r), p.tail, p.r), 1);
        return f.scale(power, p.e);
    }

    /// `exp(x) − 1`, within 2 ulp.
    public static Value expm1(FormulaBuilder f, Value x) {
        // 2ᵉ must be finite, and the result is −1 from the lower bound on.
        Value bounded = f.min(f.max(x, -26), 88);
        Reduced p = reduce(f, bounded);
        Value power = f.scale(f.constant(1), p.e);
        Value low = f.fma(f.multiply(p.r, p.r), p.tail, p.r);
        Value result = f.fma(power, low, f.add(power, -1));
        return f.selectLess(f.constant(88), x, exp(f, x), result);
    }

    /// The natural logarithm, within 1 ulp, denormal arguments too.
    public static Value log(FormulaBuilder f, Value x) {
        Value zero = f.constant(0);
        Value infinity = f.constant(Float.POSITIVE_INFINITY);
        Value small = f.constant(0x1p-100f);
        Value normal = f.selectLess(x, small, f.multiply(x, 0x1p32f), x);
        // The exponent that leaves the rest in [√½, √2).
        Value e = f.add(f.exponent(f.multiply(normal, 0.707106781f)), 1);
        Value rest = f.add(f.scale(normal, f.negate(e)), -1);
        Value exponent = f.selectLess(x, small, f.add(e, -32), e);
        Value square = f.multiply(rest, rest);
        Value tail = f.multiply(f.multiply(rest, square), f.polynomial(rest, LOG));
        Value low = f.fma(exponent, LN2_LOW, f.fma(square, -0.5f, tail));
        Value result = f.fma(exponent, LN2_HIGH, f.add(rest, low));
        // Infinity and NaN are their own logarithms; that of zeros is negative infinity, of less NaN.
        Value large = f.selectLess(x, infinity, result, x);
        Value none = f.selectLess(x, zero, f.constant(Float.NaN), f.subtract(x, infinity));
        return f.selectLess(zero, x, large, none);
    }

    /// `ln(1 + t)` for `t` in [0, 1], within 3 ulp.
    public static Value log1p(FormulaBuilder f, Value t) {
        Value s = f.divide(t, f.add(t, 2));
        Value z = f.multiply(s, s);
        Value tail = f.multiply(f.multiply(s, z), f.polynomial(z, LOG1P));
        return f.fma(s, f.constant(2), tail);
    }

    /// `1/(1 + exp(−x))`, within 3 ulp where it is a normal number; 0 may stand for less.
    public static Value sigmoid(FormulaBuilder f, Value x) {
        Value one = f.constant(1);
        return f.divide(one, f.add(exp(f, f.negate(x)), one));
    }

    /// The hyperbolic tangent, within 2 ulp.
    public static Value tanh(FormulaBuilder f, Value x) {
        Value u = f.multiply(x, x);
        Value small = f.multiply(x, f.fma(u, f.polynomial(u, TANH), f.constant(1)));
        Value magnitude = f.abs(x);
        Value power = exp(f, f.add(magnitude, magnitude));
        Value large = f.subtract(f.constant(1), f.divide(f.constant(2), f.add(power, 1)));
        return f.selectLess(magnitude, f.constant(SMALL_TANH), small, withSign(f, large, x));
    }

    /// The error function, within 2 ulp.
    public static Value erf(FormulaBuilder f, Value x) {
        Value small = f.fma(x, f.polynomial(f.multiply(x, x), ERF), x);
        Value magnitude = f.abs(x);
        Value logarithm = f.polynomial(f.min(magnitude, LARGEST_ERF), LOG_ERFC);
        Value large = f.subtract(f.constant(1), exp(f, logarithm));
        return f.selectLess(magnitude, f.constant(SMALL_ERF), small, withSign(f, large, x));
    }

    private static Value withSign(FormulaBuilder f, Value magnitude, Value x) {
        return f.selectLess(x, f.constant(0), f.negate(magnitude), magnitude);
    }

    /// `1 + erf(x)`, within 3 ulp of 1: a rational function on `|x| ≤ 3.93`, for half the operations of [#erf].
    public static Value onePlusErf(FormulaBuilder f, Value x) {
        Value bounded = f.min(f.max(x, -LARGEST_ERF), LARGEST_ERF);
        Value u = f.multiply(bounded, bounded);
        Value p = f.polynomial(u, 1.1283791f, 0.19077937f, 5.2789692e-2f, 3.7794157e-3f, 2.8480386e-4f, 2.0420012e-6f);
        Value q = f.polynomial(u, 1, 0.50240654f, 0.11425567f, 1.4997053e-2f, 1.1651650e-3f, 3.8004138e-5f);
        Value erf = f.divide(f.multiply(bounded, p), q);
        return f.add(f.min(f.max(erf, -1), 1), 1);
    }
}
