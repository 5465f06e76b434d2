package dev.octet.kernels.x64;

/// How the blocks of rows and the panels of a product are shared out: a tile of the kernel is a range of blocks times a
/// range of panels.
record ProductTiling(int blocks, int panels, int rowTiles, int panelTiles) {
    /// Tiles worth having, so that several threads finish together.
    private static final int WANTED = 16;

    /// Multiplications worth a tile.
    private static final long SMALLEST = 1 << 18;

    /// Blocks that should share a panel while it is in the first cache.
    private static final int SHARING = 4;

    /// Bytes of copied rows that should stay in the second cache.
    private static final long COPIED = 1 << 17;

    /// Tiles that may copy the same rows.
    private static final int COPIES = 2;

    /// @param products beside each other, such as entries of a batch
    /// @param copied bytes of each row that are copied before, 0 if it stays where it is
    static ProductTiling of(RowBlocks blocks, int panels, long macs, int products, long copied) {
        int wanted = Math.clamp(macs / SMALLEST, 1, Math.max(1, WANTED / products));
        int rowTiles = Math.min(wanted, Math.max(1, blocks.count() / SHARING));
        if (copied > 0) {
            long parts = Math.ceilDiv(blocks.rows() * copied, COPIED);
            rowTiles = Math.clamp(Math.max(parts, wanted / COPIES), 1, blocks.count());
        }
        int panelTiles = Math.min(panels, Math.ceilDiv(wanted, rowTiles));
        if (rowTiles * panelTiles < wanted) {
            rowTiles = Math.min(blocks.count(), Math.ceilDiv(wanted, panelTiles));
        }
        return new ProductTiling(blocks.count(), panels, rowTiles, panelTiles);
    }

    int tiles() {
        return rowTiles * panelTiles;
    }

    int firstBlock(int tile) {
        return (int) ((long) blocks * (tile % rowTiles) / rowTiles);
    }

    int endBlock(int tile) {
        return (int) ((long) blocks * (tile % rowTiles + 1) / rowTiles);
    }

    int firstPanel(int tile) {
        return (int) ((long) panels * (tile / rowTiles) / panelTiles);
    }

    int endPanel(int tile) {
        return (int) ((long) panels * (tile / rowTiles + 1) / panelTiles);
    }
}
