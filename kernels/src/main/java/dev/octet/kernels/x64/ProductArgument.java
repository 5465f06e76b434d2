package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Mem;

/// Arguments of a [ProductGenerator]'s function, 64 bits each, in the order of its block. The function overwrites some.
enum ProductArgument {
    /// Address of the first row of A.
    A,
    /// Of the first row of what A's bytes above 127 lack, or 0: see [ProductGenerator].
    HIGH,
    /// Bytes from row to row of both.
    A_STRIDE,
    /// Address of pairs of addresses, one a panel: of its steps, and of its [PackedPanels]' exceptions.
    PANELS,
    /// Steps of a sum.
    STEPS,
    /// Steps of a block of codes, or any number.
    BLOCK,
    /// Bytes from what a step reads of B to what is fetched meanwhile.
    AHEAD,
    /// Blocks of as many rows as the tile has.
    BLOCKS,
    /// Columns of all panels together.
    COLUMNS,
    /// Address of the first element of the result.
    C,
    /// Bytes from row to row of it.
    C_STRIDE,
    /// Distance from the result to the residual.
    RESIDUAL,
    /// Address of an INT32 per column, zeros behind the last up to a whole panel, as for the next ones.
    BIAS,
    /// Of a float per column.
    SCALES,
    /// Of a float per column.
    ADDENDS,
    /// Of B's zero points: an INT32 per column.
    ZERO_POINTS,
    /// Of the sum of each row of A, INT32.
    ROW_SUMS,
    /// Address of [FinishParameter]s.
    PARAMETERS,
    /// Address of memory for a tile of the result.
    SCRATCH,
    /// Address of memory for a tile's sums.
    SPILLED,
    /// Where the function keeps its place in the row sums.
    ROW_SUMS_AT;

    Mem in(Gpr block) {
        return Mem.at(block, 8 * ordinal());
    }
}
