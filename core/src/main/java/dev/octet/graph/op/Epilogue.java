package dev.octet.graph.op;

import dev.octet.formula.FloatFunction;
import dev.octet.formula.Formula;
import dev.octet.formula.FormulaBuilder;
import dev.octet.formula.FormulaBuilder.Value;
import dev.octet.graph.Attributes;
import java.util.Optional;

/// What an integer operator applies to its real-valued result before that is quantized or stored as float: `y =
/// scale·f(x) + shift` with an element-wise function `f`. ReLU and Clip with constant bounds are functions like any
/// other; the numbers stand for a multiplication and an addition that follow an activation, as in PP-LCNetV3.
///
/// @param function [UnaryFunction#IDENTITY] for none
/// @param alpha first parameter of the function; the lower bound for [UnaryFunction#CLIP]
/// @param beta second parameter of the function; the upper bound for [UnaryFunction#CLIP]
public record Epilogue(UnaryFunction function, float alpha, float beta, float scale, float shift) {
    /// Domain of operators that no other runtime knows.
    public static final String DOMAIN = "dev.octet";

    public static final Epilogue NONE = new Epilogue(UnaryFunction.IDENTITY, 0, 0);

    /// A function with nothing after it.
    public Epilogue(UnaryFunction function, float alpha, float beta) {
        this(function, alpha, beta, 1, 0);
    }

    public static Epilogue of(Unary op) {
        return new Epilogue(op.function(), op.alpha(), op.beta());
    }

    public static Epilogue clip(float min, float max) {
        return new Epilogue(UnaryFunction.CLIP, min, max);
    }

    /// The same function with `newScale·f(x) + newShift` after it.
    public Epilogue withAffine(float newScale, float newShift) {
        return new Epilogue(function, alpha, beta, newScale, newShift);
    }

    public boolean isNone() {
        return function == UnaryFunction.IDENTITY && !isAffine();
    }

    /// Whether something follows the function.
    public boolean isAffine() {
        return scale != 1 || shift != 0;
    }

    /// The steps in float that compute `y`, for the functions that have such a formula: the same bits everywhere.
    public Optional<Formula> formula() {
        return function.formula(alpha, beta).map(f -> isAffine() ? withAffine(f) : f);
    }

    private Formula withAffine(Formula f) {
        FormulaBuilder builder = new FormulaBuilder(1);
        Value y = builder.apply(f, builder.input(0)).get(0);
        return builder.build(builder.add(builder.multiply(y, scale), shift));
    }

    /// `y` of one number by its [#formula]; for a function without one that in double, rounded to float, and then a
    /// product and a sum in float.
    public FloatFunction toFunction() {
        if (isNone()) {
            return x -> x;
        }
        Optional<Formula> formula = formula();
        if (formula.isPresent()) {
            return formula.get()::apply;
        }
        return x -> {
            float y = (float) function.apply(x, alpha, beta);
            return isAffine() ? y * scale + shift : y;
        };
    }

    static Epilogue of(Attributes attributes) {
        if (!attributes.has("activation")) {
            return NONE;
        }
        return new Epilogue(
                attributes.getEnum("activation", UnaryFunction.IDENTITY),
                attributes.getFloat("activation_alpha", 0),
                attributes.getFloat("activation_beta", 0),
                attributes.getFloat("activation_scale", 1),
                attributes.getFloat("activation_shift", 0));
    }

    Attributes attributes() {
        return attributes(Attributes.builder());
    }

    Attributes attributes(Attributes.Builder builder) {
        if (!isNone()) {
            builder.put("activation", function).put("activation_alpha", alpha).put("activation_beta", beta);
        }
        if (isAffine()) {
            builder.put("activation_scale", scale).put("activation_shift", shift);
        }
        return builder.build();
    }
}
