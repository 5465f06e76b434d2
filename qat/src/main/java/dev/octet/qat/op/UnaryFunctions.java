package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.qat.torch.TorchFunction;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Element-wise functions with their gradients.
final class UnaryFunctions {
    private UnaryFunctions() {}

    /// What a node computes; null if it cannot be trained.
    static @Nullable TrainingOp of(Unary op) {
        UnaryOperator<NDArray> function = function(op.function(), op.alpha(), op.beta());
        return function == null ? null : run -> run.result(function.apply(run.array(0)));
    }

    /// Likewise for a function by itself.
    static @Nullable UnaryOperator<NDArray> function(UnaryFunction function, float a, float b) {
        return switch (function) {
            case ABS -> NDArray::abs;
            case ACOS -> NDArray::acos;
            case ACOSH -> ofPyTorch("acosh");
            case ASIN -> NDArray::asin;
            case ASINH -> ofPyTorch("asinh");
            case ATAN -> NDArray::atan;
            case ATANH -> ofPyTorch("atanh");
            case CEIL -> NDArray::ceil;
            case CELU -> x -> x.maximum(0).add(x.minimum(0).div(a).exp().sub(1).mul(a));
            case CLIP -> x -> x.clip(a, b);
            case COS -> NDArray::cos;
            case COSH -> NDArray::cosh;
            case ELU -> x -> x.getNDArrayInternal().elu(a);
            case ERF -> NDArray::erf;
            case EXP -> NDArray::exp;
            case FLOOR -> NDArray::floor;
            case GELU -> a == 0 ? x -> x.getNDArrayInternal().gelu() : UnaryFunctions::geluByTanh;
            case HARD_SIGMOID -> x -> x.mul(a).add(b).clip(0, 1);
            case HARD_SWISH -> x -> x.mul(x.div(6).add(0.5f).clip(0, 1));
            case IDENTITY -> x -> x;
            case LEAKY_RELU -> x -> x.getNDArrayInternal().leakyRelu(a);
            case LOG -> NDArray::log;
            case MISH -> x -> x.mul(x.getNDArrayInternal().softPlus().tanh());
            case NEG -> NDArray::neg;
            case NOT -> NDArray::logicalNot;
            case RECIPROCAL -> x -> x.getNDArrayInternal().rdiv(1);
            case RELU -> x -> x.getNDArrayInternal().relu();
            case ROUND -> NDArray::round;
            case SELU -> x -> x.maximum(0).add(x.minimum(0).exp().sub(1).mul(a)).mul(b);
            case SIGMOID -> x -> x.getNDArrayInternal().sigmoid();
            case SIGN -> NDArray::sign;
            case SIN -> NDArray::sin;
            case SINH -> NDArray::sinh;
            case SOFTPLUS -> x -> x.getNDArrayInternal().softPlus();
            case SOFTSIGN -> x -> x.div(x.abs().add(1));
            case SQRT -> NDArray::sqrt;
            case SWISH -> x -> x.mul(x.mul(a).getNDArrayInternal().sigmoid());
            case TAN -> NDArray::tan;
            case TANH -> NDArray::tanh;
            case THRESHOLDED_RELU -> x -> x.mul(x.gt(a).toType(x.getDataType(), false));
            case SHRINK -> null;
        };
    }

    /// DJL names these, but has them not.
    private static UnaryOperator<NDArray> ofPyTorch(String name) {
        TorchFunction function = TorchFunction.of(List.of("x"), 1, "return torch." + name + "(x)");
        return function::apply;
    }

    private static NDArray geluByTanh(NDArray x) {
        NDArray inner = x.add(x.mul(x).mul(x).mul(0.044715f)).mul((float) Math.sqrt(2 / Math.PI));
        return x.mul(0.5f).mul(inner.tanh().add(1));
    }
}
