package dev.octet.graph.op;

import dev.octet.formula.Formula;
import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import java.util.Optional;
import java.util.Set;

/// Scalar functions of [Unary]. The definition of each is [#apply], in double; [#formula] says how kernels compute most
/// of them in float.
public enum UnaryFunction {
    ABS("Abs", 6),
    ACOS("Acos", 7),
    ACOSH("Acosh", 9),
    ASIN("Asin", 7),
    ASINH("Asinh", 9),
    ATAN("Atan", 7),
    ATANH("Atanh", 9),
    CEIL("Ceil", 6),
    /// `max(0, x) + min(0, α·(exp(x/α) − 1))`
    CELU("Celu", 12, "alpha", 1, "", 0),
    /// `min(max(x, α), β)`; as a node of its own this is [Clip].
    CLIP("Clip", 6, "min", Float.NEGATIVE_INFINITY, "max", Float.POSITIVE_INFINITY),
    COS("Cos", 7),
    COSH("Cosh", 9),
    /// `x < 0 ? α·(exp(x) − 1) : x`
    ELU("Elu", 6, "alpha", 1, "", 0),
    ERF("Erf", 9),
    EXP("Exp", 6),
    FLOOR("Floor", 6),
    /// `x/2·(1 + erf(x/√2))`, or with α = 1 the approximation by tanh.
    GELU("Gelu", 20),
    /// `max(0, min(1, α·x + β))`
    HARD_SIGMOID("HardSigmoid", 6, "alpha", 0.2f, "beta", 0.5f),
    /// `x·max(0, min(1, x/6 + 1/2))`
    HARD_SWISH("HardSwish", 14),
    IDENTITY("Identity", 1),
    /// `x < 0 ? α·x : x`
    LEAKY_RELU("LeakyRelu", 6, "alpha", 0.01f, "", 0),
    LOG("Log", 6),
    /// `x·tanh(ln(1 + exp(x)))`
    MISH("Mish", 18),
    NEG("Neg", 6),
    NOT("Not", 1),
    RECIPROCAL("Reciprocal", 6),
    RELU("Relu", 6),
    /// To the nearest integer, ties to even.
    ROUND("Round", 11),
    /// `x > 0 ? γ·x : γ·α·(exp(x) − 1)`
    SELU("Selu", 6, "alpha", 1.67326319217681884765625f, "gamma", 1.05070102214813232421875f),
    /// `x < −α ? x + β : x > α ? x − β : 0`
    SHRINK("Shrink", 9, "lambd", 0.5f, "bias", 0),
    SIGMOID("Sigmoid", 6),
    SIGN("Sign", 9),
    SIN("Sin", 7),
    SINH("Sinh", 9),
    SOFTPLUS("Softplus", 1),
    SOFTSIGN("Softsign", 1),
    SQRT("Sqrt", 6),
    /// `x/(1 + exp(−α·x))`
    SWISH("Swish", 24, "alpha", 1, "", 0),
    TAN("Tan", 7),
    TANH("Tanh", 6),
    /// `x > α ? x : 0`
    THRESHOLDED_RELU("ThresholdedRelu", 10, "alpha", 1, "", 0);

    private final String type;
    private final int sinceVersion;
    private final String alphaName;
    private final float defaultAlpha;
    private final String betaName;
    private final float defaultBeta;

    UnaryFunction(String type, int sinceVersion) {
        this(type, sinceVersion, "", 0, "", 0);
    }

    UnaryFunction(
            String type, int sinceVersion, String alphaName, float defaultAlpha, String betaName, float defaultBeta) {
        this.type = type;
        this.sinceVersion = sinceVersion;
        this.alphaName = alphaName;
        this.defaultAlpha = defaultAlpha;
        this.betaName = betaName;
        this.defaultBeta = defaultBeta;
    }

    /// ONNX operator type.
    public String type() {
        return type;
    }

    int sinceVersion() {
        return sinceVersion;
    }

    public float defaultAlpha() {
        return defaultAlpha;
    }

    public float defaultBeta() {
        return defaultBeta;
    }

    /// The operator of this function with parameters read from a node's attributes.
    public Unary read(Attributes attributes) {
        if (this == GELU) {
            return new Unary(this, attributes.getString("approximate", "none").equals("tanh") ? 1 : 0, 0);
        }
        return new Unary(
                this,
                alphaName.isEmpty() ? 0 : attributes.getFloat(alphaName, defaultAlpha),
                betaName.isEmpty() ? 0 : attributes.getFloat(betaName, defaultBeta));
    }

