package dev.octet.engine.plan;

import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Memory for one run of a plan at a time, and the plan's steps bound to it. Owns its arena.
final class Workspace implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final @Nullable Tensor[] tensors;
    private final Step.Bound[] steps;

    Workspace(List<PlannedValue> values, List<Step> steps, MemoryPlan memory, MemoryLimit limit) {
        tensors = new Tensor[values.size()];
        MemorySegment block = limit.allocate(arena, memory.size(), "all values");
        for (PlannedValue value : values) {
            tensors[value.index()] = tensor(value, block, memory);
        }
        this.steps = steps.stream().map(s -> s.bind(tensors)).toArray(Step.Bound[]::new);
    }

    private static @Nullable Tensor tensor(PlannedValue value, MemorySegment block, MemoryPlan memory) {
        return switch (value) {
            case PlannedValue.Constant c -> c.tensor();
            case PlannedValue.Placed p -> {
                long bytes = p.dtype().bytes(p.shape().elementCount());
                yield Tensor.wrap(p.dtype(), p.shape(), block.asSlice(memory.offset(p.block()) + p.offset(), bytes));
            }
            case PlannedValue.Dynamic _, PlannedValue.Structured _ -> null;
        };
    }

    Tensor tensor(PlannedValue value) {
        return Objects.requireNonNull(tensors[value.index()]);
    }

    void run(Run run) {
        for (Step.Bound step : steps) {
            run.deadline().check();
            step.run(run);
        }
    }

    /// Runs the steps and adds the nanoseconds that each takes.
    void run(Run run, long[] nanos) {
        for (int i = 0; i < steps.length; i++) {
            run.deadline().check();
            long start = System.nanoTime();
            steps[i].run(run);
            nanos[i] += System.nanoTime() - start;
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
