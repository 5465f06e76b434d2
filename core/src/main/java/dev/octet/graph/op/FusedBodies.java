package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import java.util.List;

/// Products with what precedes or follows them, as ONNX Runtime's optimizer joins them.
final class FusedBodies {
    static final List<Composition> ALL =
            List.of(
                    Composition.microsoft("BiasGelu", FusedBodies::biasGelu),
                    Composition.microsoft("FastGelu", FusedBodies::fastGelu),
                    Composition.microsoft("FusedConv", FusedBodies::conv),
                    Composition.microsoft("FusedGemm", FusedBodies::gemm),
                    Composition.microsoft("FusedMatMul", FusedBodies::matMul),
                    Composition.microsoft("QuickGelu", FusedBodies::quickGelu));

    private FusedBodies() {}

    /// Inputs x, bias.
    private static void biasGelu(Body b) {
        b.output(b.add(Unary.of(UnaryFunction.GELU), b.plusOperand(b.operand(0), 1)));
    }

    /// Inputs x, bias?.
    private static void fastGelu(Body b) {
        b.output(b.add(new Unary(UnaryFunction.GELU, 1, 0), b.plusOperand(b.operand(0), 1)));
    }

    /// `x·sigmoid(alpha·x)`
    private static void quickGelu(Body b) {
        String x = b.operand(0);
        String alpha = b.scalar(b.dtype(0), b.attributes().getFloat("alpha", 1.702f));
        b.output(b.times(x, b.add(Unary.of(UnaryFunction.SIGMOID), b.times(x, alpha))));
    }

    /// Inputs x, weights, bias?, z?, which is added before the activation.
    private static void conv(Body b) {
        Conv conv = Conv.of(b.attributes());
        String product =
                b.has(2)
                        ? b.add(conv, b.operand(0), b.operand(1), b.operand(2))
                        : b.add(conv, b.operand(0), b.operand(1));
        List<Float> parameters = b.attributes().getFloats("activation_params").orElse(List.of());
        b.output(activation(b, b.plusOperand(product, 3), parameters));
    }

    /// Inputs A, B, C?.
    private static void gemm(Body b) {
        Attributes attributes = b.attributes();
        Gemm gemm = Gemm.of(attributes);
        String product =
                b.has(2)
                        ? b.add(gemm, b.operand(0), b.operand(1), b.operand(2))
                        : b.add(gemm, b.operand(0), b.operand(1));
        List<Float> parameters =
                attributes.has("activation_alpha")
                        ? List.of(attributes.getFloat("activation_alpha", 0), attributes.getFloat("activation_beta", 0))
                        : List.of();
        b.output(activation(b, product, parameters));
    }

    /// The function that the attribute `activation` names.
    ///
    /// @param parameters of the function, in order; those of the operator's defaults where there are none
    private static String activation(Body b, String x, List<Float> parameters) {
        String name = b.attributes().getString("activation", "");
        if (name.isEmpty()) {
            return x;
        }
        if (name.equals("Clip")) {
            float min = parameters.isEmpty() ? -Float.MAX_VALUE : parameters.get(0);
            float max = parameters.size() < 2 ? Float.MAX_VALUE : parameters.get(1);
            return b.add(new Clip(), x, b.scalar(b.dtype(0), min), b.scalar(b.dtype(0), max));
        }
        if (name.equals("ScaledTanh") || name.equals("ParametricSoftplus")) {
            return scaled(b, x, name.equals("ScaledTanh") ? UnaryFunction.TANH : UnaryFunction.SOFTPLUS, parameters);
        }
        for (UnaryFunction function : UnaryFunction.values()) {
            if (function.type().equals(name) && !function.hasOwnRecord()) {
                float alpha = parameters.isEmpty() ? function.defaultAlpha() : parameters.get(0);
                float beta = parameters.size() < 2 ? function.defaultBeta() : parameters.get(1);
                return b.add(new Unary(function, alpha, beta), x);
            }
        }
        throw new IllegalArgumentException("attribute activation: unknown function '" + name + "'");
    }

    /// `alpha·f(beta·x)`
    private static String scaled(Body b, String x, UnaryFunction function, List<Float> parameters) {
        if (parameters.size() < 2) {
            throw Inference.mismatch("parameters of the activation", "2", parameters.size());
        }
        String inner = b.times(x, b.scalar(b.dtype(0), parameters.get(1)));
        return b.times(b.add(Unary.of(function), inner), b.scalar(b.dtype(0), parameters.get(0)));
    }

    /// `alpha·A'·B'`, primes for the optional transpositions.
    private static void matMul(Body b) {
        String product = b.matMul(transposed(b, 0, "A"), transposed(b, 1, "B"));
        float alpha = b.attributes().getFloat("alpha", 1);
        b.output(alpha == 1 ? product : b.times(product, b.scalar(b.dtype(0), alpha)));
    }

    /// `transBatch` moves the first axis behind the batch axes, `trans` swaps the last two then.
    private static String transposed(Body b, int operand, String name) {
        int rank = b.rank(operand);
        boolean matrix = b.attributes().getBoolean("trans" + name, false) && rank > 1;
        boolean batch = b.attributes().getBoolean("transBatch" + name, false) && rank > 2;
        if (!matrix && !batch) {
            return b.operand(operand);
        }
        long[] perm = new long[rank];
        for (int i = 0; i < rank; i++) {
            perm[i] = !batch || i == rank - 1 ? i : i == rank - 2 ? 0 : i + 1;
        }
        if (matrix) {
            long last = perm[rank - 1];
            perm[rank - 1] = perm[rank - 2];
            perm[rank - 2] = last;
        }
        return b.transpose(b.operand(operand), perm);
    }
}
