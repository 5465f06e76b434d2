package dev.octet.engine;

import dev.octet.engine.plan.Watched;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/// How a [Session] runs its graph. Results depend on none of these but `integerLowering` and `numerics`.
///
/// @param threads threads that work on one run, the calling one included; at least 1
/// @param watchedValues values that a [ValueListener] sees; no fusion hides them
/// @param watchedElements likewise, for listeners who care for the elements only: they come in the order and shape in
///   which they lie in memory, since putting them in order takes time
/// @param planCacheSize how many sets of input shapes a session keeps ready; at least 1. Each holds its packed weights
///   and its memory
/// @param integerLowering whether `DequantizeLinear → operator → QuantizeLinear` runs as one integer operator. Without
///   it such a graph runs in float, as its nodes say, which is what a simulation of quantization wants
/// @param memoryLimit most bytes that the values of one run may take, those of graphs inside nodes included, without
///   constants and what comes in and goes out. A graph that needs more is refused with an error that names its largest
///   value. Set it for models of strangers: a file of a few bytes can ask for any amount of memory
/// @param timeLimit how long one run may take. One that takes longer ends with a [dev.octet.graph.GraphException] that
///   names the node, in the middle of its work. Set it for models of strangers: a loop can be told to never end
/// @param numerics whose arithmetic integer operators follow; of no effect without `integerLowering`
public record SessionOptions(
        int threads,
        Set<String> watchedValues,
        Set<String> watchedElements,
        int planCacheSize,
        boolean integerLowering,
        long memoryLimit,
        Duration timeLimit,
        Numerics numerics) {
    private static final int DEFAULT_PLANS = 8;

    /// As good as none: what a 64-bit processor can address. The virtual machine has a limit of its own
    /// (`-XX:MaxDirectMemorySize`, by default as much as its heap).
    public static final long NO_MEMORY_LIMIT = 1L << 47;

    /// As good as none: a hundred years.
    public static final Duration NO_TIME_LIMIT = Duration.ofDays(36_500);

    public SessionOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, found " + threads);
        }
        if (planCacheSize < 1) {
            throw new IllegalArgumentException("plan cache size: expected at least 1, found " + planCacheSize);
        }
        if (memoryLimit < 1 || memoryLimit > NO_MEMORY_LIMIT) {
            throw new IllegalArgumentException(
                    "memory limit: expected 1 to " + NO_MEMORY_LIMIT + " bytes, found " + memoryLimit);
        }
        if (!timeLimit.isPositive() || timeLimit.compareTo(NO_TIME_LIMIT) > 0) {
            throw new IllegalArgumentException(
                    "time limit: expected a positive one, at most " + NO_TIME_LIMIT + ", found " + timeLimit);
        }
        watchedValues = Set.copyOf(watchedValues);
        watchedElements = Set.copyOf(watchedElements);
    }

    /// As many threads as there are processors, nothing watched, eight plans, integer lowering, no limits of memory and
    /// time, ONNX Runtime's numerics.
    public static SessionOptions defaults() {
        return new SessionOptions(
                Runtime.getRuntime().availableProcessors(),
                Set.of(),
                Set.of(),
                DEFAULT_PLANS,
                true,
                NO_MEMORY_LIMIT,
                NO_TIME_LIMIT,
                Numerics.ONNX);
    }

    public SessionOptions withThreads(int newThreads) {
        return copy(c -> c.threads = newThreads);
    }

    public SessionOptions withWatchedValues(Set<String> newWatchedValues) {
        return copy(c -> c.watchedValues = newWatchedValues);
    }

    public SessionOptions withWatchedElements(Set<String> newWatchedElements) {
        return copy(c -> c.watchedElements = newWatchedElements);
    }

    public SessionOptions withPlanCacheSize(int newPlanCacheSize) {
        return copy(c -> c.planCacheSize = newPlanCacheSize);
    }

    public SessionOptions withIntegerLowering(boolean newIntegerLowering) {
        return copy(c -> c.integerLowering = newIntegerLowering);
    }

    public SessionOptions withMemoryLimit(long newMemoryLimit) {
        return copy(c -> c.memoryLimit = newMemoryLimit);
    }

    public SessionOptions withTimeLimit(Duration newTimeLimit) {
        return copy(c -> c.timeLimit = newTimeLimit);
    }

    public SessionOptions withNumerics(Numerics newNumerics) {
        return copy(c -> c.numerics = newNumerics);
    }

    Watched watched() {
        return new Watched(watchedValues, watchedElements);
    }

    private SessionOptions copy(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return new SessionOptions(
                copy.threads,
                copy.watchedValues,
                copy.watchedElements,
                copy.planCacheSize,
                copy.integerLowering,
                copy.memoryLimit,
                copy.timeLimit,
                copy.numerics);
    }

    /// Options while one of them is replaced, by name and not by position.
    private static final class Copy {
        private int threads;
        private Set<String> watchedValues;
        private Set<String> watchedElements;
        private int planCacheSize;
        private boolean integerLowering;
        private long memoryLimit;
        private Duration timeLimit;
        private Numerics numerics;

        Copy(SessionOptions options) {
            threads = options.threads;
            watchedValues = options.watchedValues;
            watchedElements = options.watchedElements;
            planCacheSize = options.planCacheSize;
            integerLowering = options.integerLowering;
            memoryLimit = options.memoryLimit;
            timeLimit = options.timeLimit;
            numerics = options.numerics;
        }
    }
}
