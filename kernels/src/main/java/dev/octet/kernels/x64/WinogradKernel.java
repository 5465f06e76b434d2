package dev.octet.kernels.x64;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Kernel;
import dev.octet.kernels.x64.NativeScratch.Slot;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;

/// A convolution by [Winograd]'s way: a kernel's tile transforms the patches of some of the output's tiles, multiplies
/// each element of them, over all channels, by that of the windows, and transforms the products back.
final class WinogradKernel implements Kernel {
    /// Bytes of transformed patches and products that should stay in the second cache.
    private static final long BUDGET = 1 << 20;

    /// Of a patch of one vector.
    static final int SCRATCH_BYTES = Winograd.PRODUCTS * 64;

    /// How the input's elements are read.
    ///
    /// @param transform [WinogradInput]'s function
    /// @param bytes of an element
    /// @param transformedBytes of an element of a transformed patch
    /// @param zeroPoint address of a vector of words, or nothing for floats; bytes of padding are the zero point
    record Input(MachineCode transform, int bytes, int transformedBytes, MemorySegment zeroPoint) {
        private byte padding() {
            return zeroPoint.byteSize() == 0 ? 0 : zeroPoint.get(ValueLayout.JAVA_BYTE, 0);
        }
    }

    /// What is made of the products.
    interface Output {
        /// Transforms products back, and stores what becomes of them.
        void write(Results results, MemorySegment[] inputs, MemorySegment[] outputs, NativeScratch scratch);
    }

    /// Neighbouring tiles of the output, of the same rows and columns.
    ///
    /// @param products address of the first one's
    /// @param plane bytes from a product to the next
    /// @param row bytes from a tile's products to the next tile's
    /// @param pixel number of the first result's among all images'
    /// @param rows of each tile, and how many `columns`
    record Results(
            long products,
            long plane,
            long row,
            long pixel,
            int tiles,
            int rows,
            int columns,
            int channel,
            int channels) {}

    private final ConvGeometry g;
    private final RowBlocks blocks;
    private final Input input;
    private final ProductKernel.Functions multiply;
    private final Output output;
    private final PackedPanels[] weights;
    private final int panels;
    private final int tilesWide;
    private final int tilesHigh;
    private final int rowTiles;
    private final int panelTiles;

    /// @param blocks of the output's tiles, all images' together
    /// @param multiply for blocks of rows, each a tile of the output
    /// @param weights transformed, for each product
    WinogradKernel(
            ConvGeometry g,
            RowBlocks blocks,
            Input input,
            ProductKernel.Functions multiply,
            PackedPanels[] weights,
            Output output) {
        this.g = g;
        this.blocks = blocks;
        this.input = input;
        this.multiply = multiply;
        this.output = output;
        this.weights = weights;
        this.panels = Math.ceilDiv(g.outChannels(), weights[0].columns());
        this.tilesWide = tilesWide(g);
        this.tilesHigh = tilesHigh(g);
        long tileBytes = patchBytes() + 4L * panels * weights[0].columns();
        long bytes = Winograd.PRODUCTS * tileBytes * blocks.rows();
        this.rowTiles = Math.clamp(Math.ceilDiv(bytes, BUDGET), 1, blocks.count());
        this.panelTiles = rowTiles == 1 ? Math.min(panels, 2) : 1;
    }

    /// Of an element of a transformed patch, all channels.
    private long patchBytes() {
        return (long) input.transformedBytes * g.inChannels();
    }

    static int tilesWide(ConvGeometry g) {
        return Math.ceilDiv(g.outWidth(), Winograd.TILE);
    }

    static int tilesHigh(ConvGeometry g) {
        return Math.ceilDiv(g.outHeight(), Winograd.TILE);
    }

    @Override
    public int tiles() {
        return rowTiles * panelTiles;
    }

    /// Neighbouring tiles of one row of tiles.
    ///
    /// @param row of all images' rows
    /// @param index of the first among the kernel's tile's
    private record Segment(int row, int column, int count, int index) {}

    /// Visits the segments of a range of tiles.
    private interface Visitor {
        void visit(Segment segment);
    }

    private void segments(int first, int end, Visitor visitor) {
        for (int tile = first; tile < end; ) {
            int column = tile % tilesWide;
            int count = Math.min(tilesWide - column, end - tile);
            visitor.visit(new Segment(tile / tilesWide, column, count, tile - first));
            tile += count;
        }
    }

    @Override
    public void run(int tile, MemorySegment[] inputs, MemorySegment[] outputs) {
        int rowTile = tile % rowTiles;
        int firstBlock = (int) ((long) blocks.count() * rowTile / rowTiles);
        int endBlock = (int) ((long) blocks.count() * (rowTile + 1) / rowTiles);
        int first = blocks.start(firstBlock);
        int end = blocks.start(endBlock);
        int firstPanel = panels * (tile / rowTiles) / panelTiles;
        int columns = (panels * (tile / rowTiles + 1) / panelTiles - firstPanel) * weights[0].columns();
        NativeScratch scratch = NativeScratch.local();
        Planes patches = Planes.of(scratch, Slot.TRANSFORMED, patchBytes(), end - first);
        Planes products = Planes.of(scratch, Slot.PRODUCTS, 4L * columns, end - first);
        segments(first, end, segment -> input(segment, inputs[0], patches, scratch));
        int taller = Math.clamp(blocks.taller() - firstBlock, 0, endBlock - firstBlock);
        for (int product = 0; product < Winograd.PRODUCTS; product++) {
            multiply(product, firstPanel, columns, taller, endBlock - firstBlock - taller, patches, products, scratch);
        }
        int firstChannel = firstPanel * weights[0].columns();
        segments(first, end, segment -> output(segment, firstChannel, columns, products, inputs, outputs, scratch));
        // The functions know addresses only.
        Reference.reachabilityFence(this);
    }

