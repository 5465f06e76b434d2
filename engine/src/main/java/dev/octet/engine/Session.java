package dev.octet.engine;

import dev.octet.engine.plan.ExecutionPlan;
import dev.octet.engine.plan.KernelSets;
import dev.octet.engine.plan.PlanBuilder;
import dev.octet.engine.plan.PlanCache;
import dev.octet.engine.plan.PlanSettings;
import dev.octet.engine.plan.Step;
import dev.octet.engine.plan.Watchdog;
import dev.octet.engine.plan.WorkerPool;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphException;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.kernels.integer.IntegerKernels;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A graph made ready to run.
///
/// ```java
/// try (Session session = Session.open(graph)) {
///     Tensor y = session.run(Map.of("x", x)).get("y");
/// }
/// ```
///
/// The first run with a set of input shapes builds a plan for it: shape arithmetic folds away, nodes become kernels,
/// and every value gets its place in one block of memory. The plans used last are kept.
///
/// [#run] may be called from many threads at once; each run takes a block of memory of its own. Results are the same
/// bits for any number of threads. A session owns its threads and the memory of its runs until it is closed; the
/// graph's constants stay where they are and must outlive it.
public final class Session implements AutoCloseable {
    private final Graph declared;
    private final Graph prepared;
    private final SessionOptions options;
    private final KernelSets kernels;
    private final WorkerPool pool;
    private final Watchdog watchdog;
    private final PlanCache<List<Shape>> plans;
    private final List<String> outputNames;

    /// Runs share it; closing takes it alone.
    private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();

    private boolean closed;

    private Session(Graph declared, Graph prepared, SessionOptions options, KernelSets kernels) {
        this.declared = declared;
        this.prepared = prepared;
        this.options = options;
        this.kernels = kernels;
        pool = new WorkerPool(options.threads());
        boolean limited = options.timeLimit().compareTo(SessionOptions.NO_TIME_LIMIT) < 0;
        watchdog = limited ? Watchdog.of(options.timeLimit()) : Watchdog.asleep(options.timeLimit());
        plans = new PlanCache<>(options.planCacheSize());
        outputNames = declared.outputs().stream().map(ValueInfo::name).toList();
    }

    /// Opens a session with [SessionOptions#defaults].
    public static Session open(Graph graph) {
        return open(graph, SessionOptions.defaults());
    }

    /// Checks and optimizes a graph.
    ///
    /// @throws UnsupportedOperatorException naming every node that cannot run
    /// @throws GraphException if operands do not fit their operator
    /// @throws IllegalArgumentException if a watched value is not in the graph, or if the property `octet.kernels`
    ///   names a kernel set that is not there
    public static Session open(Graph graph, SessionOptions options) {
        KernelSets.prepare();
        SupportCheck.check(graph);
        Graph usable = SupportCheck.withoutForeignInputs(graph);
        Graph prepared = Preparation.prepare(usable, options);
        KernelSets kernels = KernelSets.available();
        if (options.integerLowering() && options.numerics().isIntegerOnly()) {
            kernels = kernels.preferring(IntegerKernels.INSTANCE);
        }
        return new Session(usable, prepared, options, kernels);
    }

    /// Inputs that [#run] expects: those of the graph but for such as nothing reads and no value can be given for.
    public List<ValueInfo> inputs() {
        return declared.inputs();
    }

    /// Outputs that [#run] returns.
    public List<ValueInfo> outputs() {
        return declared.outputs();
    }

