package dev.octet.engine.operator;

import dev.octet.kernels.KernelSpec;
import java.util.List;

/// How a recurrent node runs: for each direction, kernels over the whole input and then kernels for each step.
///
/// @param steps of a sequence
/// @param stateBytes of the states of a direction, the hidden one and the others alike: `[batch, hidden]` of floats
/// @param states number of states: the hidden one, and the cell's
/// @param scratchBytes of the memory that [Place#SCRATCH] means
/// @param initial names of the initial states, `[directions, batch, hidden]`; empty where they are zeros
public record RecurrentProgram(
        int steps, long stateBytes, int states, long scratchBytes, List<String> initial, List<Direction> directions) {
    public RecurrentProgram {
        initial = List.copyOf(initial);
        directions = List.copyOf(directions);
    }

    /// The kernels of one direction.
    ///
    /// @param reverse whether the last step comes first
    public record Direction(boolean reverse, List<Part> before, List<Part> step) {
        public Direction {
            before = List.copyOf(before);
            step = List.copyOf(step);
        }
    }

    /// A kernel and where its operands and results lie.
    public record Part(KernelSpec spec, List<Slice> inputs, List<Slice> outputs) {
        public Part {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
        }
    }

    /// What an operand is a part of.
    public enum Place {
        /// The node's first input.
        INPUT,
        /// Memory of the node's own.
        SCRATCH,
        /// The hidden state before the step, and behind it.
        HIDDEN_BEFORE,
        HIDDEN_AFTER,
        /// The second state, likewise.
        CELL_BEFORE,
        CELL_AFTER
    }

    /// A part of memory.
    ///
    /// @param perStep bytes by which it moves from each step of the sequence to the next
    public record Slice(Place place, long offset, long bytes, long perStep) {
        static Slice of(Place place, long offset, long bytes) {
            return new Slice(place, offset, bytes, 0);
        }

        static Slice scratch(long offset, long bytes) {
            return of(Place.SCRATCH, offset, bytes);
        }
    }
}
