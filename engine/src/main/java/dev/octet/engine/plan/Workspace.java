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
    private final List<Step> planned;
    private final Step.Bound[] steps;

    Workspace(List<PlannedValue> values, List<Step> steps, MemoryPlan memory, MemoryLimit limit) {
        tensors = new Tensor[values.size()];
        MemorySegment block = limit.allocate(arena, memory.size(), "all values");
        for (PlannedValue value : values) {
            tensors[value.index()] = tensor(value, block, memory);
        }
        this.planned = steps;
        this.steps = steps.stream().map(s -> s.bind(tensors)).toArray(Step.Bound[]::new);
    }

    private @Nullable Tensor tensor(PlannedValue value, MemorySegment block, MemoryPlan memory) {
        return switch (value) {
            case PlannedValue.Constant c -> lent(c.tensor());
            case PlannedValue.Placed p -> {
                long bytes = p.dtype().bytes(p.shape().elementCount());
                yield Tensor.wrap(p.dtype(), p.shape(), block.asSlice(memory.offset(p.block()) + p.offset(), bytes));
            }
            case PlannedValue.Dynamic _, PlannedValue.Structured _ -> null;
        };
    }

    /// A constant that can be read as long as the workspace can, so that a [Deadline] stops what reads nothing else.
    @SuppressWarnings("restricted")
    private Tensor lent(Tensor constant) {
        MemorySegment data = constant.data();
        if (!data.isNative() || !Workspace.class.getModule().isNativeAccessEnabled()) {
            return constant;
        }
        MemorySegment same = MemorySegment.ofAddress(data.address()).reinterpret(data.byteSize(), arena, null);
        return Tensor.wrap(constant.dtype(), constant.shape(), same.asReadOnly());
    }

    Tensor tensor(PlannedValue value) {
        return Objects.requireNonNull(tensors[value.index()]);
    }

    /// What runs lend to their [Deadline].
    Arena arena() {
        return arena;
    }

    void run(Run run) {
        for (int i = 0; i < steps.length; i++) {
            run(run, i);
        }
    }

    private void run(Run run, int index) {
        Step step = planned.get(index);
        run.deadline().check(step);
        try {
            steps[index].run(run);
        } catch (IllegalStateException e) {
            throw run.deadline().isOver() ? run.deadline().exceeded(step.operator() + " '" + step.name() + "': ") : e;
        }
    }

    /// Runs the steps and adds the nanoseconds that each takes.
    void run(Run run, long[] nanos) {
        for (int i = 0; i < steps.length; i++) {
            long start = System.nanoTime();
            run(run, i);
            nanos[i] += System.nanoTime() - start;
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
