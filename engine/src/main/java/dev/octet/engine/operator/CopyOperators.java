package dev.octet.engine.operator;

import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Resize;
import dev.octet.kernels.CopySpec;
import dev.octet.kernels.CopySpec.Run;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Operators that move elements in runs of neighbours.
final class CopyOperators {
    /// Runs that a kernel may list.
    private static final int MOST = 1 << 19;

    private CopyOperators() {}

    static @Nullable Lowered concat(Concat op, Site site) {
        if (isPacked(site)) {
            return null;
        }
        int inputs = site.node().inputs().size();
        Shape y = site.layout().stored(site.outputShape());
        int axis = site.place(Shape.normalizeAxis(op.axis(), y.rank()));
        long outer = y.product(0, axis);
        long element = bytes(site);
        long row = element * y.product(axis, y.rank());
        List<Run> runs = new ArrayList<>();
        List<Long> lengths = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < inputs; i++) {
            Shape x = site.layout().stored(site.shape(i));
            long bytes = element * x.product(axis, x.rank());
            if (site.dtype(i) != site.outputType() || bytes > Integer.MAX_VALUE || outer > Integer.MAX_VALUE) {
                return null;
            }
            if (bytes > 0 && outer > 0) {
                runs.add(new Run(i, 0, at, (int) bytes, (int) outer, bytes, row));
            }
            lengths.add(outer * bytes);
            at += bytes;
        }
        return new Lowered(new CopySpec(runs, lengths, outer * row), site.node().inputs());
    }

    /// Elements that are repeated or left out.
    static @Nullable Lowered resize(Resize op, Site site) {
        List<@Nullable Tensor> operands = new ArrayList<>();
        operands.add(null);
        for (int i = 1; i < site.node().inputs().size(); i++) {
            if (site.isVariable(i)) {
                return null;
            }
            operands.add(site.constant(i));
        }
        long[][] indices = op.indices(operands, site.shape(0), site.outputShape()).orElse(null);
        return indices == null || isPacked(site) ? null : resize(indices, site);
    }

    /// Whether several elements share a byte.
    private static boolean isPacked(Site site) {
        return site.outputType().bits() < Byte.SIZE;
    }

    /// What lies behind the last axis that is resized, such as a pixel's channels, is a run.
    private static @Nullable Lowered resize(long[][] indices, Site site) {
        Shape x = site.layout().stored(site.shape(0));
        Shape y = site.layout().stored(site.outputShape());
        long[][] stored = new long[indices.length][];
        for (int axis = 0; axis < stored.length; axis++) {
            stored[site.place(axis)] = indices[axis];
        }
        int last = stored.length - 1;
        while (last > 0 && isIdentity(stored[last], x.dim(last))) {
            last--;
        }
        long run = bytes(site) * x.product(last + 1, x.rank());
        List<int[]> steps = last < 0 ? List.of() : steps(stored[last]);
        long rows = last < 0 ? 0 : y.product(0, last);
        if (steps.isEmpty() || rows * steps.size() > MOST || run > Integer.MAX_VALUE) {
            return null;
        }
        List<Run> runs = new ArrayList<>();
        for (long row = 0; row < rows; row++) {
            long source = source(row, stored, last, x, y);
            for (int[] s : steps) {
                long from = (source * x.dim(last) + stored[last][s[0]]) * run;
                long to = (row * y.dim(last) + s[0]) * run;
                runs.add(new Run(0, from, to, (int) run, s[1], s[2] * run, s[3] * run));
            }
        }
        long bytes = bytes(site);
        CopySpec spec = new CopySpec(runs, List.of(bytes * x.elementCount()), bytes * y.elementCount());
        return Lowered.of(spec, site.name(0));
    }

    /// Row of x, over the axes before `last`, that a row of y repeats.
    private static long source(long row, long[][] indices, int last, Shape x, Shape y) {
        long source = 0;
        long rest = row;
        long stride = 1;
        for (int axis = last - 1; axis >= 0; axis--) {
            source += indices[axis][(int) (rest % y.dim(axis))] * stride;
            rest /= y.dim(axis);
            stride *= x.dim(axis);
        }
        return source;
    }

    private static boolean isIdentity(long[] indices, long extent) {
        for (int i = 0; i < indices.length; i++) {
            if (indices[i] != i) {
                return false;
            }
        }
        return indices.length == extent;
    }

    /// The columns of a row as progressions: first column, number of columns, step of the source, step of the target.
    /// Where every source is repeated equally often, each repetition is one.
    private static List<int[]> steps(long[] columns) {
        int repeated = 1;
        while (repeated < columns.length && columns[repeated] == columns[0]) {
            repeated++;
        }
        boolean regular = columns.length % repeated == 0;
        for (int i = 0; regular && i < columns.length; i++) {
            regular = columns[i] == columns[0] + i / repeated;
        }
        List<int[]> steps = new ArrayList<>();
        if (regular) {
            for (int i = 0; i < repeated; i++) {
                steps.add(new int[] {i, columns.length / repeated, 1, repeated});
            }
            return steps;
        }
        for (int i = 0; i < columns.length; i++) {
            steps.add(new int[] {i, 1, 0, 0});
        }
        return steps;
    }

    /// Of an element.
    private static long bytes(Site site) {
        DType dtype = site.outputType();
        return dtype.bits() / Byte.SIZE;
    }
}
