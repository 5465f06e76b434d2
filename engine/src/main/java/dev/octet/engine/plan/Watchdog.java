package dev.octet.engine.plan;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Ends the runs of a session that take longer than its time limit; see [Deadline].
public final class Watchdog implements AutoCloseable {
    /// Until the machine code that a run is in may be done.
    private static final long AGAIN_NANOS = 1_000_000;

    private final Duration limit;
    private final Set<Deadline> running = ConcurrentHashMap.newKeySet();
    private final @Nullable Thread thread;
    private volatile boolean closed;

    private Watchdog(Duration limit, boolean watching) {
        this.limit = limit;
        thread = watching ? Thread.ofPlatform().daemon().name("octet-watchdog").unstarted(this::watch) : null;
        if (thread != null) {
            thread.start();
        }
    }

    /// Has a thread of its own.
    ///
    /// @param limit how long a run may take
    public static Watchdog of(Duration limit) {
        return new Watchdog(limit, true);
    }

    /// For runs that nobody ends.
    ///
    /// @param limit longer than anybody waits
    public static Watchdog asleep(Duration limit) {
        return new Watchdog(limit, false);
    }

    /// A run begins; it ends when the deadline is closed.
    Deadline begin() {
        Deadline deadline = new Deadline(limit, running::remove);
        if (thread != null) {
            running.add(deadline);
        }
        return deadline;
    }

    /// All runs have as much time, so none that begins while this waits ends before it looks again.
    private void watch() {
        while (!closed) {
            long wait = limit.toNanos();
            for (Deadline deadline : running) {
                long remaining = deadline.remaining();
                if (remaining > 0) {
                    wait = Math.min(wait, remaining);
                } else if (!deadline.end()) {
                    wait = Math.min(wait, AGAIN_NANOS);
                }
            }
            LockSupport.parkNanos(this, wait);
        }
    }

    /// Ends the thread. No run may go on.
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
