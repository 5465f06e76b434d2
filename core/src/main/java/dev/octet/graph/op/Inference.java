package dev.octet.graph.op;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What an operator's type rule sees and says: operand types, operand values where they are constant, output types.
public final class Inference {
    /// Finds the types of the outputs of a graph inside a node; null for those that are not known.
    @FunctionalInterface
    public interface Subgraphs {
        /// @param inputTypes of each input of the graph; null if it is not known
        /// @param inputValues of each input of the graph; null if it is not constant
        List<@Nullable TypeInfo> infer(
                Graph graph, List<@Nullable TypeInfo> inputTypes, List<@Nullable Tensor> inputValues);

        /// Types for a loop's state to go on with, as wide as those it has and those it had when the loop was inferred
        /// before, for a loop around it.
        default List<TypeInfo> widened(Graph body, List<TypeInfo> state) {
            return state;
        }
    }

    private final List<@Nullable TypeInfo> inputs;
    private final List<@Nullable Tensor> constants;
    private final @Nullable TypeInfo[] outputs;
    private final Subgraphs subgraphs;

    /// @param inputs types of the operands, null where one is absent
    /// @param constants values of the operands, null where one is absent or not constant
    /// @param outputCount how many outputs the node names
    /// @param subgraphs how graphs inside the node are inferred
    public Inference(
            List<@Nullable TypeInfo> inputs, List<@Nullable Tensor> constants, int outputCount, Subgraphs subgraphs) {
        this.inputs = inputs;
        this.constants = constants;
        this.outputs = new TypeInfo[outputCount];
        this.subgraphs = subgraphs;
    }

    /// For an operator without graphs inside: with any, nothing is known of its outputs.
    public Inference(List<@Nullable TypeInfo> inputs, List<@Nullable Tensor> constants, int outputCount) {
        this(inputs, constants, outputCount, (graph, _, _) -> Collections.nCopies(graph.outputs().size(), null));
    }

    /// For operands that are all known.
    ///
    /// @param operands null where one is absent
    public static Inference of(List<? extends @Nullable Tensor> operands, int outputCount) {
        List<@Nullable TypeInfo> types = new ArrayList<>();
        operands.forEach(t -> types.add(t == null ? null : TypeInfo.of(t)));
        return new Inference(types, new ArrayList<>(operands), outputCount);
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

    /// States the type of an output of any kind; ignored if the node does not name that output.
    void output(int index, TypeInfo type) {
        output(index, type.dtype(), type.shape());
        if (index < outputs.length) {
            outputs[index] = type;
        }
    }

    /// Types of the outputs of a graph inside the node; null for those that are not known.
    List<@Nullable TypeInfo> subgraph(
            Graph graph, List<@Nullable TypeInfo> inputTypes, List<@Nullable Tensor> inputValues) {
        return subgraphs.infer(graph, inputTypes, inputValues);
    }

    /// See [Subgraphs#widened].
    List<TypeInfo> widened(Graph body, List<TypeInfo> state) {
        return subgraphs.widened(body, state);
    }

    /// States that the outputs are those of a graph over the operands that are present, in order.
    void outputsOf(Graph graph) {
        List<@Nullable TypeInfo> types = new ArrayList<>();
        List<@Nullable Tensor> values = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            if (has(i)) {
                types.add(inputs.get(i));
                values.add(constant(i));
            }
        }
        try {
            List<@Nullable TypeInfo> found = subgraphs.infer(graph, types, values);
            for (int i = 0; i < outputs.length; i++) {
                outputs[i] = found.get(i);
            }
        } catch (GraphException e) {
            throw new IllegalArgumentException("in its body: " + e.getMessage(), e);
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
