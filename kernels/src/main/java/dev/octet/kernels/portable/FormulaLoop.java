package dev.octet.kernels.portable;

import dev.octet.formula.Formula;
import dev.octet.formula.Formula.Step;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// Evaluates a [Formula] for many elements: one loop an operation over blocks short enough for the first cache. The
/// loops become vector instructions: no calls, no branches, no lookups.
///
/// Values live in a few arrays, each free again after the last step that reads it.
final class FormulaLoop {
    /// Elements of a block: a dozen arrays of this length fit the first cache.
    static final int BLOCK = 512;

    private final int inputs;
    private final int arrays;
    private final List<Operation> operations;
    private final List<Place> results;

    /// One step: arrays that it reads and writes.
    private record Operation(Formula.Operation operation, Place a, Place b, Place c, int result) {}

    /// An array of working memory, or one that holds a constant in each element.
    private record Place(int array, float[] constant) {
        private static final float[] NONE = {};

        float[] of(float[][] arrays) {
            return constant.length > 0 ? constant : arrays[array];
        }
    }

    private FormulaLoop(int inputs, int arrays, List<Operation> operations, List<Place> results) {
        this.inputs = inputs;
        this.arrays = arrays;
        this.operations = operations;
        this.results = results;
    }

    static FormulaLoop of(Formula formula) {
        int[] lastReads = formula.lastReads();
        Place[] places = new Place[lastReads.length];
        Deque<Integer> free = new ArrayDeque<>();
        int arrays = formula.inputs();
        for (int i = 0; i < arrays; i++) {
            places[i] = new Place(i, Place.NONE);
        }
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < formula.steps().size(); i++) {
            Step step = formula.steps().get(i);
            int value = formula.inputs() + i;
            if (step.operation() == Formula.Operation.CONSTANT) {
                float[] constant = new float[BLOCK];
                Arrays.fill(constant, step.constant());
                places[value] = new Place(-1, constant);
                continue;
            }
            // A loop may write the array that it reads: it reads each element before it writes it.
            int end = i;
            Arrays.stream(step.operands())
                    .distinct()
                    .filter(v -> lastReads[v] == end && places[v].array >= 0)
                    .forEach(v -> free.push(places[v].array));
            int array = free.isEmpty() ? arrays++ : free.pop();
            places[value] = new Place(array, Place.NONE);
            operations.add(
                    new Operation(step.operation(), places[step.a()], places[step.b()], places[step.c()], array));
        }
        List<Place> results = formula.results().stream().map(v -> places[v]).toList();
        return new FormulaLoop(formula.inputs(), arrays, operations, results);
    }

    /// Arrays of [#BLOCK] elements that [#run] works on; the inputs are the first.
    float[][] arrays(Scratch scratch) {
        return scratch.blocks(arrays);
    }

    /// Evaluates `n` elements, at most [#BLOCK], of the inputs in the first arrays.
    ///
    /// @param arrays what [#arrays] gave
    void run(float[][] arrays, int n, Scratch scratch) {
        for (Operation o : operations) {
            apply(o.operation, o.a.of(arrays), o.b.of(arrays), o.c.of(arrays), arrays[o.result], n, scratch);
        }
    }

    /// The array that holds a result after [#run].
    float[] result(float[][] arrays, int index) {
        return results.get(index).of(arrays);
    }

    /// Replaces the first `n` elements by the formula's result of each.
    void apply(float[] values, int n, Scratch scratch) {
        if (inputs != 1) {
            throw new IllegalStateException("expected a formula of one input, found " + inputs);
        }
        float[][] work = arrays(scratch);
        for (int start = 0; start < n; start += BLOCK) {
            int count = Math.min(BLOCK, n - start);
            System.arraycopy(values, start, work[0], 0, count);
            run(work, count, scratch);
            System.arraycopy(result(work, 0), 0, values, start, count);
        }
    }

    private static void apply(
            Formula.Operation operation, float[] a, float[] b, float[] c, float[] y, int n, Scratch scratch) {
        switch (operation) {
            case CONSTANT -> throw new IllegalStateException("a constant is no loop");
            case ADD -> add(a, b, y, n);
            case SUB -> subtract(a, b, y, n);
            case MUL -> multiply(a, b, y, n);
            case DIV -> divide(a, b, y, n);
            case FMA -> fma(a, b, c, y, n);
            case MIN -> min(a, b, y, n);
            case MAX -> max(a, b, y, n);
            case ABS -> abs(a, y, n);
            case NEG -> negate(a, y, n);
            case SQRT -> squareRoot(a, y, n);
            case ROUND -> round(a, y, n);
            case FLOOR -> floor(a, y, n);
            case CEIL -> ceil(a, y, n);
            case SCALE -> scale(a, b, y, n, scratch);
            case EXPONENT -> exponent(a, y, n);
            case LESS -> less(a, b, y, n);
            case SELECT -> select(a, b, c, y, n);
        }
    }

    private static void add(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = a[i] + b[i];
        }
    }

    private static void subtract(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = a[i] - b[i];
        }
    }

    private static void multiply(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = a[i] * b[i];
        }
    }

    private static void divide(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = a[i] / b[i];
        }
    }

    private static void fma(float[] a, float[] b, float[] c, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.fma(a[i], b[i], c[i]);
        }
    }

    private static void min(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.min(a[i], b[i]);
        }
    }

    private static void max(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.max(a[i], b[i]);
        }
    }

    private static void abs(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.abs(a[i]);
        }
    }

    private static void negate(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = -a[i];
        }
    }

    private static void squareRoot(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = (float) Math.sqrt(a[i]);
        }
    }

    private static void round(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = (float) Math.rint(a[i]);
        }
    }

    private static void floor(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = (float) Math.floor(a[i]);
        }
    }

    private static void ceil(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = (float) Math.ceil(a[i]);
        }
    }

    private static void exponent(float[] a, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = Math.getExponent(a[i]);
        }
    }

    private static void less(float[] a, float[] b, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = a[i] < b[i] ? 1 : 0;
        }
    }

    private static void select(float[] a, float[] b, float[] c, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = a[i] != 0 ? b[i] : c[i];
        }
    }

    /// In two factors that are normal numbers; the product with the first is exact unless the result overflows.
    private static void scale(float[] a, float[] b, float[] y, int n, Scratch scratch) {
        int[] bits = scratch.ints(Scratch.Slot.EXPONENTS, n);
        float[] low = scratch.floats(Scratch.Slot.EXPONENTS, n);
        float[] high = scratch.floats(Scratch.Slot.EXTRA, n);
        for (int i = 0; i < n; i++) {
            bits[i] = ((int) b[i] >> 1) + 127 << 23;
        }
        // Seeing an int as a float is no vector instruction yet, but copying memory is.
        MemorySegment.copy(MemorySegment.ofArray(bits), 0, MemorySegment.ofArray(low), 0, 4L * n);
        for (int i = 0; i < n; i++) {
            bits[i] = ((int) b[i] + 1 >> 1) + 127 << 23;
        }
        MemorySegment.copy(MemorySegment.ofArray(bits), 0, MemorySegment.ofArray(high), 0, 4L * n);
        for (int i = 0; i < n; i++) {
            y[i] = a[i] * low[i] * high[i];
        }
    }
}
