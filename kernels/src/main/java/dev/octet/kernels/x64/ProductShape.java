package dev.octet.kernels.x64;

/// How a product of `n` columns is cut for the registers of a tier.
///
/// @param vectors of a panel
record ProductShape(Tier tier, Multiplication multiplication, int n, int vectors, RowBlocks blocks) {
    static ProductShape of(Tier tier, Multiplication multiplication, int m, int n) {
        int vectors = n > tier.lanes() ? 2 : 1;
        return new ProductShape(tier, multiplication, n, vectors, RowBlocks.of(m, multiplication.rows(tier, vectors)));
    }

    /// Columns of a panel.
    int columns() {
        return vectors * tier.lanes();
    }

    /// The generator for the taller blocks.
    ProductGenerator generator(int group, Finish finish) {
        return new ProductGenerator(new RegisterTile(tier, blocks.height(), vectors), multiplication, group, finish);
    }

    /// @param length products of a sum
    /// @param products of this shape beside each other
    /// @param copied bytes of each row that are copied before, 0 if it stays where it is
    ProductTiling tiling(int length, int products, long copied) {
        long macs = (long) blocks.rows() * n * length;
        return ProductTiling.of(blocks, Math.ceilDiv(n, columns()), macs, products, copied);
    }

    /// Columns of a small case with panels as wide: a whole one and a part, or the one there is.
    int sampleColumns() {
        return vectors == 2 ? 2 * columns() - 3 : n == columns() ? n : columns() - 3;
    }
}
