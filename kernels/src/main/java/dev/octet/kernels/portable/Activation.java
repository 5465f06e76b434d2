package dev.octet.kernels.portable;

import dev.octet.formula.FloatFunction;
import dev.octet.formula.Formula;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import java.util.Optional;

/// An element-wise function applied in place to the first `n` elements of an array.
interface Activation {
    Activation NONE = (values, n, scratch) -> {};

    /// The exponential function.
    Activation EXP = of(Unary.of(UnaryFunction.EXP));

    void apply(float[] values, int n, Scratch scratch);

    /// The function with the bits of [Epilogue#toFunction].
    static Activation of(Epilogue epilogue) {
        if (epilogue.isNone()) {
            return NONE;
        }
        Optional<Formula> formula = epilogue.formula();
        if (formula.isPresent()) {
            return FormulaLoop.of(formula.get())::apply;
        }
        FloatFunction function = epilogue.toFunction();
        return (v, n, s) -> {
            for (int i = 0; i < n; i++) {
                v[i] = function.apply(v[i]);
            }
        };
    }

    static Activation of(Unary unary) {
        return of(Epilogue.of(unary));
    }
}
