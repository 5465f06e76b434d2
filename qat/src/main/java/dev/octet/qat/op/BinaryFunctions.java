package dev.octet.qat.op;

import ai.djl.ndarray.NDArray;
import dev.octet.graph.op.Binary;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/// Element-wise functions of two operands that broadcast.
final class BinaryFunctions {
    private BinaryFunctions() {}

    /// What a node computes.
    ///
    /// @param onHost for functions that have no gradient
    static TrainingOp of(Binary op, TrainingOp onHost) {
        BinaryOperator<NDArray> function = function(op);
        return function == null ? onHost : run -> run.result(function.apply(run.array(0), run.array(1)));
    }

    private static @Nullable BinaryOperator<NDArray> function(Binary op) {
        return switch (op.function()) {
            case ADD -> NDArray::add;
            case SUB -> NDArray::sub;
            case MUL -> NDArray::mul;
            case DIV -> NDArray::div;
            case POW -> NDArray::pow;
            case PRELU -> (x, slope) -> x.maximum(0).add(x.minimum(0).mul(slope));
            case EQUAL -> NDArray::eq;
            case LESS -> NDArray::lt;
            case LESS_OR_EQUAL -> NDArray::lte;
            case GREATER -> NDArray::gt;
            case GREATER_OR_EQUAL -> NDArray::gte;
            case AND -> NDArray::logicalAnd;
            case OR -> NDArray::logicalOr;
            case XOR -> NDArray::logicalXor;
            case MOD, FMOD, BITWISE_AND, BITWISE_OR, BITWISE_XOR, SHIFT_LEFT, SHIFT_RIGHT -> null;
        };
    }
}
