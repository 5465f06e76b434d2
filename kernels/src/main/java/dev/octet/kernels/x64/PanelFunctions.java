package dev.octet.kernels.x64;

import dev.octet.kernels.MatMulGeometry;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/// Packs the constant B of a product for [Multiplication#DOT] by generated code, from where it lies: a model's weights
/// are packed before its first run, when Java code is not compiled yet, and are not copied on the way.
///
/// @param columns of a panel
/// @param pack see [PanelPacker]
/// @param sum see [PanelSums]
record PanelFunctions(int columns, MachineCode pack, MachineCode sum) {
    static PanelFunctions of(DType typeB, boolean transposed, int columns, CodeLibrary.Request code)
            throws CodeMemory.RefusedException {
        return new PanelFunctions(
                columns,
                code.code(new PanelPacker(columns, transposed, true, typeB == DType.UINT8)),
                code.code(new PanelSums(columns)));
    }

    /// The panels of each batch entry; entries that share B have the same.
    PackedBytes pack(Tensor b, MatMulGeometry g) {
        MemorySegment data = b.data();
        if (!data.isNative()) {
            data = Arena.ofAuto().allocate(data.byteSize()).copyFrom(data);
        }
        int entries = g.batches();
        PackedPanels[] panels = new PackedPanels[entries];
        int[][] sums = new int[entries][];
        Map<Long, Integer> known = new HashMap<>();
        for (int i = 0; i < entries; i++) {
            Integer same = known.putIfAbsent(g.batchOffsetsB()[i], i);
            panels[i] = same == null ? panels(data.asSlice(g.batchOffsetsB()[i]), g) : panels[same];
            sums[i] = same == null ? sums(panels[i], b.dtype(), g) : sums[same];
        }
        return new PackedBytes(panels, sums, g.k());
    }

    private PackedPanels panels(MemorySegment b, MatMulGeometry g) {
        int count = Math.ceilDiv(g.n(), columns);
        long panelBytes = 4L * Math.ceilDiv(g.k(), 4) * columns;
        PackedPanels panels = PackedPanels.empty(count, panelBytes, columns);
        ArgumentBlock arguments = ArgumentBlock.local();
        for (int i = 0; i < count; i++) {
            int first = i * columns;
            arguments.set(
                    PanelPacker.Argument.SOURCE.ordinal(), b.address() + (long) first * (g.transB() ? g.strideB() : 1));
            arguments.set(PanelPacker.Argument.STRIDE.ordinal(), (long) g.strideB());
            arguments.set(PanelPacker.Argument.COLUMNS.ordinal(), (long) Math.min(columns, g.n() - first));
            arguments.set(PanelPacker.Argument.LENGTH.ordinal(), (long) g.k());
            arguments.set(PanelPacker.Argument.TARGET.ordinal(), panels.memory().address() + i * panelBytes);
            arguments.call(pack);
        }
        return panels;
    }

    private int[] sums(PackedPanels panels, DType dtype, MatMulGeometry g) {
        int count = Math.ceilDiv(g.n(), columns);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sums = arena.allocate(4L * count * columns, 64);
            ArgumentBlock arguments = ArgumentBlock.local();
            arguments.set(0, panels.memory().address());
            arguments.set(1, (long) count);
            arguments.set(2, (long) Math.ceilDiv(g.k(), 4));
            arguments.set(3, sums.address());
            arguments.call(sum);
            int[] all = sums.asSlice(0, 4L * g.n()).toArray(ValueLayout.JAVA_INT);
            for (int j = 0; j < all.length; j++) {
                all[j] -= excess(dtype, g.k());
            }
            return all;
        }
    }

    /// What the bytes behind the last index of K up to a whole step add to the sums of packed columns.
    static int excess(DType typeB, int k) {
        return ByteMatrix.shift(typeB) * (Math.ceilDiv(k, 4) * 4 - k);
    }
}
