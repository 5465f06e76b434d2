package dev.octet.kernels.x64;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// What integer products keep of a constant B: its panels, and the sums of its columns, which zero points of A need.
///
/// @param panels of each product; products with the same B have the same
/// @param sums of each product's columns, of bytes as [ByteMatrix] stores them
/// @param k length of a sum
record PackedBytes(PackedPanels[] panels, int[][] sums, int k) {
    /// @param right B of each product, equal ones being the same object
    /// @param columns of a panel
    static PackedBytes of(List<ByteMatrix> right, Multiplication multiplication, int columns) {
        // One function serves all products, so all have the group of the first.
        int group = multiplication == Multiplication.WIDENED ? PackedPanels.group(right.getFirst(), columns) : 1;
        Map<ByteMatrix, PackedPanels> packed = new IdentityHashMap<>();
        Map<ByteMatrix, int[]> summed = new IdentityHashMap<>();
        for (ByteMatrix b : right) {
            packed.computeIfAbsent(b, own -> panels(own, multiplication, columns, group));
            summed.computeIfAbsent(b, ByteMatrix::columnSums);
        }
        return new PackedBytes(
                right.stream().map(packed::get).toArray(PackedPanels[]::new),
                right.stream().map(summed::get).toArray(int[][]::new),
                right.getFirst().k());
    }

    private static PackedPanels panels(ByteMatrix b, Multiplication multiplication, int columns, int group) {
        return multiplication == Multiplication.WIDENED
                ? PackedPanels.widened(b, columns, group)
                : PackedPanels.bytes(b, columns);
    }

    /// See [ProductGenerator].
    int group() {
        return panels[0].group();
    }
}
