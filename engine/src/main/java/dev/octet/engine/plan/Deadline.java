package dev.octet.engine.plan;

import dev.octet.graph.GraphException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// When a run ends, whether it is done or not: a file of a few bytes can ask for any number of trips of a loop, and for
/// a single window as large as its image.
///
/// A run looks at it before each step and each tile. In the middle of a long loop in Java it ends because its memory
/// does: the [Watchdog] closes the arenas of the run, and Java stops every access to memory of a closed arena. So no
/// loop of a kernel or an operator has to look at the time. Machine code knows addresses only, and may not lose its
/// memory: while it runs the watchdog waits, until the tiles that it has begun, which are short, are done.
final class Deadline implements AutoCloseable {
    private final Duration limit;
    private final long nanos;
    private final Consumer<Deadline> onClose;
    private final Set<Arena> arenas = Collections.newSetFromMap(new IdentityHashMap<>());

    /// Written by the watchdog before it reads `machineCode`, read by the run after it wrote that: one sees the other.
    private volatile boolean over;

    private volatile boolean machineCode;

    /// @param limit how long the run may take from now on
    Deadline(Duration limit, Consumer<Deadline> onClose) {
        this.limit = limit;
        this.nanos = System.nanoTime() + limit.toNanos();
        this.onClose = onClose;
    }

    /// Nanoseconds that are left, negative when the time is over.
    long remaining() {
        return nanos - System.nanoTime();
    }

    /// Whether the run's memory is being taken away.
    boolean isOver() {
        return over;
    }

    /// Asked before each step, and each time that a graph inside a node runs.
    ///
    /// @param next what would run, null for nothing in particular
    /// @throws GraphException if the time is over
    /// @throws CancellationException if somebody wants the calling thread to stop
    void check(@Nullable Step next) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("the run was interrupted");
        }
        if (over || remaining() < 0) {
            throw exceeded(next == null ? "" : "before " + next.operator() + " '" + next.name() + "': ");
        }
    }

    /// Asked before each tile.
    ///
    /// @throws IllegalStateException if the time is over
    void checkTile() {
        if (over) {
            throw new IllegalStateException("the time is over");
        }
    }

    /// @param where in the graph, with a colon behind
    GraphException exceeded(String where) {
        return new GraphException(
                where + "the run takes longer than the time limit of " + limit.toMillis() / 1000.0 + " s");
    }

    /// Memory of the run, which ends with it.
    ///
    /// @throws IllegalStateException if the time is over
    synchronized void lend(Arena arena) {
        checkTile();
        arenas.add(arena);
    }

    /// The memory is the run's no longer.
    synchronized void takeBack(Arena arena) {
        arenas.remove(arena);
    }

    /// From here to [#leaveMachineCode] the memory stays.
    ///
    /// @throws IllegalStateException if the time is over
    void enterMachineCode() {
        machineCode = true;
        if (over) {
            machineCode = false;
            checkTile();
        }
    }

    void leaveMachineCode() {
        machineCode = false;
    }

    /// Ends the run, or lets it do no more than the tiles that it has begun.
    ///
    /// @return whether it has lost its memory; if not, ask again
    boolean end() {
        over = true;
        if (machineCode) {
            return false;
        }
        synchronized (this) {
            arenas.removeIf(Deadline::closes);
            return arenas.isEmpty();
        }
    }

    private static boolean closes(Arena arena) {
        try {
            arena.close();
            return true;
        } catch (IllegalStateException _) {
            // A listener hands it to the operating system just now.
            return false;
        }
    }

    @Override
    public void close() {
        onClose.accept(this);
    }
}
