package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import java.time.Duration;
import java.util.concurrent.CancellationException;

/// When a run ends, whether it is done or not: a file of a few bytes can ask for any number of trips of a loop.
///
/// @param limit how long a run may take
/// @param nanos the moment at which it ends, by [System#nanoTime]
record Deadline(Duration limit, long nanos) {
    static Deadline after(Duration limit) {
        return new Deadline(limit, System.nanoTime() + limit.toNanos());
    }

    /// Asked before each step, and each time that a graph inside a node runs.
    ///
    /// @throws GraphException if the time is over
    /// @throws CancellationException if somebody wants the calling thread to stop
    void check() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("the run was interrupted");
        }
        if (System.nanoTime() - nanos > 0) {
            throw new GraphException("the run takes longer than the time limit of " + seconds() + " s");
        }
    }

    private double seconds() {
        return limit.toMillis() / 1000.0;
    }
}
