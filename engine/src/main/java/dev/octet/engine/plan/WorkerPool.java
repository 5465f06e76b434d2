package dev.octet.engine.plan;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Threads that help whoever has tiles to compute.
///
/// A caller hands in a job and works on it itself until no tile is left, so that it makes progress even when every
/// worker is busy with other jobs. Idle workers look for a job for some microseconds, since the next step of a run
/// follows soon, and then sleep.
public final class WorkerPool implements AutoCloseable {
    private static final int SPINS = 2000;

    private final Queue<Job> jobs = new ConcurrentLinkedQueue<>();
    private final Queue<Thread> sleepers = new ConcurrentLinkedQueue<>();
    private final Thread[] workers;
    private volatile boolean closed;

    /// @param threads threads that work on a job, the calling one included
    public WorkerPool(int threads) {
        workers = new Thread[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = Thread.ofPlatform().daemon().name("octet-worker-", i).start(this::work);
        }
    }

    /// Runs `task` for every tile in `[0, tiles)`, in any order and on several threads, and returns when all are done.
    /// What a tile throws is thrown here; tiles that had not begun by then are left out.
    public void run(int tiles, IntConsumer task) {
        if (tiles == 1 || workers.length == 0) {
            for (int tile = 0; tile < tiles; tile++) {
                task.accept(tile);
            }
            return;
        }
        Job job = new Job(tiles, task);
        jobs.add(job);
        wake(Math.min(tiles - 1, workers.length));
        job.work();
        jobs.remove(job);
        job.await();
    }

    private void wake(int count) {
        for (int i = 0; i < count; i++) {
            Thread sleeper = sleepers.poll();
            if (sleeper == null) {
                return;
            }
            LockSupport.unpark(sleeper);
        }
    }

    private void work() {
        int spins = 0;
        while (!closed) {
            Job job = openJob();
            if (job != null) {
                job.work();
                spins = 0;
            } else if (spins++ < SPINS) {
                Thread.onSpinWait();
            } else {
                sleep();
                spins = 0;
            }
        }
    }

    /// Enters the queue of sleepers before a last look: a caller first adds its job and then wakes sleepers, so one of
    /// the two sees the other.
    private void sleep() {
        Thread self = Thread.currentThread();
        sleepers.add(self);
        if (openJob() == null && !closed) {
            LockSupport.park(this);
        }
        sleepers.remove(self);
    }

    private @Nullable Job openJob() {
        for (Job job : jobs) {
            if (job.isOpen()) {
                return job;
            }
        }
        return null;
    }

    /// Ends the workers. No job may be running.
    @Override
    public void close() {
        closed = true;
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
        }
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// The tiles of one call.
    private static final class Job {
        private final int tiles;
        private final IntConsumer task;
        private final Thread caller = Thread.currentThread();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger unfinished;
        private volatile @Nullable Throwable failure;

        Job(int tiles, IntConsumer task) {
            this.tiles = tiles;
            this.task = task;
            unfinished = new AtomicInteger(tiles);
        }

        boolean isOpen() {
            return next.get() < tiles;
        }

        /// Takes tiles until none is left.
        void work() {
            int finished = 0;
            while (isOpen()) {
                int tile = next.getAndIncrement();
                if (tile >= tiles) {
                    break;
                }
                run(tile);
                finished++;
            }
            if (finished > 0 && unfinished.addAndGet(-finished) == 0) {
                LockSupport.unpark(caller);
            }
        }

        private void run(int tile) {
            if (failure != null) {
                return;
            }
            try {
                task.accept(tile);
            } catch (Throwable e) {
                // Kept for the caller, whichever thread this is.
                failure = e;
            }
        }

        void await() {
            for (int spins = 0; unfinished.get() > 0; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            switch (failure) {
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case null, default -> {}
            }
        }
    }
}
