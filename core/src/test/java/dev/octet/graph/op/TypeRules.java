package dev.octet.graph.op;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Asks operators for the types of their outputs, with shapes written as text.
final class TypeRules {
    private TypeRules() {}

    /// `"Nx?x3"`: symbols, unknown and fixed extents; `""` is a scalar, `"*"` of unknown rank.
    static PartialShape shape(String text) {
        if (text.equals("*")) {
            return null;
        }
        List<Dim> dims = new ArrayList<>();
        for (String dim : text.isEmpty() ? new String[0] : text.split("x", -1)) {
            boolean fixed = dim.chars().allMatch(Character::isDigit);
            dims.add(dim.equals("?") ? Dim.UNKNOWN : fixed ? Dim.of(Long.parseLong(dim)) : Dim.symbol(dim));
        }
        return new PartialShape(dims);
    }

    static TypeInfo of(DType dtype, String shape) {
        return new TypeInfo(dtype, shape(shape));
    }

    /// Shapes of the outputs as text.
    ///
    /// @param operands a shape as text for a `FLOAT32` operand, a `TypeInfo`, a `Tensor` for a constant, or null
    static List<String> inferAll(Op op, int outputs, Object... operands) {
        return types(op, outputs, operands).stream()
                .map(t -> t.shape() == null ? "*" : t.shape().rank() == 0 ? "" : t.shape().toString())
                .toList();
    }

    /// Shape of the only output as text.
    static String infer(Op op, Object... operands) {
        return inferAll(op, 1, operands).getFirst();
    }

    static List<TypeInfo> types(Op op, int outputs, Object... operands) {
        List<TypeInfo> types = new ArrayList<>();
        List<Tensor> constants = new ArrayList<>();
        for (Object operand : operands) {
            Tensor constant = operand instanceof Tensor tensor ? tensor : null;
            constants.add(constant);
            types.add(
                    switch (operand) {
                        case null -> null;
                        case Tensor tensor -> TypeInfo.of(tensor);
                        case TypeInfo type -> type;
                        default -> of(DType.FLOAT32, operand.toString());
                    });
        }
        Inference inference = new Inference(types, constants, outputs, ShapeInference::subgraph);
        op.infer(inference);
        return inference.outputs();
    }
}
