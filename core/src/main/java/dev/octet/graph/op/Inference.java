package dev.octet.graph.op;

import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an operator's type rule sees and says: operand types, operand values where they are constant, output types.
public final class Inference {
    private final List<@Nullable TypeInfo> inputs;
    private final List<@Nullable Tensor> constants;
    private final @Nullable TypeInfo[] outputs;

    /// @param inputs types of the operands, null where one is absent
    /// @param constants values of the operands, null where one is absent or not constant
    /// @param outputCount how many outputs the node names
    public Inference(List<@Nullable TypeInfo> inputs, List<@Nullable Tensor> constants, int outputCount) {
        this.inputs = inputs;
        this.constants = constants;
        this.outputs = new TypeInfo[outputCount];
    }

    public int inputCount() {
        return inputs.size();
    }

    public int outputCount() {
        return outputs.length;
    }

    public boolean has(int input) {
        return input < inputs.size() && inputs.get(input) != null;
    }

    /// Type of an operand.
    ///
    /// @throws IllegalArgumentException if it is absent
    public TypeInfo type(int input) {
        TypeInfo type = input < inputs.size() ? inputs.get(input) : null;
        if (type == null) {
            throw new IllegalArgumentException("input " + input + " is missing");
        }
        return type;
    }

    public DType dtype(int input) {
        return type(input).dtype();
    }

    /// Shape of an operand, or null if its rank is unknown.
    public @Nullable PartialShape shape(int input) {
        return type(input).shape();
    }

    /// Value of an operand, or null if it is absent or not constant.
    public @Nullable Tensor constant(int input) {
        return input < constants.size() ? constants.get(input) : null;
    }

    /// States the type of an output; ignored if the node does not name that output.
    ///
    /// @throws IllegalArgumentException if the shape is known and has more bytes than 2⁶³−1
    public void output(int index, DType dtype, @Nullable PartialShape shape) {
        if (shape != null && shape.isFixed() && shape.toShape().elementCount() > Long.MAX_VALUE / Long.SIZE) {
            throw new IllegalArgumentException("output " + index + " of shape " + shape + " is too large to exist");
        }
        if (index < outputs.length) {
            outputs[index] = new TypeInfo(dtype, shape);
        }
    }

    /// The types stated, null where the rule said nothing.
    public List<@Nullable TypeInfo> outputs() {
        return Arrays.asList(outputs);
    }

    /// Refuses the operands.
    public static IllegalArgumentException mismatch(String what, Object expected, Object found) {
        return new IllegalArgumentException(what + ": expected " + expected + ", found " + found);
    }
}
