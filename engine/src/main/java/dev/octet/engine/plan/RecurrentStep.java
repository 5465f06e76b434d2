package dev.octet.engine.plan;

import dev.octet.engine.operator.RecurrentProgram;
import dev.octet.engine.operator.RecurrentProgram.Part;
import dev.octet.engine.operator.RecurrentProgram.Place;
import dev.octet.engine.operator.RecurrentProgram.Slice;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs the kernels of a recurrent node step by step; the tiles of each run on all threads.
///
/// @param by the kernel set of most of the work
/// @param kernels those of the program's directions, before the steps and then of each
/// @param initial the initial states, null where they are zeros
/// @param outputs Y `[steps, directions, batch, hidden]`, then the last states `[directions, batch, hidden]`, as many
///   as there are
/// @param scratch the program's, and behind it two places for each state
record RecurrentStep(
        String name,
        String operator,
        String by,
        RecurrentProgram program,
        List<Kernels> kernels,
        PlannedValue input,
        List<@Nullable PlannedValue> initial,
        List<PlannedValue> outputs,
        PlannedValue scratch)
        implements Step {
    /// Kernels of one direction.
    record Kernels(List<KernelSets.Compiled> before, List<KernelSets.Compiled> step) {}

    /// Bytes that a program needs with the places of its states.
    static long scratchBytes(RecurrentProgram program) {
        return program.scratchBytes() + 2 * program.states() * aligned(program.stateBytes());
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, Tensor.ALIGNMENT) * Tensor.ALIGNMENT;
    }

    @Override
    public long macs() {
        return program.directions().stream().mapToLong(d -> macs(d.before()) + program.steps() * macs(d.step())).sum();
    }

    private static long macs(List<Part> parts) {
        return parts.stream().mapToLong(p -> KernelStep.macs(p.spec())).sum();
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        Memory memory = new Memory(tensors);
        List<Bound> all = new ArrayList<>();
        for (int direction = 0; direction < kernels.size(); direction++) {
            bind(direction, memory, all);
        }
        Bound[] bound = all.toArray(Bound[]::new);
        return run -> {
            for (Bound part : bound) {
                run.deadline().check(null);
                part.run(run);
            }
        };
    }

    private void bind(int direction, Memory memory, List<Bound> all) {
        RecurrentProgram.Direction own = program.directions().get(direction);
        for (int state = 0; state < program.states(); state++) {
            MemorySegment to = memory.place(state, 1);
            PlannedValue from = initial.get(state);
            MemorySegment first = from == null ? null : memory.ofDirection(from, direction);
            all.add(first == null ? _ -> to.fill((byte) 0) : _ -> to.copyFrom(first));
        }
        Kernels compiled = kernels.get(direction);
        bind(own.before(), compiled.before(), memory, direction, 0, 0, all);
        int steps = program.steps();
        for (int i = 0; i < steps; i++) {
            bind(own.step(), compiled.step(), memory, direction, i, own.reverse() ? steps - 1 - i : i, all);
        }
        for (int state = 0; state < program.states() && state + 1 < outputs.size(); state++) {
            MemorySegment to = memory.ofDirection(outputs.get(state + 1), direction);
            int last = own.reverse() ? 0 : steps - 1;
            MemorySegment from = state == 0 ? memory.hidden(last, direction) : memory.place(state, (steps - 1) & 1);
            all.add(_ -> to.copyFrom(from));
        }
    }

    /// @param index number of the step in the order in which they are taken
    /// @param step the same in the order of the sequence
    private void bind(
            List<Part> parts,
            List<KernelSets.Compiled> compiled,
            Memory memory,
            int direction,
            int index,
            int step,
            List<Bound> all) {
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            MemorySegment[] in = segments(part.inputs(), memory, direction, index, step);
            MemorySegment[] out = segments(part.outputs(), memory, direction, index, step);
            all.add(KernelStep.bind(compiled.get(i), KernelStep.macs(part.spec()), in, out));
        }
    }

    private MemorySegment[] segments(List<Slice> slices, Memory memory, int direction, int index, int step) {
        return slices.stream().map(s -> memory.slice(s, direction, index, step)).toArray(MemorySegment[]::new);
    }

    /// Where things lie in one workspace.
    private final class Memory {
        private final @Nullable Tensor[] tensors;
        private final MemorySegment own;

        Memory(@Nullable Tensor[] tensors) {
            this.tensors = tensors;
            own = data(scratch);
        }

        private MemorySegment data(PlannedValue value) {
            return Objects.requireNonNull(tensors[value.index()]).data();
        }

        MemorySegment ofDirection(PlannedValue states, int direction) {
            return data(states).asSlice(direction * program.stateBytes(), program.stateBytes());
        }

        /// One of the two places of a state, which steps use in turn.
        MemorySegment place(int state, int which) {
            long offset = program.scratchBytes() + (2L * state + which) * aligned(program.stateBytes());
            return own.asSlice(offset, program.stateBytes());
        }

        /// The hidden states after a step, where they are part of the result.
        MemorySegment hidden(int step, int direction) {
            long index = (long) step * program.directions().size() + direction;
            return data(outputs.getFirst()).asSlice(index * program.stateBytes(), program.stateBytes());
        }

        MemorySegment slice(Slice slice, int direction, int index, int step) {
            long offset = slice.offset() + slice.perStep() * step;
            return base(slice.place(), direction, index, step).asSlice(offset, slice.bytes());
        }

        private MemorySegment base(Place place, int direction, int index, int step) {
            int before = program.directions().get(direction).reverse() ? step + 1 : step - 1;
            return switch (place) {
                case INPUT -> data(input);
                case SCRATCH -> own;
                case HIDDEN_BEFORE -> index == 0 ? place(0, 1) : hidden(before, direction);
                case HIDDEN_AFTER -> hidden(step, direction);
                case CELL_BEFORE -> place(1, (index + 1) & 1);
                case CELL_AFTER -> place(1, index & 1);
            };
        }
    }
}
