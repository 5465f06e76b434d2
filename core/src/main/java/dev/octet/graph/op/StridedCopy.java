package dev.octet.graph.op;

import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Moves a box of elements from one tensor into another, each walked by strides of its own.
///
/// Rows that are contiguous on both sides are moved as bytes. Where the sides are contiguous along different axes, as
/// in a transposition, the planes of these two axes are moved in small blocks that stay in the cache.
final class StridedCopy {
    private static final long BLOCK = 32;

    private final Tensor from;
    private final Tensor to;

    private StridedCopy(Tensor from, Tensor to) {
        this.from = from;
        this.to = to;
    }

    /// Copies `to[toStart + i·toStrides] = from[fromStart + i·fromStrides]` for all index vectors `i` in `extents`.
    static void copy(
            Tensor from,
            long fromStart,
            long[] fromStrides,
            Tensor to,
            long toStart,
            long[] toStrides,
            long[] extents) {
        StridedLoop loop = StridedLoop.of(extents, fromStrides, toStrides);
        new StridedCopy(from, to).run(loop, fromStart, toStart);
    }

    /// Copies a run of elements that are contiguous on both sides.
    static void copy(Tensor from, long fromStart, Tensor to, long toStart, long count) {
        if (from.dtype().bits() >= 8) {
            long width = from.dtype().bits() / 8;
            MemorySegment.copy(from.data(), fromStart * width, to.data(), toStart * width, count * width);
            return;
        }
        for (long i = 0; i < count; i++) {
            to.setCode(toStart + i, from.getCode(fromStart + i));
        }
    }

    /// Fills a tensor with one of its elements' values.
    static void fill(Tensor to, Tensor value) {
        long count = to.elementCount();
        long[] extents = {count};
        copy(value, 0, new long[] {0}, to, 0, new long[] {1}, extents);
    }

    private void run(StridedLoop loop, long fromStart, long toStart) {
        if (loop.step(0) == 1 && loop.step(1) == 1) {
            long count = loop.length();
            loop.forEachRow(o -> copy(from, o[0], to, o[1], count), fromStart, toStart);
            return;
        }
        int contiguous = contiguousSource(loop);
        if (loop.step(1) == 1 && contiguous >= 0) {
            plane(loop, contiguous, fromStart, toStart);
        } else {
            long count = loop.length();
            loop.forEachRow(o -> row(o[0], loop.step(0), o[1], loop.step(1), count), fromStart, toStart);
        }
    }

    private static int contiguousSource(StridedLoop loop) {
        for (int axis = 0; axis < loop.rank() - 1; axis++) {
            if (loop.stride(0, axis) == 1 && loop.extent(axis) > 4 && loop.length() > 4) {
                return axis;
            }
        }
        return -1;
    }

    private void plane(StridedLoop loop, int axis, long fromStart, long toStart) {
        int last = loop.rank() - 1;
        long rows = loop.extent(axis);
        long columns = loop.extent(last);
        long fromStep = loop.stride(0, last);
        long toStep = loop.stride(1, axis);
        loop.without(axis, last)
                .forEachRow(
                        o -> {
                            for (long r = 0; r < rows; r += BLOCK) {
                                for (long c = 0; c < columns; c += BLOCK) {
                                    long count = Math.min(BLOCK, columns - c);
                                    for (long i = r; i < Math.min(rows, r + BLOCK); i++) {
                                        row(o[0] + i + c * fromStep, fromStep, o[1] + i * toStep + c, 1, count);
                                    }
                                }
                            }
                        },
                        fromStart,
                        toStart);
    }

    private void row(long fromStart, long fromStep, long toStart, long toStep, long count) {
        MemorySegment source = from.data();
        MemorySegment target = to.data();
        switch (from.dtype().bits()) {
            case 8 -> {
                for (long i = 0, f = fromStart, t = toStart; i < count; i++, f += fromStep, t += toStep) {
                    target.set(ValueLayout.JAVA_BYTE, t, source.get(ValueLayout.JAVA_BYTE, f));
                }
            }
            case 16 -> {
                for (long i = 0, f = fromStart, t = toStart; i < count; i++, f += fromStep, t += toStep) {
                    target.setAtIndex(
                            ValueLayout.JAVA_SHORT_UNALIGNED,
                            t,
                            source.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, f));
                }
            }
            case 32 -> {
                for (long i = 0, f = fromStart, t = toStart; i < count; i++, f += fromStep, t += toStep) {
                    target.setAtIndex(
                            ValueLayout.JAVA_INT_UNALIGNED, t, source.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, f));
                }
            }
            case 64 -> {
                for (long i = 0, f = fromStart, t = toStart; i < count; i++, f += fromStep, t += toStep) {
                    target.setAtIndex(
                            ValueLayout.JAVA_LONG_UNALIGNED, t, source.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, f));
                }
            }
            default -> {
                for (long i = 0, f = fromStart, t = toStart; i < count; i++, f += fromStep, t += toStep) {
                    to.setCode(t, from.getCode(f));
                }
            }
        }
    }
}
