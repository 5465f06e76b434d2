package dev.octet.kernels.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A constant B, cut into panels of as many columns as the register tile has. A panel is `[step][column][32 bits]`,
/// followed by its exceptions.
///
/// @param table for each panel the address of its steps, and the address of its exceptions: a count, then the distances
///   in bytes of A from one to the next, the first counted from behind the last step
/// @param memory what the table refers to
/// @param columns of a panel
/// @param group see [ProductGenerator]
record PackedPanels(MemorySegment table, MemorySegment memory, int columns, int group) {
    /// Bytes of the table for each panel.
    static final int ENTRY_BYTES = 16;

    private static final int[] GROUPS = {1, 2, 4, 8};

    /// Panels that groups are chosen by.
    private static final int SAMPLED = 4;

    private static final long ALIGNMENT = 64;

    /// Address of the entry of a panel.
    long entry(int panel) {
        return table.address() + (long) ENTRY_BYTES * panel;
    }

    /// Number of panels.
    int count() {
        return Math.toIntExact(table.byteSize() / ENTRY_BYTES);
    }

    /// For [Multiplication#FUSED].
    static PackedPanels floats(FloatMatrix b, int columns) {
        int panels = Math.ceilDiv(b.n(), columns);
        int length = b.k() * columns;
        MemorySegment memory = Arena.ofAuto().allocate(4L * panels * length, ALIGNMENT);
        List<MemorySegment> parts = new ArrayList<>();
        float[] panel = new float[length];
        for (int i = 0; i < panels; i++) {
            b.panel(i * columns, columns, panel);
            MemorySegment part = memory.asSlice(4L * i * length, 4L * length);
            MemorySegment.copy(panel, 0, part, ValueLayout.JAVA_FLOAT, 0, length);
            parts.add(part);
        }
        return new PackedPanels(table(parts, List.of()), memory, columns, 1);
    }

    /// For [Multiplication#DOT].
    static PackedPanels bytes(ByteMatrix b, int columns) {
        int count = Math.ceilDiv(b.n(), columns);
        long bytes = 4L * b.steps() * columns;
        PackedPanels panels = empty(count, bytes, columns);
        for (int panel = 0; panel < count; panel++) {
            int[] words = b.words(panel * columns, columns);
            MemorySegment.copy(words, 0, panels.memory, ValueLayout.JAVA_INT, panel * bytes, words.length);
        }
        return panels;
    }

    /// For [Multiplication#WORDS]: the columns' words two by two.
    ///
    /// @param values `[n][k]` from `offset` on, of an even number of words each
    static PackedPanels words(short[] values, int offset, int k, int n, int columns) {
        int count = Math.ceilDiv(n, columns);
        long bytes = 2L * k * columns;
        PackedPanels panels = empty(count, bytes, columns);
        for (int j = 0; j < n; j++) {
            long column = j / columns * bytes + 4L * (j % columns);
            for (int p = 0; p < k; p++) {
                long at = column + 4L * columns * (p / 2) + 2L * (p % 2);
                panels.memory.set(ValueLayout.JAVA_SHORT, at, values[offset + j * k + p]);
            }
        }
        return panels;
    }

    /// Panels of zeros without exceptions, one behind the other.
    static PackedPanels empty(int count, long bytes, int columns) {
        MemorySegment memory = Arena.ofAuto().allocate(count * bytes, ALIGNMENT);
        List<MemorySegment> parts = new ArrayList<>();
        for (int panel = 0; panel < count; panel++) {
            parts.add(memory.asSlice(panel * bytes, bytes));
        }
        return new PackedPanels(table(parts, List.of()), memory, columns, 1);
    }

    /// For [Multiplication#WIDENED].
    static PackedPanels widened(ByteMatrix b, int columns, int group) {
        List<WideningPanel> panels = new ArrayList<>();
        long total = 0;
        for (int panel = 0; panel < Math.ceilDiv(b.n(), columns); panel++) {
            WideningPanel packed = WideningPanel.of(b.panel(panel * columns, columns), columns, group);
            panels.add(packed);
            total += bytes(packed, columns);
        }
        MemorySegment memory = Arena.ofAuto().allocate(total, ALIGNMENT);
        List<MemorySegment> parts = new ArrayList<>();
        List<MemorySegment> exceptions = new ArrayList<>();
        long at = 0;
        for (WideningPanel panel : panels) {
            MemorySegment part = memory.asSlice(at, bytes(panel, columns));
            parts.add(part);
            exceptions.add(write(panel, columns, b.steps(), part));
            at += part.byteSize();
        }
        return new PackedPanels(table(parts, exceptions), memory, columns, group);
    }

    private static long bytes(WideningPanel panel, int columns) {
        int exceptions = panel.exceptions().size();
        return Math.ceilDiv(panel.steps().length + exceptions * 4L * columns + 8L * (1 + exceptions), ALIGNMENT)
                * ALIGNMENT;
    }

    /// The list of exceptions, which lies behind their vectors.
    private static MemorySegment write(WideningPanel panel, int columns, int steps, MemorySegment to) {
        MemorySegment.copy(panel.steps(), 0, to, ValueLayout.JAVA_BYTE, 0, panel.steps().length);
        int stepBytes = 4 * columns;
        int count = panel.exceptions().size();
        MemorySegment list = to.asSlice(panel.steps().length + (long) count * stepBytes);
        list.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, count);
        int index = 0;
        int before = steps;
        for (Map.Entry<Integer, byte[]> exception : panel.exceptions().entrySet()) {
            int at = panel.steps().length + index * stepBytes;
            MemorySegment.copy(exception.getValue(), 0, to, ValueLayout.JAVA_BYTE, at, stepBytes);
            list.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * (1 + index), 4L * (exception.getKey() - before));
            before = exception.getKey();
            index++;
        }
        return list;
    }

    /// The group whose steps and exceptions need the fewest multiplications, as a few panels tell.
    static int group(ByteMatrix b, int columns) {
        int panels = Math.ceilDiv(b.n(), columns);
        int stride = Math.ceilDiv(panels, SAMPLED);
        int best = 1;
        double least = Double.POSITIVE_INFINITY;
        for (int group : GROUPS) {
            double cost = 0;
            for (int panel = 0; panel < panels; panel += stride) {
                WideningPanel packed = WideningPanel.of(b.panel(panel * columns, columns), columns, group);
                int grouped = b.steps() / group * group;
                cost += grouped * (1 + 1.0 / group) + 2.0 * (b.steps() - grouped + packed.exceptions().size());
            }
            if (cost < least) {
                least = cost;
                best = group;
            }
        }
        return best;
    }

    private static MemorySegment table(List<MemorySegment> parts, List<MemorySegment> exceptions) {
        MemorySegment table = Arena.ofAuto().allocate((long) ENTRY_BYTES * parts.size(), 8);
        for (int i = 0; i < parts.size(); i++) {
            table.setAtIndex(ValueLayout.JAVA_LONG, 2L * i, parts.get(i).address());
            long list = exceptions.isEmpty() ? 0 : exceptions.get(i).address();
            table.setAtIndex(ValueLayout.JAVA_LONG, 2L * i + 1, list);
        }
        return table;
    }
}
