package dev.octet.engine.plan;

import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/// Offsets of values in one block of memory, where values whose lives do not overlap may share bytes.
///
/// Greedy by size: the largest values are placed first, each in the smallest gap between values alive at the same time
/// that holds it, or else after them (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
/// 2020). Of very many values each is placed when it begins instead.
public final class MemoryPlan {
    private static final long ALIGNMENT = Tensor.ALIGNMENT;

    /// To compare all values with all others takes a second for so many.
    private static final int MOST_COMPARED = 10_000;

    private final long[] offsets;
    private final long size;

    private MemoryPlan(long[] offsets, long size) {
        this.offsets = offsets;
        this.size = size;
    }

    /// Memory that a value needs and the steps in which it does.
    ///
    /// @param first step that writes it
    /// @param last step that reads it last, or `first`
    public record Life(long bytes, int first, int last) {
        boolean overlaps(Life other) {
            return first <= other.last && other.first <= last;
        }
    }

    /// Places all values.
    public static MemoryPlan of(List<Life> lives) {
        return of(lives, IntStream.range(0, lives.size()).toArray());
    }

    /// Places all values but those that another's memory is for.
    ///
    /// @param owners for each value the one whose memory it has, mostly itself
    static MemoryPlan of(List<Life> lives, int[] owners) {
        long[] offsets = new long[lives.size()];
        long size = lives.size() > MOST_COMPARED ? inOrder(lives, owners, offsets) : bySize(lives, owners, offsets);
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = offsets[owners[i]];
        }
        return new MemoryPlan(offsets, size);
    }

    /// Places values as they begin to live, where others have ended. Needs somewhat more memory.
    private static long inOrder(List<Life> lives, int[] owners, long[] offsets) {
        Gaps gaps = new Gaps();
        PriorityQueue<Integer> alive = new PriorityQueue<>(Comparator.comparingInt(i -> lives.get(i).last()));
        int[] order =
                IntStream.range(0, offsets.length)
                        .filter(i -> owners[i] == i)
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> lives.get(i).first()))
                        .mapToInt(i -> i)
                        .toArray();
        for (int index : order) {
            while (!alive.isEmpty() && lives.get(alive.element()).last() < lives.get(index).first()) {
                int ended = alive.remove();
                gaps.giveBack(offsets[ended], align(lives.get(ended).bytes()));
            }
            offsets[index] = gaps.take(align(lives.get(index).bytes()));
            alive.add(index);
        }
        return gaps.size();
    }

    private static long bySize(List<Life> lives, int[] owners, long[] offsets) {
        List<Integer> placed = new ArrayList<>();
        long size = 0;
        for (int index : bySize(lives)) {
            if (owners[index] != index) {
                continue;
            }
            Life life = lives.get(index);
            List<Integer> neighbours = placed.stream().filter(p -> lives.get(p).overlaps(life)).toList();
            offsets[index] = bestGap(life.bytes(), neighbours, lives, offsets);
            size = Math.max(size, offsets[index] + align(life.bytes()));
            // Sorted by offset, so that gaps are seen in one sweep.
            int at = 0;
            while (at < placed.size() && offsets[placed.get(at)] <= offsets[index]) {
                at++;
            }
            placed.add(at, index);
        }
        return size;
    }

    private static List<Integer> bySize(List<Life> lives) {
        Comparator<Integer> largestFirst = Comparator.comparingLong(i -> -lives.get(i).bytes());
        return IntStream.range(0, lives.size())
                .boxed()
                .sorted(largestFirst.thenComparingInt(i -> lives.get(i).first()))
                .toList();
    }

    private static long bestGap(long bytes, List<Integer> neighbours, List<Life> lives, long[] offsets) {
        long best = -1;
        long bestGap = Long.MAX_VALUE;
        long end = 0;
        for (int neighbour : neighbours) {
            long gap = offsets[neighbour] - end;
            if (gap >= bytes && gap < bestGap) {
                best = end;
                bestGap = gap;
            }
            end = Math.max(end, offsets[neighbour] + align(lives.get(neighbour).bytes()));
        }
        return best >= 0 ? best : end;
    }

    private static long align(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    /// Offset of a value, a multiple of [Tensor#ALIGNMENT].
    public long offset(int value) {
        return offsets[value];
    }

    /// Bytes of the whole block.
    public long size() {
        return size;
    }
}
