package dev.octet.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Parts of a value lie in it where they can, and a result takes the memory of an operand that nobody needs any more.
class SharedMemoryTest {
    private static final Unary EXP = Unary.of(UnaryFunction.EXP);
    private static final Binary ADD = new Binary(BinaryFunction.ADD);

    private final Generator g = Generator.of(7);
    private final Runs runs = new Runs();

    private String input(String name, long... dims) {
        return runs.input(name, g.floats(Shape.of(dims), -1, 1));
    }

    private String multiplied(String x, long from, long to) {
        return runs.graph.add(new MatMul(), x, runs.graph.freshConstant("w", g.floats(Shape.of(from, to), -1, 1)));
    }

    private static List<String> split(Runs runs, int axis, int count, String x) {
        List<String> parts = IntStream.range(0, count).mapToObj(_ -> runs.graph.freshName("part")).toList();
        runs.graph.add(new Node(runs.graph.freshName("split"), new Split(axis, count), List.of(x), parts));
        return parts;
    }

    private String cut(String x, long start, long end, long axis) {
        return runs.graph.add(
                new Slice(),
                x,
                runs.graph.freshConstant("starts", Tensor.vector(start)),
                runs.graph.freshConstant("ends", Tensor.vector(end)),
                runs.graph.freshConstant("axes", Tensor.vector(axis)));
    }

    private long memory() {
        try (Session session = Session.open(runs.graph.build(), SessionOptions.defaults())) {
            return session.describe(Runs.shapes(runs.inputs())).memoryBytes();
        }
    }

    @Test
    void partsAlongTheFirstAxisAreNotMoved() {
        List<String> parts = split(runs, 0, 3, input("x", 6, 4));
        String last = cut(input("y", 5, 4), 1, 3, 0);
        assertThat(runs.check(parts.get(0), multiplied(parts.get(2), 4, 3), multiplied(last, 4, 2)))
                .containsExactly("MatMul kernel", "MatMul kernel");
    }

    @Test
    void partsAlongAnAxisBehindOneOfExtentOneAreNotMoved() {
        List<String> parts = split(runs, 1, 2, input("x", 1, 6, 4));
        assertThat(runs.check(multiplied(parts.get(1), 4, 3))).containsExactly("MatMul kernel");
    }

    @Test
    void partsWithGapsAreMoved() {
        List<String> parts = split(runs, 1, 2, input("x", 5, 6));
        String strided = cut(input("y", 3, 8), 2, 6, 1);
        assertThat(runs.check(parts.get(0), strided)).containsExactly("Split reference", "Slice reference");
    }

    @Test
    void whatIsJoinedIsComputedInItsPlace() {
        String a = multiplied(input("a", 2, 3), 3, 4);
        String b = multiplied(input("b", 5, 3), 3, 4);
        String joined = runs.graph.add(new Concat(0), a, b);
        assertThat(runs.check(multiplied(joined, 4, 2), b))
                .containsExactly("MatMul kernel", "MatMul kernel", "MatMul kernel");
    }

    @Test
    void inputsConstantsAndRepetitionsAreCopiedToTheirPlaces() {
        String x = input("x", 2, 4);
        String made = multiplied(x, 4, 4);
        String constant = runs.graph.constant("c", g.floats(Shape.of(3, 4), -1, 1));
        String joined = runs.graph.add(new Concat(0), x, made, constant, made);
        assertThat(runs.check(joined, made))
                .containsExactly("MatMul kernel", "Concat kernel", "Concat kernel", "Concat kernel");
    }

    @Test
    void aValueIsInOnePlaceOnly() {
        String a = multiplied(input("a", 2, 3), 3, 4);
        String b = multiplied(input("b", 2, 3), 3, 4);
        String once = runs.graph.add(new Concat(0), a, b);
        String again = runs.graph.add(new Concat(0), b, a);
        assertThat(runs.check(once, again)).containsExactly("MatMul kernel", "MatMul kernel", "Concat kernel");
    }

    @Test
    void whatIsJoinedInTheMiddleIsCopied() {
        String a = multiplied(input("a", 2, 3), 3, 4);
        String b = multiplied(input("b", 2, 3), 3, 4);
        assertThat(runs.check(runs.graph.add(new Concat(1), a, b)))
                .containsExactly("MatMul kernel", "MatMul kernel", "Concat kernel");
    }

    @Test
    void aPartOfWhatIsJoined() {
        String a = multiplied(input("a", 2, 3), 3, 4);
        String b = multiplied(input("b", 2, 3), 3, 4);
        String middle = cut(runs.graph.add(new Concat(0), a, b), 1, 3, 0);
        assertThat(runs.check(multiplied(middle, 4, 4)))
                .containsExactly("MatMul kernel", "MatMul kernel", "MatMul kernel");
    }

    @Test
    void sumsTakeTheMemoryOfWhatIsNeededNoMore() {
        String x = input("x", 64, 64);
        String y = multiplied(x, 64, 64);
        for (int i = 0; i < 4; i++) {
            // Two products at a time, the second of which has the first added to it.
            y = runs.graph.add(ADD, multiplied(y, 64, 64), y);
        }
        runs.check(y);
        assertThat(memory()).isEqualTo(2L * 64 * 64 * Float.BYTES);
    }

    @Test
    void whatIsNeededLaterIsNotOverwritten() {
        String x = input("x", 8, 16);
        String y = multiplied(x, 16, 16);
        String first = runs.graph.add(ADD, y, x);
        String turned = runs.graph.add(new Transpose(List.of(1L, 0L)), y);
        String second = runs.graph.add(EXP, first);
        runs.check(runs.graph.add(new MatMul(), second, turned), first);
    }

    @Test
    void aSumOfAValueAndItsOwnTransposition() {
        String y = multiplied(input("x", 16, 16), 16, 16);
        String turned = runs.graph.add(new Transpose(List.of(1L, 0L)), y);
        runs.check(runs.graph.add(EXP, runs.graph.add(ADD, y, turned)));
    }

    @Test
    void anyOrderOfPartsAndSums() {
        Generator.forAll(
                11,
                60,
                random -> {
                    Runs graph = new Runs();
                    List<String> values = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        values.add(graph.input("x" + i, random.floats(Shape.of(1, 4, 3, 2), -1, 1)));
                    }
                    for (int i = 0; i < 12; i++) {
                        String a = random.oneOf(values);
                        String b = random.oneOf(values);
                        int axis = random.integer(0, 3);
                        switch (random.integer(0, 3)) {
                            case 0 -> values.add(graph.graph.add(ADD, a, b));
                            case 1 -> values.add(graph.graph.add(Unary.of(UnaryFunction.TANH), a));
                            case 2 -> {
                                String joined = graph.graph.add(new Concat(axis), a, b);
                                values.addAll(split(graph, axis, 2, joined));
                            }
                            default -> {
                                List<String> parts = split(graph, 1, 2, a);
                                values.add(graph.graph.add(new Concat(1), parts.get(1), parts.get(0)));
                            }
                        }
                    }
                    graph.check(values.getLast(), values.get(values.size() / 2));
                });
    }
}
