package dev.octet.graph.op;

import dev.octet.graph.Graph;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An operator that is more than a function of tensors: it takes or makes sequences and optional values, or runs graphs
/// of its own.
///
/// What it makes is known only when it has been computed, so it makes its results itself, in [#compute].
public sealed interface StructuredOp extends Op
        permits ConcatFromSequence,
                If,
                Loop,
                OptionalGetElement,
                OptionalHasElement,
                OptionalOf,
                Scan,
                SequenceAt,
                SequenceConstruct,
                SequenceEmpty,
                SequenceErase,
                SequenceInsert,
                SequenceLength,
                SequenceMap,
                SplitToSequence {
    /// Runs a graph inside a node.
    @FunctionalInterface
    interface Runner {
        /// @param inputs a value for each input of the graph
        /// @return a value for each output; they stay as they are when the graph is run again
        List<Value> run(Graph graph, List<Value> inputs);
    }

    /// Computes the results. They may be operands, or hold them.
    ///
    /// @param inputs null where an optional operand is absent
    /// @throws IllegalArgumentException if an operand is not of a kind or shape that the operator takes
    List<Value> compute(List<@Nullable Value> inputs, Runner runner);

    @Override
    default void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        List<Value> results = compute(new ArrayList<>(inputs), Interpreter::run);
        for (int i = 0; i < outputs.size(); i++) {
            outputs.get(i).data().copyFrom(Structured.tensor(results.get(i), "output " + i).data());
        }
    }
}
