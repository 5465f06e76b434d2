package dev.octet.engine.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The plans that were used last. A plan is built once, however many threads ask for it at the same time, and building
/// one does not hold up those who ask for another.
///
/// @param <K> what a plan is for
public final class PlanCache<K> {
    private final int capacity;
    private final LinkedHashMap<K, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

    /// @param capacity plans to keep, at least 1
    public PlanCache(int capacity) {
        this.capacity = capacity;
    }

    /// The plan of a key. If building fails, the next call tries again.
    public ExecutionPlan get(K key, Supplier<ExecutionPlan> build) {
        Entry entry;
        List<Entry> evicted = new ArrayList<>();
        synchronized (entries) {
            entry = entries.computeIfAbsent(key, _ -> new Entry());
            while (entries.size() > capacity) {
                // Access order: the first is the one not used for longest, never the one just asked for.
                evicted.add(entries.pollFirstEntry().getValue());
            }
        }
        evicted.forEach(Entry::retire);
        try {
            return entry.plan(build);
        } catch (Throwable e) {
            synchronized (entries) {
                entries.remove(key, entry);
            }
            throw e;
        }
    }

    /// The plans that are ready.
    public List<ExecutionPlan> plans() {
        List<Entry> all;
        synchronized (entries) {
            all = List.copyOf(entries.values());
        }
        return all.stream().map(Entry::ready).filter(p -> p != null).toList();
    }

    /// Frees the memory of all plans.
    public void clear() {
        List<Entry> all;
        synchronized (entries) {
            all = List.copyOf(entries.values());
            entries.clear();
        }
        all.forEach(Entry::retire);
    }

    private static final class Entry {
        private volatile @Nullable ExecutionPlan plan;
        private volatile boolean retired;

        synchronized ExecutionPlan plan(Supplier<ExecutionPlan> build) {
            ExecutionPlan found = plan;
            if (found == null) {
                found = build.get();
                plan = found;
                if (retired) {
                    found.retire();
                }
            }
            return found;
        }

        @Nullable ExecutionPlan ready() {
            return plan;
        }

        void retire() {
            retired = true;
            ExecutionPlan found = plan;
            if (found != null) {
                found.retire();
            }
        }
    }
}
