package dev.octet.graph.op;

import dev.octet.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/// Einstein summation: `ij,jk->ik` and the like, where labels that are not in the result are summed over.
///
/// Operands are contracted from the left, two at a time, each time as one matrix product: the labels of both that stay
/// are its batch, those of both that go are what it sums over.
final class Einsum {
    static final List<Composition> ALL = List.of(Composition.of("", "Einsum", 12, Einsum::write));

    private final Body b;

    /// Extent of each label.
    private final Map<Character, Long> extents = new HashMap<>();

    private final List<Term> terms = new ArrayList<>();
    private final List<Character> result;

    /// A value with a label for each axis.
    private record Term(String value, List<Character> labels) {}

    private Einsum(Body b) {
        this.b = b;
        String equation = b.attributes().getString("equation", "").replace(" ", "");
        int arrow = equation.indexOf("->");
        String[] inputs = (arrow < 0 ? equation : equation.substring(0, arrow)).split(",", -1);
        int count = (int) IntStream.range(0, 64).takeWhile(b::has).count();
        if (inputs.length != count) {
            throw Inference.mismatch("operands of equation " + equation, inputs.length, count);
        }
        int widest = 0;
        for (int i = 0; i < count; i++) {
            widest = Math.max(widest, dotted(inputs[i], b.rank(i)));
        }
        for (int i = 0; i < count; i++) {
            terms.add(term(i, labels(inputs[i], dotted(inputs[i], b.rank(i)), widest)));
        }
        result = arrow < 0 ? implied(inputs, widest) : labels(equation.substring(arrow + 2), widest, widest);
        if (new LinkedHashSet<>(result).size() < result.size()) {
            throw new IllegalArgumentException("equation " + equation + " names a label of the result twice");
        }
        if (!extents.keySet().containsAll(result)) {
            throw new IllegalArgumentException("equation " + equation + " names a label in the result only");
        }
    }

    /// Sums of short integers are taken in 32 bits; what is cut off in the end is as if they had been short all along.
    private DType sumType() {
        DType dtype = b.dtype(0);
        return dtype.isInteger() && dtype.bits() < Integer.SIZE ? DType.INT32 : dtype;
    }

    /// In these extents as they are: 0 is no axis to be copied.
    private String reshape(String x, long... dims) {
        return b.add(new Reshape(true), x, b.ints(dims));
    }

    private static void write(Body b) {
        Einsum einsum = new Einsum(b);
        b.output(b.as(b.dtype(0), einsum.contracted(), einsum.sumType()));
    }

    /// How many axes `...` stands for.
    private static int dotted(String labels, int rank) {
        int named = labels.replace("...", "").length();
        int dots = rank - named;
        if (dots < 0 || dots > 0 && !labels.contains("...")) {
            throw Inference.mismatch("rank of the operand with labels " + labels, named, rank);
        }
        return dots;
    }

    /// Labels of the axes; those of `...` are numbers that count from the end, so that they meet as in broadcasting.
    private static List<Character> labels(String text, int dots, int widest) {
        List<Character> labels = new ArrayList<>();
        int at = text.indexOf("...");
        String plain = text.replace("...", "");
        for (int i = 0; i < plain.length(); i++) {
            if (i == at) {
                addDots(labels, dots, widest);
            }
            char label = plain.charAt(i);
            if (!Character.isLetter(label)) {
                throw new IllegalArgumentException("attribute equation: expected letters, found '" + text + "'");
            }
            labels.add(label);
        }
        if (at == plain.length()) {
            addDots(labels, dots, widest);
        }
        return labels;
    }

    private static void addDots(List<Character> labels, int dots, int widest) {
        IntStream.range(widest - dots, widest).forEach(i -> labels.add((char) i));
    }

    /// Without an arrow: the axes of `...`, then all labels that are named once, in order of the alphabet.
    private static List<Character> implied(String[] inputs, int widest) {
        List<Character> labels = new ArrayList<>();
        addDots(labels, widest, widest);
        String all = String.join("", inputs).replace("...", "");
        all.chars().sorted().filter(c -> all.indexOf(c) == all.lastIndexOf(c)).forEach(c -> labels.add((char) c));
        return labels;
    }

    /// An operand with each label once: the diagonal of axes that share one, and without axes of extent 1, which
    /// broadcast.
    private Term term(int operand, List<Character> labels) {
        Term term = new Term(b.as(sumType(), b.operand(operand), b.dtype(operand)), labels);
        List<Long> dims = new ArrayList<>();
        for (int axis = 0; axis < labels.size(); axis++) {
            long extent = b.extent(operand, axis);
            dims.add(extent);
            long known = extents.getOrDefault(labels.get(axis), 1L);
            if (extent != known && extent != 1 && known != 1) {
                throw Inference.mismatch("extent of label " + labels.get(axis), known, extent);
            }
            extents.put(labels.get(axis), known == 1 ? extent : known);
        }
        for (int axis = 0; axis < term.labels.size(); axis++) {
            int second = term.labels.lastIndexOf(term.labels.get(axis));
            if (second != axis) {
                term = diagonal(term, dims, axis, second);
                axis = -1;
            }
        }
        return withoutOnes(term, dims);
    }

