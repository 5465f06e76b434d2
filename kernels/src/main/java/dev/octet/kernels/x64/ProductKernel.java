package dev.octet.kernels.x64;

import dev.octet.kernels.Kernel;
import dev.octet.kernels.x64.NativeScratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/// Products of one shape beside each other, such as the entries of a batch: calls [ProductGenerator]'s functions for
/// the blocks of rows and the panels of a tile.
final class ProductKernel implements Kernel {
    /// Bytes of B to fetch ahead where each panel is read once; else the next panel is fetched while the blocks of rows
    /// read this one.
    private static final long STREAM = 8192;

    /// The function for each height of blocks; `shorter` is null if all have the same.
    record Functions(MachineCode taller, @Nullable MachineCode shorter) {
        static Functions of(ProductGenerator taller, RowBlocks blocks, CodeLibrary.Request code)
                throws CodeMemory.RefusedException {
            if (!blocks.hasShorter()) {
                return new Functions(code.code(taller), null);
            }
            RegisterTile tile = taller.tile();
            RegisterTile less = new RegisterTile(tile.tier(), tile.rows() - 1, tile.vectors());
            ProductGenerator shorter =
                    new ProductGenerator(less, taller.multiplication(), taller.group(), taller.finish());
            return new Functions(code.code(taller), code.code(shorter));
        }
    }

    /// What belongs to the columns.
    ///
    /// @param step columns from one product's scales and addends to the next product's
    /// @param rescale index of the input that holds a factor of the scales, or -1
    record Columns(
            int step,
            IntegerColumns integers,
            MemorySegment scales,
            MemorySegment addends,
            MemorySegment parameters,
            int rescale) {}

    /// Where results go, in elements: product `p`'s row `i` starts at `offsets[p] + i·stride`.
    ///
    /// @param residual index of the input that lies like the result, or -1
    record Target(long[] offsets, long stride, int elementBytes, int residual) {}

    private final RowBlocks blocks;
    private final int n;
    private final int steps;
    private final ProductTiling tiling;
    private final Functions functions;
    private final LeftOperand left;
    private final RightOperand right;
    private final Columns columns;
    private final Target target;

    ProductKernel(
            RowBlocks blocks,
            int n,
            int steps,
            ProductTiling tiling,
            Functions functions,
            LeftOperand left,
            RightOperand right,
            Columns columns,
            Target target) {
        this.blocks = blocks;
        this.n = n;
        this.steps = steps;
        this.tiling = tiling;
        this.functions = functions;
        this.left = left;
        this.right = right;
        this.columns = columns;
        this.target = target;
    }

    @Override
    public int tiles() {
        return right.products() * tiling.tiles();
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        int product = tile / tiling.tiles();
        int part = tile % tiling.tiles();
        int firstBlock = tiling.firstBlock(part);
        int endBlock = tiling.endBlock(part);
        int row = blocks.start(firstBlock);
        NativeScratch scratch = NativeScratch.local();
        long panels = right.prepare(product, tiling.firstPanel(part), tiling.endPanel(part), inputs, scratch);
        left.prepare(product, row, blocks.start(endBlock) - row, inputs, scratch);
        int taller = Math.clamp(blocks.taller() - firstBlock, 0, endBlock - firstBlock);
        long a = scratch.get(ProductArgument.A);
        long high = scratch.get(ProductArgument.HIGH);
        long stride = scratch.get(ProductArgument.A_STRIDE);
        long sums = scratch.get(ProductArgument.ROW_SUMS);
        if (taller > 0) {
            call(functions.taller(), panels, product, part, row, taller, inputs, outputs, scratch);
        }
        if (firstBlock + taller < endBlock && functions.shorter() != null) {
            int before = taller * blocks.height();
            scratch.set(ProductArgument.A, a + before * stride);
            scratch.set(ProductArgument.HIGH, high == 0 ? 0 : high + before * stride);
            scratch.set(ProductArgument.ROW_SUMS, sums + 4L * before);
            int count = endBlock - firstBlock - taller;
            call(functions.shorter(), panels, product, part, row + before, count, inputs, outputs, scratch);
        }
        // The functions know addresses only.
        Reference.reachabilityFence(this);
    }

    private void call(
            MachineCode function,
            long panels,
            int product,
            int part,
            int row,
            int count,
            MemorySegment[] inputs,
            MemorySegment[] outputs,
            NativeScratch scratch) {
        int first = tiling.firstPanel(part) * right.columns();
        int end = Math.min(n, tiling.endPanel(part) * right.columns());
        long element = target.offsets[product] + row * target.stride + first;
        long c = outputs[0].address() + element * target.elementBytes;
        scratch.set(ProductArgument.PANELS, panels);
        scratch.set(ProductArgument.STEPS, steps);
        long panelBytes = right.panelBytes(steps);
        scratch.set(ProductArgument.AHEAD, count == 1 ? Math.min(STREAM, panelBytes) : panelBytes);
        scratch.set(ProductArgument.BLOCKS, count);
        scratch.set(ProductArgument.COLUMNS, end - first);
        scratch.set(ProductArgument.C, c);
        scratch.set(ProductArgument.C_STRIDE, target.stride * target.elementBytes);
        if (target.residual >= 0) {
            scratch.set(ProductArgument.RESIDUAL, inputs[target.residual].address() - outputs[0].address());
        }
        setColumns(product, first, end, inputs, scratch);
        long tileBytes = 4L * blocks.height() * right.columns();
        scratch.set(ProductArgument.SCRATCH, scratch.block(Slot.TILE, tileBytes).address());
        scratch.set(ProductArgument.SPILLED, scratch.block(Slot.SPILLED, tileBytes).address());
        scratch.arguments().call(function);
    }

    private void setColumns(int product, int first, int end, MemorySegment[] inputs, NativeScratch scratch) {
        long skipped = 4L * (product * columns.step + first);
        columns.integers.set(product, first, end, inputs, scratch);
        scratch.set(ProductArgument.SCALES, columns.scales.address() + skipped);
        scratch.set(ProductArgument.ADDENDS, columns.addends.address() + skipped);
        MemorySegment parameters = columns.parameters;
        if (columns.rescale >= 0) {
            MemorySegment own = scratch.block(Slot.PARAMETERS, parameters.byteSize());
            own.copyFrom(parameters);
            float factor = inputs[columns.rescale].get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
            FinishParameter.RESCALE.set(own, factor);
            parameters = own;
        }
        scratch.set(ProductArgument.PARAMETERS, parameters.address());
    }
}
