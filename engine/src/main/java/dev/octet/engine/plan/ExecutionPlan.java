package dev.octet.engine.plan;

import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How a graph runs for one set of input shapes. Safe for any number of threads: each run takes a workspace of its own,
/// of which a few are kept for later runs.
public final class ExecutionPlan {
    /// More workspaces than can run at once would only hold memory.
    private static final int KEPT_WORKSPACES = Runtime.getRuntime().availableProcessors();

    private final Map<String, PlannedValue> inputs;
    private final Map<String, PlannedValue> outputs;
    private final List<PlannedValue> values;
    private final List<Step> steps;
    private final MemoryPlan memory;
    private final MemoryLimit limit;

    private final Deque<Workspace> idle = new ArrayDeque<>();
    private int workspaces;
    private boolean retired;

    ExecutionPlan(
            Map<String, PlannedValue> inputs,
            Map<String, PlannedValue> outputs,
            List<PlannedValue> values,
            List<Step> steps,
            MemoryPlan memory,
            MemoryLimit limit) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.values = values;
        this.steps = steps;
        this.memory = memory;
        this.limit = limit;
    }

    /// What runs, in order.
    public List<Step> steps() {
        return steps;
    }

    /// Bytes of memory that one run needs for its values, apart from constants and values of unknown shape.
    public long runBytes() {
        return memory.size();
    }

    /// Bytes that runs of this plan hold now, whether they go on or their memory is kept for the next.
    public synchronized long heldBytes() {
        return workspaces * memory.size() + bodies().mapToLong(BodyPlans::heldBytes).sum();
    }

    private Stream<BodyPlans> bodies() {
        return steps.stream().filter(StructuredStep.class::isInstance).map(s -> ((StructuredStep) s).bodies());
    }

    /// Computes the outputs.
    ///
    /// @param given every input, in the shapes that this plan is for
    /// @param keep copies an output out of the memory of this run
    /// @param listener sees the watched values
    public Map<String, Value> run(
            Map<String, ? extends Value> given,
            WorkerPool pool,
            UnaryOperator<Value> keep,
            @Nullable BiConsumer<String, Tensor> listener,
            Watchdog watchdog) {
        try (Deadline deadline = watchdog.begin();
                Run run = new Run(pool, listener, limit, deadline, memory.size())) {
            return run(given, keep, run);
        }
    }

    /// Computes the outputs of a graph inside a node.
    ///
    /// @param around the run that the node is part of
    Map<String, Value> run(Map<String, ? extends Value> given, Run around) {
        long passed = given.values().stream().mapToLong(Value::byteSize).sum();
        long held = around.heldBytes() + passed + memory.size();
        limit.check(held, "the values of its graph and those around it");
        try (Run run = new Run(around.pool(), null, limit, around.deadline(), held)) {
            return run(given, Value::copy, run);
        }
    }

    private Map<String, Value> run(Map<String, ? extends Value> given, UnaryOperator<Value> keep, Run run) {
        return inWorkspace(
                given,
                run,
                workspace -> {
                    workspace.run(run);
                    return copyOutputs(workspace, keep, run);
                });
    }

    private <T> T inWorkspace(Map<String, ? extends Value> given, Run run, Function<Workspace, T> action) {
        Workspace workspace = acquire();
        try {
            run.deadline().lend(workspace.arena());
            copyInputs(given, workspace, run);
            return action.apply(workspace);
        } catch (IllegalStateException e) {
            throw run.deadline().isOver() ? run.deadline().exceeded("") : e;
        } finally {
            run.deadline().takeBack(workspace.arena());
            release(workspace);
        }
    }

    /// Runs once and adds the nanoseconds of each step.
    ///
    /// @param nanos as long as [#steps]
    public void profile(Map<String, ? extends Value> given, WorkerPool pool, long[] nanos, Watchdog watchdog) {
        try (Deadline deadline = watchdog.begin();
                Run run = new Run(pool, null, limit, deadline, memory.size())) {
            inWorkspace(
                    given,
                    run,
                    workspace -> {
                        workspace.run(run, nanos);
                        return nanos;
                    });
        }
    }

    private void copyInputs(Map<String, ? extends Value> given, Workspace workspace, Run run) {
        inputs.forEach((name, planned) -> {
            switch (Objects.requireNonNull(given.get(name))) {
                case Tensor tensor -> workspace.tensor(planned).data().copyFrom(tensor.data());
                case Value structured -> run.putStructured(planned.index(), structured);
            }
        });
    }

    private Map<String, Value> copyOutputs(Workspace workspace, UnaryOperator<Value> keep, Run run) {
        Map<String, Value> results = new LinkedHashMap<>();
        outputs.forEach((name, planned) -> {
            boolean structured = planned instanceof PlannedValue.Structured;
            Value value = structured ? run.structured(planned.index()) : workspace.tensor(planned);
            results.put(name, keep.apply(value));
        });
        return results;
    }

    private Workspace acquire() {
        synchronized (this) {
            workspaces++;
            if (!idle.isEmpty()) {
                workspaces--;
                return idle.pop();
            }
        }
        try {
            return new Workspace(values, steps, memory, limit);
        } catch (Throwable e) {
            synchronized (this) {
                workspaces--;
            }
            throw e;
        }
    }

    private void release(Workspace workspace) {
        synchronized (this) {
            if (!retired && workspace.arena().scope().isAlive() && idle.size() < KEPT_WORKSPACES) {
                idle.push(workspace);
                return;
            }
            workspaces--;
        }
        workspace.close();
    }

    /// Frees the memory that no run uses; a run that goes on frees its own at its end.
    public void retire() {
        List<Workspace> unused;
        synchronized (this) {
            retired = true;
            unused = List.copyOf(idle);
            idle.clear();
            workspaces -= unused.size();
        }
        unused.forEach(Workspace::close);
        bodies().forEach(BodyPlans::retire);
    }
}