    /// Computes the outputs by name, in the order of [#outputs]. They live as long as they are reachable.
    ///
    /// @param inputs every input by name
    /// @throws IllegalArgumentException if an input is missing, unknown, or not of the declared type and shape
    /// @throws GraphException if a node cannot compute these inputs, or the run takes longer than
    ///   [SessionOptions#timeLimit]
    /// @throws IllegalStateException if the session is closed
    /// @throws CancellationException if the calling thread is interrupted: the run ends before its next step, or the
    ///   next trip of a loop, and the thread stays interrupted
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return tensors(execute(inputs, Value::copy, null));
    }

    /// The same with outputs that the caller's arena owns. A program that runs again and again and closes the arena
    /// when it has read them gets the same memory each time; without, each run takes memory anew, which the garbage
    /// collector gives back at some time.
    ///
    /// ```java
    /// try (Arena arena = Arena.ofConfined()) {
    ///     float[] y = session.run(Map.of("x", x), arena).get("y").toFloatArray();
    /// }
    /// ```
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Arena arena) {
        return tensors(execute(inputs, value -> value.copy(arena), null));
    }

    /// The same for a graph of which an input or output is a sequence or an optional value.
    public Map<String, Value> runValues(Map<String, ? extends Value> inputs) {
        return execute(inputs, Value::copy, null);
    }

    /// The same, and shows the watched values to a listener as they are computed.
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Arena arena, ValueListener listener) {
        return tensors(execute(inputs, value -> value.copy(arena), listener::accept));
    }

    /// Computes the outputs and shows the watched values to a listener as they are computed.
    public Map<String, Tensor> run(Map<String, Tensor> inputs, ValueListener listener) {
        return tensors(execute(inputs, Value::copy, listener::accept));
    }

    private static Map<String, Tensor> tensors(Map<String, Value> values) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (!(value instanceof Tensor tensor)) {
                throw new IllegalArgumentException(
                        "output '" + name + "' is no tensor but " + value + ": use runValues");
            }
            tensors.put(name, tensor);
        });
        return tensors;
    }

    private Map<String, Value> execute(
            Map<String, ? extends Value> inputs,
            UnaryOperator<Value> keep,
            @Nullable BiConsumer<String, Tensor> listener) {
        return whileOpen(() -> {
            InputCheck.check(declared, inputs);
            return plan(typesOf(inputs)).run(inputs, pool, keep, listener, watchdog);
        });
    }

    /// Runs the graph `runs` times and gives the time of each step, summed over the runs.
    ///
    /// @param inputs as for [#run]
    public List<PlanDescription.Timing> profile(Map<String, Tensor> inputs, int runs) {
        return whileOpen(() -> {
            InputCheck.check(declared, inputs);
            ExecutionPlan plan = plan(typesOf(inputs));
            long[] nanos = new long[plan.steps().size()];
            for (int i = 0; i < runs; i++) {
                plan.profile(inputs, pool, nanos, watchdog);
            }
            List<PlanDescription.Timing> timings = new ArrayList<>();
            for (int i = 0; i < nanos.length; i++) {
                timings.add(new PlanDescription.Timing(describe(plan.steps().get(i)), nanos[i]));
            }
            return timings;
        });
    }

    /// The plan for inputs of the given shapes, which is built if there is none.
    ///
    /// @param inputShapes of every input
    /// @throws IllegalArgumentException if an input is missing or a shape is not one that the input may have
    public PlanDescription describe(Map<String, Shape> inputShapes) {
        return whileOpen(() -> {
            Map<String, TypeInfo> types = InputCheck.types(declared, inputShapes);
            ExecutionPlan plan = plan(types);
            return new PlanDescription(plan.steps().stream().map(Session::describe).toList(), plan.runBytes());
        });
    }

    private static PlanDescription.Step describe(Step step) {
        return new PlanDescription.Step(step.name(), step.operator(), step.by(), step.macs());
    }

    /// Bytes that this session holds for values of runs, those going on and those to come, without constants.
    public long memoryBytes() {
        return plans.plans().stream().mapToLong(ExecutionPlan::heldBytes).sum();
    }

    /// Names of the kernel sets in use, the preferred one first.
    public List<String> kernelSets() {
        return kernels.names();
    }

    private ExecutionPlan plan(Map<String, TypeInfo> types) {
        List<Shape> key = new ArrayList<>();
        for (ValueInfo input : declared.inputs()) {
            TypeInfo type = types.get(input.name());
            PartialShape shape = type == null || !type.isTensor() ? null : type.shape();
            key.add(shape == null ? Shape.SCALAR : shape.toShape());
        }
        return plans.get(
                List.copyOf(key),
                () ->
                        PlanBuilder.build(
                                prepared,
                                types,
                                outputNames,
                                options.watched(),
                                new PlanSettings(kernels, Preparation.passes(options), options.memoryLimit())));
    }

    private Map<String, TypeInfo> typesOf(Map<String, ? extends Value> inputs) {
        Map<String, TypeInfo> types = new HashMap<>();
        for (ValueInfo input : declared.inputs()) {
            Value given = Objects.requireNonNull(inputs.get(input.name()));
            types.put(input.name(), TypeInfo.of(given, input.type()));
        }
        return types;
    }

    private <T> T whileOpen(Supplier<T> action) {
        lifetime.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the session of graph '" + declared.name() + "' is closed");
            }
            return action.get();
        } finally {
            lifetime.readLock().unlock();
        }
    }

    /// Waits for runs that go on, refuses later ones, and frees threads and memory. Closing again does nothing.
    ///
    /// @throws IllegalStateException if called from within a run, by its listener
    @Override
    public void close() {
        if (lifetime.getReadHoldCount() > 0) {
            throw new IllegalStateException(
                    "the session of graph '" + declared.name() + "' cannot be closed by the listener of its own run");
        }
        lifetime.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                plans.clear();
                pool.close();
                watchdog.close();
            }
        } finally {
            lifetime.writeLock().unlock();
        }
    }
}
