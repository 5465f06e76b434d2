package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;

/// Writes a function that finds the least and the greatest of FLOAT32 elements, and counts them in equal bins.
///
/// The elements are taken in blocks: first the numbers of their bins are listed, a vector at a time, then the list is
/// counted. Elements take turns at several tables, since equal neighbours would wait for each other in one. Zeros,
/// which may be half of the elements (behind a ReLU), are left out of the list where there are opmasks, and added in
/// the end.
///
/// The block of arguments is numbered below.
///
/// @param bins 0 to find the extremes only
record CountBinsGenerator(Tier tier, int bins) implements Generator {
    /// Arguments: number of elements, at least 1, and address of the first.
    static final int COUNT = 0;

    static final int X = 1;

    /// Address of the tables, see [#tableBytes], and of the counts.
    static final int TABLES = 2;

    static final int COUNTS = 3;

    /// Range of the bins, as floats.
    static final int LOWER = 4;

    static final int WIDTH = 5;

    /// What is found: floats, the last 0 if all elements are finite, else NaN.
    static final int LEAST = 6;

    static final int GREATEST = 7;
    static final int FINITE = 8;

    private static final int LINE = 64;
    private static final int BLOCK_ELEMENTS = 1024;

    /// Elements that the counting loop takes at once.
    private static final int COUNTED = 8;

    private static final int NOT_EQUAL = 4;
    private static final int NONZERO = 2;

    private static final Gpr BLOCK = Gpr.RDI;
    private static final Gpr INDEX = Gpr.RAX;
    private static final Gpr LEFT = Gpr.RCX;
    private static final Gpr LIMIT = Gpr.RDX;
    private static final Gpr ELEMENTS = Gpr.RSI;
    private static final Gpr TABLE = Gpr.RBX;
    private static final Gpr TO = Gpr.RBP;
    private static final Gpr SPARE = Gpr.R8;
    private static final Gpr REMAINING = Gpr.R12;
    private static final Gpr TAKEN = Gpr.R13;

    /// End of the list.
    private static final Gpr PLACE = Gpr.R14;

    /// How many elements have been in lists.
    private static final Gpr LISTED = Gpr.R15;

    /// Without opmasks zeros are counted too.
    private int tables() {
        return tier.hasMasks() ? 2 : 4;
    }

    /// Bytes of one table: the bins, the upper end of the range, what is in no bin, and some more, so that equal
    /// entries of two tables do not compete for one place in the cache.
    private int stride() {
        return (4 * (bins + 2) + LINE - 1) / LINE * LINE + LINE;
    }

    /// Where the list begins.
    private int list() {
        return tables() * stride();
    }

    /// Memory for the tables and the list, with room for a vector behind it.
    int tableBytes() {
        return list() + 4 * BLOCK_ELEMENTS + 2 * LINE;
    }

    @Override
    public void emit(Assembler a) {
        a.mov(REMAINING, Mem.at(BLOCK, 8 * COUNT));
        a.mov(ELEMENTS, Mem.at(BLOCK, 8 * X));
        Elements elements = new Elements(a);
        if (bins == 0) {
            elements.begin();
            a.mov(LEFT, REMAINING);
            ElementLoop.write(a, tier, INDEX, LEFT, LIMIT, tier.lanes(), elements::add);
            elements.end();
            return;
        }
        a.mov(TABLE, Mem.at(BLOCK, 8 * TABLES));
        clear(a);
        elements.begin();
        Label block = new Label();
        a.bind(block);
        elements.addBlock();
        count(a);
        a.cmp(REMAINING, 0);
        a.jump(Condition.GREATER, block);
        elements.end();
        a.mov(TO, Mem.at(BLOCK, 8 * COUNTS));
        sum(a);
    }

    private void clear(Assembler a) {
        Vec zero = tier.vec(0);
        a.emit(VectorOp.VXORPS, zero, zero, zero);
        a.mov(LEFT, tables() * stride() / 4);
        // The length is a multiple of the vector's.
        ElementLoop.write(
                a,
                tier,
                INDEX,
                LEFT,
                LIMIT,
                tier.lanes(),
                lanes -> {
                    if (lanes == Lanes.ALL) {
                        a.store(VectorOp.VMOVUPS_STORE, Mem.at(TABLE, INDEX, 4, 0), zero);
                    }
                });
    }

