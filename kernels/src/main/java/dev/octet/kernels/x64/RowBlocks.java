package dev.octet.kernels.x64;

/// Rows cut into blocks as equal as possible, so that code for one or two heights serves all: the taller ones come
/// first, the others have one row less.
///
/// @param rows of all blocks together
/// @param taller number of blocks of `height` rows
record RowBlocks(int rows, int count, int height, int taller) {
    /// @param most rows of a block
    static RowBlocks of(int rows, int most) {
        int count = Math.ceilDiv(rows, most);
        int height = Math.ceilDiv(rows, count);
        return new RowBlocks(rows, count, height, rows - count * (height - 1));
    }

    boolean hasShorter() {
        return taller < count;
    }

    /// First row of a block; all rows for the block behind the last.
    int start(int block) {
        return block * height - Math.max(0, block - taller);
    }

    /// Rows of a small case with blocks of the same heights.
    int sample() {
        return hasShorter() ? 2 * height - 1 : height;
    }
}
