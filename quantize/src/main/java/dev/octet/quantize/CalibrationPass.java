package dev.octet.quantize;

import dev.octet.engine.Session;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// One pass over the data: runs the samples, several at once, and shows their values to the observers in the order of
/// the samples.
///
/// The samples that run at once follow each other through the network, each on a thread that observes what it has just
/// computed, while that is in the cache of its core: handing values to another core takes longer than observing them.
final class CalibrationPass {
    private final Session session;
    private final Map<String, OrderedObserver> observers;
    private final Set<OrderedObserver> ordered;
    private final LongConsumer progress;
    private final Iterator<Map<String, Tensor>> samples;

    private long taken;
    private long finished;
    private long failed = Long.MAX_VALUE;
    private @Nullable Throwable failure;

    private CalibrationPass(
            Session session, Map<String, OrderedObserver> observers, Dataset data, LongConsumer progress) {
        this.session = session;
        this.observers = observers;
        this.ordered = Set.copyOf(observers.values());
        this.progress = progress;
        this.samples = data.iterator();
    }

    /// @param observers by the values that they observe
    /// @param progress is told how many samples have been observed
    /// @param runs samples that run at once
    /// @return how many samples there were
    /// @throws IllegalArgumentException if a sample does not fit; the message has its index
    static long run(
            Session session, Map<String, OrderedObserver> observers, Dataset data, LongConsumer progress, int runs) {
        return new CalibrationPass(session, observers, data, progress).run(runs);
    }

    private long run(int runs) {
        Thread[] others = new Thread[runs - 1];
        for (int i = 0; i < others.length; i++) {
            others[i] = Thread.ofPlatform().daemon().name("octet-calibration-", i).start(this::work);
        }
        work();
        boolean interrupted = false;
        for (Thread other : others) {
            while (other.isAlive()) {
                try {
                    other.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                    other.interrupt();
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        throwFailure();
        return finished;
    }

    private void throwFailure() {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /// Runs samples until there are none left.
    private void work() {
        Sample sample = take();
        while (sample != null) {
            try (Arena _ = sample.arena) {
                run(sample);
                finish(null, sample.number);
            } catch (Throwable e) {
                // For who started the pass.
                finish(e, sample.number);
            } finally {
                for (OrderedObserver observer : ordered) {
                    observer.finish(sample.number);
                }
            }
            sample = take();
        }
    }

    /// @param arena owns the inputs and what the network makes of them: each sample gets the memory of the one before,
    ///   where fresh memory would take as long as a small network does
    private record Sample(long number, Map<String, Tensor> inputs, Arena arena) {}

    @SuppressWarnings("MustBeClosed") // by #work
    private synchronized @Nullable Sample take() {
        Arena arena = Arena.ofConfined();
        try {
            if (failure != null || !samples.hasNext()) {
                arena.close();
                return null;
            }
            // It is valid only until the next one is asked for.
            Map<String, Tensor> inputs = new HashMap<>(samples.next());
            inputs.replaceAll((name, tensor) -> tensor.copy(arena));
            return new Sample(taken++, inputs, arena);
        } catch (Throwable e) {
            arena.close();
            finish(e, taken);
            return null;
        }
    }

    private void run(Sample sample) {
        try {
            session.run(
                    sample.inputs,
                    sample.arena,
                    (value, tensor) -> {
                        OrderedObserver observer = observers.get(value);
                        if (observer != null) {
                            observer.observe(sample.number, value, tensor);
                        }
                    });
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "sample " + sample.number + ": " + e.getMessage() + infinities(sample.inputs), e);
        }
    }

    /// Why a value may be no number: an infinite input is allowed, since masks have some, but what follows from it
    /// shows only later.
    private static String infinities(Map<String, Tensor> inputs) {
        for (Map.Entry<String, Tensor> input : new TreeMap<>(inputs).entrySet()) {
            Tensor tensor = input.getValue();
            for (long i = 0; tensor.dtype().isFloating() && i < tensor.elementCount(); i++) {
                if (Double.isInfinite(tensor.getDouble(i))) {
                    return "; element " + i + " of input '" + input.getKey() + "' is " + tensor.getDouble(i);
                }
            }
        }
        return "";
    }

    /// Of several failures the one of the first sample is told.
    private synchronized void finish(@Nullable Throwable thrown, long number) {
        if (thrown == null) {
            finished++;
            if (failure == null) {
                progress.accept(finished);
            }
        } else if (number < failed) {
            failed = number;
            failure = thrown;
        }
    }
}
