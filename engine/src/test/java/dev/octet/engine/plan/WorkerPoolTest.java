package dev.octet.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runsEveryTileOnce(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            for (int tiles = 1; tiles < 200; tiles += 7) {
                AtomicIntegerArray runs = new AtomicIntegerArray(tiles);
                pool.run(tiles, runs::incrementAndGet);
                for (int tile = 0; tile < tiles; tile++) {
                    assertThat(runs.get(tile)).as("tile %s of %s", tile, tiles).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void tilesRunOnSeveralThreadsAtOnce() {
        try (WorkerPool pool = new WorkerPool(3)) {
            CountDownLatch allThree = new CountDownLatch(3);
            Set<Thread> seen = ConcurrentHashMap.newKeySet();
            pool.run(
                    3,
                    _ -> {
                        seen.add(Thread.currentThread());
                        allThree.countDown();
                        // Ends only once three threads are here.
                        await(allThree);
                    });
            assertThat(seen).hasSize(3).contains(Thread.currentThread());
        }
    }

    @Test
    void aCallerNeedsNoWorker() throws Exception {
        try (WorkerPool pool = new WorkerPool(2);
                ExecutorService callers = Executors.newSingleThreadExecutor()) {
            CountDownLatch bothHeld = new CountDownLatch(2);
            CountDownLatch release = new CountDownLatch(1);
            Future<?> first =
                    callers.submit(() ->
                            pool.run(
                                    2,
                                    _ -> {
                                        bothHeld.countDown();
                                        await(release);
                                    }));
            await(bothHeld);
            // The only worker is held, and so is the first caller.
            AtomicIntegerArray runs = new AtomicIntegerArray(50);
            pool.run(50, runs::incrementAndGet);
            for (int tile = 0; tile < 50; tile++) {
                assertThat(runs.get(tile)).isEqualTo(1);
            }
            assertThat(first.isDone()).isFalse();
            release.countDown();
            first.get(1, TimeUnit.MINUTES);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void throwsWhatATileThrows(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            assertThatThrownBy(() ->
                            pool.run(
                                    100,
                                    tile -> {
                                        if (tile == 37) {
                                            throw new IllegalStateException("tile 37");
                                        }
                                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("tile 37");
            AtomicIntegerArray runs = new AtomicIntegerArray(10);
            pool.run(10, runs::incrementAndGet);
            assertThat(runs.get(9)).isEqualTo(1);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
