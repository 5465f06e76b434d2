package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Vec;

/// The part of a product's result that is summed in registers at once: rows of A times vectors of columns of B.
record RegisterTile(Tier tier, int rows, int vectors) {
    /// Columns: those of a panel.
    int columns() {
        return vectors * tier.lanes();
    }

    /// Bytes of B that one step reads.
    int stepBytes() {
        return 4 * columns();
    }

    /// Registers of the sums, which are the first ones.
    int sums() {
        return rows * vectors;
    }

    Vec sum(int row, int vector) {
        return tier.vec(row * vectors + vector);
    }

    /// A register behind those of the sums.
    Vec free(int index) {
        if (sums() + index >= tier.registers) {
            throw new IllegalArgumentException("no register " + index + " beside the sums of " + this);
        }
        return tier.vec(sums() + index);
    }
}