    /// Counts what is in the list, in which there is some more behind its end that is in no bin.
    private void count(Assembler a) {
        Label loop = new Label();
        a.lea(INDEX, Mem.at(TABLE, list()));
        a.alignLoop();
        a.bind(loop);
        for (int i = 0; i < COUNTED; i += 2) {
            a.mov(SPARE, Mem.at(INDEX, 4 * i));
            a.mov32(LIMIT, SPARE);
            a.shiftRight(SPARE, 32);
            a.increment32(Mem.at(TABLE, LIMIT, 4, i % tables() * stride()));
            a.increment32(Mem.at(TABLE, SPARE, 4, (i + 1) % tables() * stride()));
        }
        a.add(INDEX, 4 * COUNTED);
        a.cmp(INDEX, PLACE);
        a.jump(Condition.LESS, loop);
    }

    /// Adds the tables up; the upper end belongs to the last bin.
    private void sum(Assembler a) {
        Vec sum = tier.vec(0);
        for (int t = 0; t < tables(); t++) {
            a.mov32(SPARE, Mem.at(TABLE, t * stride() + 4 * bins));
            a.mov32(LIMIT, Mem.at(TABLE, 4 * (bins - 1)));
            a.add(LIMIT, SPARE);
            a.mov32(Mem.at(TABLE, 4 * (bins - 1)), LIMIT);
        }
        a.mov(LEFT, bins);
        ElementLoop.write(
                a,
                tier,
                INDEX,
                LEFT,
                LIMIT,
                tier.lanes(),
                lanes -> {
                    Mem first = Mem.at(TABLE, INDEX, 4, 0);
                    Mem to = Mem.at(TO, INDEX, 4, 0);
                    Vec part = lanes == Lanes.SINGLE ? sum.as(Width.X) : sum;
                    // Entries behind the bins may be read.
                    a.emit(VectorOp.VMOVUPS, part, first);
                    for (int t = 1; t < tables(); t++) {
                        a.emit(VectorOp.VPADDD, part, part, first.plus(t * stride()));
                    }
                    ElementLoop.store(a, to, part, lanes);
                });
    }

    /// What is done with the elements.
    private final class Elements {
        private final Assembler a;
        private final Vec value = tier.vec(0);
        private final Vec least = tier.vec(1);
        private final Vec greatest = tier.vec(2);
        private final Vec largest = tier.vec(3);
        private final Vec zero = tier.vec(4);
        private final Vec lower = tier.vec(5);
        private final Vec width = tier.vec(6);
        private final Vec scale = tier.vec(7);
        private final Vec none = tier.vec(8);
        private final Vec index = tier.vec(9);
        private final Vec bits = tier.vec(10);
        private final Vec magnitude = tier.vec(11);

        Elements(Assembler a) {
            this.a = a;
        }

        void begin() {
            a.emit(VectorOp.VBROADCASTSS, least, Mem.at(ELEMENTS));
            a.emit(VectorOp.VBROADCASTSS, greatest, Mem.at(ELEMENTS));
            a.emit(VectorOp.VXORPS, largest, largest, largest);
            a.emit(VectorOp.VXORPS, zero, zero, zero);
            a.emit(VectorOp.VMOVUPS, magnitude, a.constant(tier.width, Integer.MAX_VALUE));
            if (bins > 0) {
                a.emit(VectorOp.VBROADCASTSS, lower, Mem.at(BLOCK, 8 * LOWER));
                a.emit(VectorOp.VBROADCASTSS, width, Mem.at(BLOCK, 8 * WIDTH));
                a.emit(VectorOp.VMOVUPS, scale, a.constant(tier.width, (float) bins));
                a.emit(VectorOp.VMOVUPS, none, a.constant(tier.width, bins + 1));
                a.mov(LISTED, 0);
            }
        }

        /// Takes the next block and makes its list.
        void addBlock() {
            Label rest = new Label();
            a.mov(TAKEN, REMAINING);
            a.cmp(TAKEN, BLOCK_ELEMENTS);
            a.jump(Condition.LESS, rest);
            a.mov(TAKEN, BLOCK_ELEMENTS);
            a.bind(rest);
            a.sub(REMAINING, TAKEN);
            a.lea(PLACE, Mem.at(TABLE, list()));
            a.mov(LEFT, TAKEN);
            ElementLoop.write(a, tier, INDEX, LEFT, LIMIT, tier.lanes(), this::add);
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(PLACE), none);
            a.lea(ELEMENTS, Mem.at(ELEMENTS, TAKEN, 4, 0));
        }