    /// @param dims extents of the axes, which lose the second
    private Term diagonal(Term term, List<Long> dims, int first, int second) {
        long extent = dims.get(first);
        if (!dims.get(second).equals(extent)) {
            throw Inference.mismatch("extent of label " + term.labels.get(first), extent, dims.get(second));
        }
        List<Long> order = new ArrayList<>();
        for (long axis = 0; axis < dims.size(); axis++) {
            if (axis != first && axis != second) {
                order.add(axis);
            }
        }
        List<Character> labels = new ArrayList<>(order.stream().map(a -> term.labels.get(a.intValue())).toList());
        List<Long> kept = new ArrayList<>(order.stream().map(a -> dims.get(a.intValue())).toList());
        order.add((long) first);
        order.add((long) second);
        List<Long> flat = new ArrayList<>(kept);
        flat.add(Extents.multiply(extent, extent));
        String rows = reshape(b.transpose(term.value, Operands.toArray(order)), Operands.toArray(flat));
        long[] places = new long[Extents.arrayLength(extent)];
        for (int i = 0; i < places.length; i++) {
            places[i] = i * (extent + 1);
        }
        labels.add(term.labels.get(first));
        kept.add(extent);
        dims.clear();
        dims.addAll(kept);
        return new Term(b.add(new Gather(-1), rows, b.ints(places)), labels);
    }

    private Term withoutOnes(Term term, List<Long> dims) {
        List<Character> labels = new ArrayList<>();
        List<Long> kept = new ArrayList<>();
        for (int axis = 0; axis < dims.size(); axis++) {
            if (dims.get(axis) != 1) {
                labels.add(term.labels.get(axis));
                kept.add(dims.get(axis));
            }
        }
        return labels.size() == dims.size() ? term : new Term(reshape(term.value, Operands.toArray(kept)), labels);
    }

    private String contracted() {
        Term product = terms.getFirst();
        for (int i = 1; i < terms.size(); i++) {
            Set<Character> later = new LinkedHashSet<>(result);
            terms.subList(i + 1, terms.size()).forEach(t -> later.addAll(t.labels));
            product = product(product, terms.get(i), later);
        }
        return ordered(summed(product, new LinkedHashSet<>(result)));
    }

    /// The term summed over the labels that are not kept.
    private Term summed(Term term, Set<Character> kept) {
        long[] axes =
                IntStream.range(0, term.labels.size())
                        .filter(i -> !kept.contains(term.labels.get(i)))
                        .mapToLong(i -> i)
                        .toArray();
        if (axes.length == 0) {
            return term;
        }
        String sum = b.add(new Reduce(ReduceFunction.SUM, false, false), term.value, b.ints(axes));
        return new Term(sum, term.labels.stream().filter(kept::contains).toList());
    }

    private Term product(Term first, Term second, Set<Character> later) {
        Set<Character> keptOfFirst = new LinkedHashSet<>(later);
        keptOfFirst.addAll(second.labels);
        Set<Character> keptOfSecond = new LinkedHashSet<>(later);
        keptOfSecond.addAll(first.labels);
        Term x = summed(first, keptOfFirst);
        Term y = summed(second, keptOfSecond);
        List<Character> batch = x.labels.stream().filter(l -> y.labels.contains(l) && later.contains(l)).toList();
        List<Character> inner = x.labels.stream().filter(l -> y.labels.contains(l) && !later.contains(l)).toList();
        List<Character> rows = x.labels.stream().filter(l -> !y.labels.contains(l)).toList();
        List<Character> columns = y.labels.stream().filter(l -> !x.labels.contains(l)).toList();
        String product = b.matMul(matrices(x, batch, rows, inner), matrices(y, batch, inner, columns));
        List<Character> labels = new ArrayList<>(batch);
        labels.addAll(rows);
        labels.addAll(columns);
        return new Term(reshape(product, dims(labels)), labels);
    }

    /// The term as `[batch…, rows, columns]`.
    private String matrices(Term term, List<Character> batch, List<Character> rows, List<Character> columns) {
        List<Character> order = new ArrayList<>(batch);
        order.addAll(rows);
        order.addAll(columns);
        List<Long> shape = new ArrayList<>();
        batch.forEach(l -> shape.add(extent(l)));
        shape.add(count(rows));
        shape.add(count(columns));
        return reshape(transposed(term, order), Operands.toArray(shape));
    }

    private String transposed(Term term, List<Character> order) {
        return order.equals(term.labels)
                ? term.value
                : b.transpose(term.value, order.stream().mapToLong(term.labels::indexOf).toArray());
    }

    private long extent(char label) {
        return Objects.requireNonNull(extents.get(label));
    }

    private long count(List<Character> labels) {
        return labels.stream().mapToLong(this::extent).reduce(1, Extents::multiply);
    }

    private long[] dims(List<Character> labels) {
        return labels.stream().mapToLong(this::extent).toArray();
    }

    /// The term with the result's axes in order, those of extent 1 put back.
    private String ordered(Term term) {
        List<Character> order = result.stream().filter(term.labels::contains).toList();
        String transposed = transposed(term, order);
        return order.equals(result) ? transposed : reshape(transposed, dims(result));
    }
}
