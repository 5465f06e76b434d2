package dev.octet.engine;

import java.util.Set;

/// How a [Session] runs its graph. Results depend on none of these but `integerLowering`.
///
/// @param threads threads that work on one run, the calling one included; at least 1
/// @param watchedValues values that a [ValueListener] sees; no fusion hides them
/// @param planCacheSize how many sets of input shapes a session keeps ready; at least 1. Each holds its packed weights
///   and its memory
/// @param integerLowering whether `DequantizeLinear → operator → QuantizeLinear` runs as one integer operator. Without
///   it such a graph runs in float, as its nodes say, which is what a simulation of quantization wants
public record SessionOptions(int threads, Set<String> watchedValues, int planCacheSize, boolean integerLowering) {
    private static final int DEFAULT_PLANS = 8;

    public SessionOptions {
        if (threads < 1) {
            throw new IllegalArgumentException("threads: expected at least 1, found " + threads);
        }
        if (planCacheSize < 1) {
            throw new IllegalArgumentException("plan cache size: expected at least 1, found " + planCacheSize);
        }
        watchedValues = Set.copyOf(watchedValues);
    }

    /// As many threads as there are processors, nothing watched, eight plans, integer lowering.
    public static SessionOptions defaults() {
        return new SessionOptions(Runtime.getRuntime().availableProcessors(), Set.of(), DEFAULT_PLANS, true);
    }

    public SessionOptions withThreads(int newThreads) {
        return new SessionOptions(newThreads, watchedValues, planCacheSize, integerLowering);
    }

    public SessionOptions withWatchedValues(Set<String> newWatchedValues) {
        return new SessionOptions(threads, newWatchedValues, planCacheSize, integerLowering);
    }

    public SessionOptions withPlanCacheSize(int newPlanCacheSize) {
        return new SessionOptions(threads, watchedValues, newPlanCacheSize, integerLowering);
    }

    public SessionOptions withIntegerLowering(boolean newIntegerLowering) {
        return new SessionOptions(threads, watchedValues, planCacheSize, newIntegerLowering);
    }
}