        void add(Lanes lanes) {
            Mem element = Mem.at(ELEMENTS, INDEX, 4, 0);
            switch (lanes) {
                case ALL -> a.emit(VectorOp.VMOVUPS, value, element);
                case MASKED -> {
                    // The first element again where there is none.
                    a.emit(VectorOp.VBROADCASTSS, value, Mem.at(ELEMENTS));
                    a.emit(VectorOp.VMOVUPS, value.merging(ElementLoop.TAIL), element);
                }
                case SINGLE -> a.emit(VectorOp.VBROADCASTSS, value, element);
            }
            a.emit(VectorOp.VMINPS, least, value, least);
            a.emit(VectorOp.VMAXPS, greatest, value, greatest);
            // As integers the magnitudes of what is not finite are the largest; a maximum waits less than a sum would.
            a.emit(VectorOp.VANDPS, bits, value, magnitude);
            a.emit(VectorOp.VPMAXSD, largest, largest, bits);
            if (bins > 0) {
                addToList(lanes, element);
            }
        }

        private void addToList(Lanes lanes, Mem element) {
            if (lanes == Lanes.MASKED) {
                a.emit(VectorOp.VMOVUPS, value.zeroing(ElementLoop.TAIL), element);
            }
            if (!tier.hasMasks()) {
                findIndex();
                a.store(VectorOp.VMOVUPS_STORE, Mem.at(PLACE), index);
                a.add(PLACE, lanes == Lanes.SINGLE ? 4 : tier.width.bytes);
                return;
            }
            a.compare(NONZERO, value, zero, NOT_EQUAL);
            findIndex();
            a.narrow(VectorOp.VPCOMPRESSD, index.zeroing(NONZERO), index);
            a.store(VectorOp.VMOVUPS_STORE, Mem.at(PLACE), index);
            a.moveMask(SPARE, NONZERO);
            a.countBits32(SPARE, SPARE);
            a.lea(PLACE, Mem.at(PLACE, SPARE, 4, 0));
            a.add(LISTED, SPARE);
        }

        /// Of the values; what is below the range is large without a sign.
        private void findIndex() {
            a.emit(VectorOp.VSUBPS, value, value, lower);
            a.emit(VectorOp.VMULPS, value, value, scale);
            a.emit(VectorOp.VDIVPS, value, value, width);
            a.emit(VectorOp.VCVTTPS2DQ, index, value);
            a.emit(VectorOp.VPMINUD, index, index, none);
        }

        /// The elements that were in no list.
        private void addZeros() {
            a.emit(VectorOp.VXORPS, value, value, value);
            findIndex();
            a.store(VectorOp.VMOVSS_STORE, Mem.at(TABLE, list()), index.as(Width.X));
            a.mov32(INDEX, Mem.at(TABLE, list()));
            a.mov(LEFT, Mem.at(BLOCK, 8 * COUNT));
            a.sub(LEFT, LISTED);
            a.mov32(SPARE, Mem.at(TABLE, INDEX, 4, 0));
            a.add(SPARE, LEFT);
            a.mov32(Mem.at(TABLE, INDEX, 4, 0), SPARE);
        }

        void end() {
            if (bins > 0 && tier.hasMasks()) {
                addZeros();
            }
            Reductions.foldFloats(a, VectorOp.VMINPS, least, value);
            Reductions.foldFloats(a, VectorOp.VMAXPS, greatest, value);
            Reductions.foldFloats(a, VectorOp.VPMAXSD, largest, value);
            // Zero times what is not finite is NaN.
            a.emit(VectorOp.VMULPS, largest, largest, zero);
            a.store(VectorOp.VMOVSS_STORE, Mem.at(BLOCK, 8 * LEAST), least.as(Width.X));
            a.store(VectorOp.VMOVSS_STORE, Mem.at(BLOCK, 8 * GREATEST), greatest.as(Width.X));
            a.store(VectorOp.VMOVSS_STORE, Mem.at(BLOCK, 8 * FINITE), largest.as(Width.X));
        }
    }
}
