package dev.octet.kernels.x64;

import dev.octet.kernels.x64.NativeScratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// What [CopyGenerator]'s function is to copy, as one thread lists it for each tile.
final class CopyList {
    private static final int FIELDS = CopyGenerator.Field.values().length;

    private long[] entries = new long[64 * FIELDS];
    private int length;

    void clear() {
        length = 0;
    }

    /// Runs of bytes at equal distances; nothing if there are none.
    void add(long from, long to, int bytes, int runs, long fromStep, long toStep) {
        if (bytes <= 0 || runs <= 0) {
            return;
        }
        if (length == entries.length) {
            entries = Arrays.copyOf(entries, 2 * length);
        }
        entries[length] = from;
        entries[length + 1] = to;
        entries[length + 2] = bytes;
        entries[length + 3] = runs;
        entries[length + 4] = fromStep;
        entries[length + 5] = toStep;
        length += FIELDS;
    }

    void run(MachineCode copy, NativeScratch scratch) {
        MemorySegment list = scratch.block(Slot.COPIES, 8L * length);
        MemorySegment.copy(entries, 0, list, ValueLayout.JAVA_LONG, 0, length);
        scratch.arguments().set(0, list.address());
        scratch.arguments().set(1, (long) (length / FIELDS));
        scratch.arguments().call(copy);
    }
}
