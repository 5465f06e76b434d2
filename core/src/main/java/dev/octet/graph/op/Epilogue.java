package dev.octet.graph.op;

import dev.octet.graph.Attributes;

/// What an integer operator applies to its real-valued result before that is quantized or stored as float: an
/// element-wise function, or none. ReLU and Clip with constant bounds are epilogues like any other.
///
/// @param function [UnaryFunction#IDENTITY] for none
/// @param alpha first parameter of the function; the lower bound for [UnaryFunction#CLIP]
/// @param beta second parameter of the function; the upper bound for [UnaryFunction#CLIP]
public record Epilogue(UnaryFunction function, float alpha, float beta) {
    /// Domain of operators that no other runtime knows.
    public static final String DOMAIN = "dev.octet";

    public static final Epilogue NONE = new Epilogue(UnaryFunction.IDENTITY, 0, 0);

    public static Epilogue of(Unary op) {
        return new Epilogue(op.function(), op.alpha(), op.beta());
    }

    public static Epilogue clip(float min, float max) {
        return new Epilogue(UnaryFunction.CLIP, min, max);
    }

    public boolean isNone() {
        return function == UnaryFunction.IDENTITY;
    }

    /// The function of one value: its formula in double, rounded to float once.
    public float apply(float x) {
        return isNone() ? x : (float) function.apply(x, alpha, beta);
    }

    static Epilogue of(Attributes attributes) {
        if (!attributes.has("activation")) {
            return NONE;
        }
        return new Epilogue(
                attributes.getEnum("activation", UnaryFunction.IDENTITY),
                attributes.getFloat("activation_alpha", 0),
                attributes.getFloat("activation_beta", 0));
    }

    Attributes attributes() {
        return attributes(Attributes.builder());
    }

    Attributes attributes(Attributes.Builder builder) {
        if (!isNone()) {
            builder.put("activation", function).put("activation_alpha", alpha).put("activation_beta", beta);
        }
        return builder.build();
    }
}
