package dev.octet.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PlanCacheTest {
    private final List<String> built = new ArrayList<>();
    private final PlanCache<String> cache = new PlanCache<>(2);

    private ExecutionPlan get(String key) {
        return cache.get(
                key,
                () -> {
                    built.add(key);
                    return emptyPlan();
                });
    }

    private static ExecutionPlan emptyPlan() {
        return new ExecutionPlan(
                Map.of(), Map.of(), List.of(), List.of(), MemoryPlan.of(List.of()), new MemoryLimit(1));
    }

    @Test
    void keepsThePlansUsedLast() {
        ExecutionPlan a = get("a");
        get("b");
        assertThat(get("a")).isSameAs(a);
        get("c");
        assertThat(get("a")).isSameAs(a);
        get("b");
        assertThat(built).containsExactly("a", "b", "c", "b");
        assertThat(cache.plans()).hasSize(2);
    }

    @Test
    void buildsOnceForManyThreads() throws Exception {
        AtomicInteger builds = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<ExecutionPlan>> plans = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                plans.add(
                        threads.submit(() ->
                                cache.get(
                                        "same",
                                        () -> {
                                            builds.incrementAndGet();
                                            return emptyPlan();
                                        })));
            }
            ExecutionPlan first = plans.getFirst().get();
            for (Future<ExecutionPlan> plan : plans) {
                assertThat(plan.get()).isSameAs(first);
            }
        }
        assertThat(builds).hasValue(1);
    }

    @Test
    void aFailedBuildIsTriedAgain() {
        assertThatThrownBy(() ->
                        cache.get(
                                "a",
                                () -> {
                                    throw new IllegalStateException("no");
                                }))
                .hasMessage("no");
        assertThat(cache.plans()).isEmpty();
        get("a");
        assertThat(built).containsExactly("a");
    }
}
