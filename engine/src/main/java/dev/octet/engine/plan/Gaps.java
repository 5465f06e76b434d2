package dev.octet.engine.plan;

import java.util.Comparator;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Free bytes within a block of memory that grows as needed. Taking and giving back take the logarithm of the number of
/// gaps.
final class Gaps {
    private record Gap(long start, long bytes) {}

    private final NavigableMap<Long, Gap> byStart = new TreeMap<>();
    private final NavigableSet<Gap> bySize =
            new TreeSet<>(Comparator.comparingLong(Gap::bytes).thenComparingLong(Gap::start));

    private long size;

    /// Bytes of the block.
    long size() {
        return size;
    }

    /// The start of free bytes: of the smallest gap that has so many, or at the end of the block.
    long take(long bytes) {
        Gap gap = bySize.ceiling(new Gap(0, bytes));
        if (gap == null) {
            long start = size;
            size += bytes;
            return start;
        }
        remove(gap);
        add(new Gap(gap.start + bytes, gap.bytes - bytes));
        return gap.start;
    }

    /// Frees bytes that were taken. Gaps that touch become one.
    void giveBack(long start, long bytes) {
        Gap joined = new Gap(start, bytes);
        var before = byStart.lowerEntry(start);
        if (before != null && before.getValue().start + before.getValue().bytes == start) {
            remove(before.getValue());
            joined = new Gap(before.getValue().start, before.getValue().bytes + bytes);
        }
        Gap after = byStart.get(start + bytes);
        if (after != null) {
            remove(after);
            joined = new Gap(joined.start, joined.bytes + after.bytes);
        }
        add(joined);
    }

    private void add(Gap gap) {
        if (gap.bytes > 0) {
            byStart.put(gap.start, gap);
            bySize.add(gap);
        }
    }

    private void remove(Gap gap) {
        byStart.remove(gap.start);
        bySize.remove(gap);
    }
}
