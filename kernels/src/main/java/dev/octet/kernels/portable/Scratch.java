package dev.octet.kernels.portable;

/// Working arrays of one thread, kept between tiles so that a kernel allocates nothing while it runs.
///
/// An array is whatever its last user left in it. Each [Slot] names one array, so that a kernel that needs two takes
/// two slots.
final class Scratch {
    /// Widest block of columns that a product works on: four result rows and four operand rows fit the first cache.
    static final int COLUMNS = 256;

    /// Widest block of columns of products with one row, whose right operand has few rows.
    static final int WIDE_COLUMNS = 1024;

    /// Elements that element-wise kernels work on at a time.
    static final int CHUNK = 1024;

    /// Longest array that is kept, in elements.
    private static final int KEPT = 1 << 22;

    private static final ThreadLocal<Scratch> LOCAL = ThreadLocal.withInitial(Scratch::new);

    enum Slot {
        LEFT,
        RAW,
        VALUES,
        EXTRA,
        EXPONENTS,
        TEMPORARY
    }

    private final float[][] floats = new float[Slot.values().length][0];
    private final int[][] ints = new int[Slot.values().length][0];
    private final byte[][] bytes = new byte[Slot.values().length][0];
    private final double[][] doubles = new double[Slot.values().length][0];
    private float[][] blocks = new float[0][];
    private float[][] panel = new float[0][];
    private float[][] widePanel = new float[0][];
    private float[][] sums = new float[0][];
    private float[][] wideSums = new float[0][];
    private int[][] carried = new int[0][];

    private Scratch() {}

    /// That of the calling thread.
    static Scratch local() {
        return LOCAL.get();
    }

    float[] floats(Slot slot, int length) {
        float[] array = floats[slot.ordinal()];
        if (array.length < length) {
            array = new float[grown(length)];
            if (array.length <= KEPT) {
                floats[slot.ordinal()] = array;
            }
        }
        return array;
    }

    int[] ints(Slot slot, int length) {
        int[] array = ints[slot.ordinal()];
        if (array.length < length) {
            array = new int[grown(length)];
            if (array.length <= KEPT) {
                ints[slot.ordinal()] = array;
            }
        }
        return array;
    }

    byte[] bytes(Slot slot, int length) {
        byte[] array = bytes[slot.ordinal()];
        if (array.length < length) {
            array = new byte[grown(length)];
            if (array.length <= KEPT) {
                bytes[slot.ordinal()] = array;
            }
        }
        return array;
    }

    double[] doubles(Slot slot, int length) {
        double[] array = doubles[slot.ordinal()];
        if (array.length < length) {
            array = new double[grown(length)];
            if (array.length <= KEPT) {
                doubles[slot.ordinal()] = array;
            }
        }
        return array;
    }

    /// Arrays of [FormulaLoop#BLOCK] elements.
    float[][] blocks(int count) {
        return blocks = rows(blocks, count, FormulaLoop.BLOCK);
    }

    /// Rows of the right operand of a product, at least `width` wide.
    float[][] panel(int rows, int width) {
        if (width > COLUMNS) {
            return widePanel = rows(widePanel, rows, WIDE_COLUMNS);
        }
        return panel = rows(panel, rows, COLUMNS);
    }

    /// Rows of a product's result, at least `width` wide.
    float[][] sums(int rows, int width) {
        if (width > COLUMNS) {
            return wideSums = rows(wideSums, rows, WIDE_COLUMNS);
        }
        return sums = rows(sums, rows, COLUMNS);
    }

    /// Rows of an integer product's result over the blocks so far, [#COLUMNS] wide.
    int[][] carried(int rows) {
        if (carried.length < rows) {
            int[][] longer = new int[rows][];
            for (int i = 0; i < rows; i++) {
                longer[i] = i < carried.length ? carried[i] : new int[COLUMNS];
            }
            carried = longer;
        }
        return carried;
    }

    private static float[][] rows(float[][] old, int rows, int width) {
        if (old.length >= rows) {
            return old;
        }
        float[][] longer = new float[rows][];
        for (int i = 0; i < rows; i++) {
            longer[i] = i < old.length ? old[i] : new float[width];
        }
        return longer;
    }

    private static int grown(int length) {
        return Math.max(CHUNK, length <= KEPT / 2 ? Integer.highestOneBit(Math.max(1, length - 1)) * 2 : length);
    }
}