    /// Elements of transformed patches: for each of the 36 a plane of rows, one a tile.
    private record Planes(MemorySegment memory, long row, long plane) {
        static Planes of(NativeScratch scratch, Slot slot, long row, int rows) {
            long plane = row * rows;
            // Writes at multiples of 4096 bytes get into each other's way in the first cache.
            plane += plane % 4096 < 256 ? 320 : 0;
            return new Planes(scratch.block(slot, Winograd.PRODUCTS * plane), row, plane);
        }

        long address(int product, long index) {
            return memory.address() + product * plane + index * row;
        }
    }

    /// The patches of a segment, copied together with padding, and transformed.
    private void input(Segment segment, MemorySegment x, Planes patches, NativeScratch scratch) {
        long pixel = (long) input.bytes * g.inChannels();
        byte padding = input.padding();
        int width = Winograd.TILE * segment.count + Winograd.PATCH - Winograd.TILE;
        MemorySegment band = scratch.block(Slot.GATHER, Winograd.PATCH * width * pixel);
        int top = Winograd.TILE * (segment.row % tilesHigh) - g.padTop();
        int left = Winograd.TILE * segment.column - g.padLeft();
        int from = Math.clamp(-left, 0, width);
        int to = Math.clamp(g.inWidth() - left, from, width);
        for (int r = 0; r < Winograd.PATCH; r++) {
            long at = r * width * pixel;
            int row = top + r;
            boolean inside = row >= 0 && row < g.inHeight();
            int start = inside ? from : width;
            band.asSlice(at, start * pixel).fill(padding);
            if (inside) {
                long image = (long) segment.row / tilesHigh * g.inHeight();
                long source = ((image + row) * g.inWidth() + left + from) * pixel;
                MemorySegment.copy(x, source, band, at + from * pixel, (to - from) * pixel);
                band.asSlice(at + to * pixel, (width - to) * pixel).fill(padding);
            }
        }
        ArgumentBlock block = scratch.arguments();
        block.set(WinogradInput.X, band.address());
        block.set(WinogradInput.X_ROW, width * pixel);
        block.set(WinogradInput.X_PIXEL, pixel);
        block.set(WinogradInput.TILES, segment.count);
        block.set(WinogradInput.V, patches.address(0, segment.index));
        block.set(WinogradInput.V_PLANE, patches.plane);
        block.set(WinogradInput.SCRATCH, scratch.block(Slot.TILE, SCRATCH_BYTES).address());
        block.set(WinogradInput.ZERO_POINT, input.zeroPoint.address());
        block.call(input.transform);
    }

    private void multiply(
            int product,
            int firstPanel,
            int columns,
            int taller,
            int shorter,
            Planes patches,
            Planes products,
            NativeScratch scratch) {
        long panel = weights[product].entry(firstPanel);
        if (taller > 0) {
            multiply(multiply.taller(), product, 0, taller, panel, columns, patches, products, scratch);
        }
        MachineCode function = multiply.shorter();
        if (shorter > 0 && function != null) {
            int row = taller * blocks.height();
            multiply(function, product, row, shorter, panel, columns, patches, products, scratch);
        }
    }

    private void multiply(
            MachineCode function,
            int product,
            int row,
            int count,
            long panel,
            int columns,
            Planes patches,
            Planes products,
            NativeScratch scratch) {
        scratch.set(ProductArgument.A, patches.address(product, row));
        scratch.set(ProductArgument.HIGH, 0);
        scratch.set(ProductArgument.A_STRIDE, patches.row);
        scratch.set(ProductArgument.PANELS, panel);
        scratch.set(ProductArgument.STEPS, patchBytes() / 4);
        scratch.set(ProductArgument.BLOCKS, count);
        scratch.set(ProductArgument.COLUMNS, columns);
        scratch.set(ProductArgument.C, products.address(product, row));
        scratch.set(ProductArgument.C_STRIDE, products.row);
        scratch.arguments().call(function);
    }

    /// The results of a segment; the last tile of a row may be narrower.
    private void output(
            Segment segment,
            int firstChannel,
            int columns,
            Planes products,
            MemorySegment[] inputs,
            MemorySegment[] outputs,
            NativeScratch scratch) {
        int last = g.outWidth() - Winograd.TILE * (segment.column + segment.count - 1);
        int whole = last < Winograd.TILE ? segment.count - 1 : segment.count;
        if (whole > 0) {
            output(segment, 0, whole, Winograd.TILE, firstChannel, columns, products, inputs, outputs, scratch);
        }
        if (whole < segment.count) {
            output(segment, whole, 1, last, firstChannel, columns, products, inputs, outputs, scratch);
        }
    }

    /// @param width pixels of each tile
    private void output(
            Segment segment,
            int skipped,
            int count,
            int width,
            int firstChannel,
            int columns,
            Planes products,
            MemorySegment[] inputs,
            MemorySegment[] outputs,
            NativeScratch scratch) {
        int y = Winograd.TILE * (segment.row % tilesHigh);
        long row = (long) segment.row / tilesHigh * g.outHeight() + y;
        Results results =
                new Results(
                        products.address(0, segment.index + skipped),
                        products.plane,
                        products.row,
                        row * g.outWidth() + (long) Winograd.TILE * (segment.column + skipped),
                        count,
                        Math.min(Winograd.TILE, g.outHeight() - y),
                        width,
                        firstChannel,
                        Math.min(columns, g.outChannels() - firstChannel));
        output.write(results, inputs, outputs, scratch);
    }
}
