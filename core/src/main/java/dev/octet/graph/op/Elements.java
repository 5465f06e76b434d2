package dev.octet.graph.op;

import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Runs of a tensor's elements as Java arrays, converted as [Tensor#getDouble] and its like do, with the type looked at
/// once for the run.
final class Elements {
    /// Elements that are worked on at a time.
    private static final int CHUNK = 1024;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private Elements() {}

    /// Works on one chunk.
    @FunctionalInterface
    interface Chunk {
        void accept(long start, int count);
    }

    /// How long the largest chunk of so many elements is.
    static int chunk(long count) {
        return (int) Math.min(CHUNK, count);
    }

    static void forEachChunk(long count, Chunk chunk) {
        for (long start = 0; start < count; start += CHUNK) {
            chunk.accept(start, chunk(count - start));
        }
    }

    static void read(Tensor from, long start, double[] into, int count) {
        MemorySegment data = from.data();
        switch (from.dtype()) {
            case FLOAT32 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = data.getAtIndex(FLOAT, start + i);
                }
            }
            case INT32 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = data.getAtIndex(INT, start + i);
                }
            }
            case INT64 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = data.getAtIndex(LONG, start + i);
                }
            }
            case UINT8, BOOL -> {
                for (int i = 0; i < count; i++) {
                    into[i] = data.get(ValueLayout.JAVA_BYTE, start + i) & 0xFF;
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    into[i] = from.getDouble(start + i);
                }
            }
        }
    }

    static void write(double[] from, Tensor into, long start, int count) {
        if (into.dtype() == DType.FLOAT32) {
            MemorySegment data = into.data();
            for (int i = 0; i < count; i++) {
                data.setAtIndex(FLOAT, start + i, (float) from[i]);
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            into.setDouble(start + i, from[i]);
        }
    }

    static void read(Tensor from, long start, long[] into, int count) {
        MemorySegment data = from.data();
        switch (from.dtype()) {
            case FLOAT32 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = (long) data.getAtIndex(FLOAT, start + i);
                }
            }
            case INT32 -> {
                for (int i = 0; i < count; i++) {
                    into[i] = data.getAtIndex(INT, start + i);
                }
            }
            case INT64 -> MemorySegment.copy(data, LONG, start * Long.BYTES, into, 0, count);
            case UINT8, BOOL -> {
                for (int i = 0; i < count; i++) {
                    into[i] = data.get(ValueLayout.JAVA_BYTE, start + i) & 0xFF;
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    into[i] = from.getLong(start + i);
                }
            }
        }
    }

    static void write(long[] from, Tensor into, long start, int count) {
        MemorySegment data = into.data();
        switch (into.dtype()) {
            case INT32 -> {
                for (int i = 0; i < count; i++) {
                    data.setAtIndex(INT, start + i, (int) from[i]);
                }
            }
            case INT64 -> MemorySegment.copy(from, 0, data, LONG, start * Long.BYTES, count);
            case BOOL -> {
                for (int i = 0; i < count; i++) {
                    data.set(ValueLayout.JAVA_BYTE, start + i, (byte) (from[i] != 0 ? 1 : 0));
                }
            }
            case FLOAT32 -> {
                // By way of a double the value would be rounded twice.
                for (int i = 0; i < count; i++) {
                    data.setAtIndex(FLOAT, start + i, from[i]);
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    into.setLong(start + i, from[i]);
                }
            }
        }
    }

    /// Moves one element between tensors of one type.
    static void move(Tensor from, long source, Tensor to, long target) {
        switch (from.dtype().bits()) {
            case 8 -> to.data().set(ValueLayout.JAVA_BYTE, target, from.data().get(ValueLayout.JAVA_BYTE, source));
            case 32 -> to.data().setAtIndex(INT, target, from.data().getAtIndex(INT, source));
            case 64 -> to.data().setAtIndex(LONG, target, from.data().getAtIndex(LONG, source));
            case 16 ->
                    to.data()
                            .setAtIndex(
                                    ValueLayout.JAVA_SHORT_UNALIGNED,
                                    target,
                                    from.data().getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, source));
            default -> to.setCode(target, from.getCode(source));
        }
    }
}