    Attributes attributes(float alpha, float beta) {
        Attributes.Builder builder = Attributes.builder();
        if (this == GELU && alpha != 0) {
            builder.put("approximate", "tanh");
        }
        if (!alphaName.isEmpty()) {
            builder.put(alphaName, alpha);
        }
        if (!betaName.isEmpty()) {
            builder.put(betaName, beta);
        }
        return builder.build();
    }

    /// Value of the function at `x` with parameters α and β.
    public double apply(double x, double alpha, double beta) {
        return switch (this) {
            case ABS -> Math.abs(x);
            case ACOS -> Math.acos(x);
            case ACOSH -> Math.log(x + Math.sqrt(x * x - 1));
            case ASIN -> Math.asin(x);
            case ASINH -> Math.copySign(Math.log(Math.abs(x) + Math.sqrt(x * x + 1)), x);
            case ATAN -> Math.atan(x);
            case ATANH -> 0.5 * (Math.log1p(x) - Math.log1p(-x));
            case CEIL -> Math.ceil(x);
            case CELU -> Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
            case CLIP -> Math.min(Math.max(x, alpha), beta);
            case COS -> Math.cos(x);
            case COSH -> Math.cosh(x);
            case ELU -> x < 0 ? alpha * Math.expm1(x) : x;
            case ERF -> SpecialFunctions.erf(x);
            case EXP -> Math.exp(x);
            case FLOOR -> Math.floor(x);
            case GELU ->
                    alpha == 0
                            ? 0.5 * x * (1 + SpecialFunctions.erf(x * Math.sqrt(0.5)))
                            : 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case HARD_SIGMOID -> Math.max(0, Math.min(1, alpha * x + beta));
            case HARD_SWISH -> x * Math.max(0, Math.min(1, x / 6 + 0.5));
            case IDENTITY -> x;
            case LEAKY_RELU -> x < 0 ? alpha * x : x;
            case LOG -> Math.log(x);
            case MISH -> x * Math.tanh(softplus(x));
            case NEG -> -x;
            case NOT -> x == 0 ? 1 : 0;
            case RECIPROCAL -> 1 / x;
            case RELU -> x < 0 ? 0 : x;
            case ROUND -> Math.rint(x);
            case SELU -> x > 0 ? beta * x : beta * alpha * Math.expm1(x);
            case SHRINK -> x < -alpha ? x + beta : x > alpha ? x - beta : 0;
            case SIGMOID -> 1 / (1 + Math.exp(-x));
            case SIGN -> Math.signum(x);
            case SIN -> Math.sin(x);
            case SINH -> Math.sinh(x);
            case SOFTPLUS -> softplus(x);
            case SOFTSIGN -> x / (1 + Math.abs(x));
            case SQRT -> Math.sqrt(x);
            case SWISH -> x / (1 + Math.exp(-alpha * x));
            case TAN -> Math.tan(x);
            case TANH -> Math.tanh(x);
            case THRESHOLDED_RELU -> x > alpha ? x : 0;
        };
    }

    /// The function in float, each step rounded, if there is such a formula; it has one input.
    public Optional<Formula> formula(float alpha, float beta) {
        return UnaryFormulas.of(this, alpha, beta);
    }

    /// Value of the function at an integer, for those that ONNX defines on integers.
    ///
    /// @param unsigned whether the bits are an unsigned number's
    long apply(long x, boolean unsigned) {
        return switch (this) {
            case ABS -> unsigned ? x : Math.abs(x);
            case IDENTITY -> x;
            case NEG -> -x;
            case NOT -> x == 0 ? 1 : 0;
            case RELU -> unsigned ? x : Math.max(x, 0);
            case SIGN -> unsigned ? (x == 0 ? 0 : 1) : Long.signum(x);
            default -> throw new IllegalArgumentException(type + " is not defined on integers");
        };
    }

    /// Whether integers have a formula of their own; without one they are computed with as doubles.
    boolean isDefinedOnIntegers() {
        return this != SHRINK && this != ERF;
    }

    Set<DType> operandTypes() {
        return switch (this) {
            case ABS, ERF, NEG, RELU, SHRINK, SIGN -> Operands.NUMERIC;
            case IDENTITY -> Operands.ANY;
            case NOT -> Operands.BOOL;
            default -> Operands.FLOATING;
        };
    }

    /// Whether a node of this name is a record of its own, not a [Unary].
    boolean hasOwnRecord() {
        return this == CLIP || this == IDENTITY;
    }

    private static double softplus(double x) {
        // log1p(exp(x)) without overflow.
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
