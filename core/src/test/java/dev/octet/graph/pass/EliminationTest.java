package dev.octet.graph.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Opaque;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

final class EliminationTest {
    private static final Pass IDENTITIES = new IdentityElimination();
    private static final Pass DEAD_CODE = new DeadCodeElimination();
    private static final Pass DUPLICATES = new CommonSubexpressions();

    /// Abs, the operation, Neg: with the operation gone, two nodes remain.
    private static boolean isNoOp(BiFunction<PassCase, String, String> operation) {
        PassCase c = new PassCase(1);
        String y = operation.apply(c, c.unary(UnaryFunction.ABS, c.input("x", 2, 3)));
        return c.check(IDENTITIES, c.build(c.unary(UnaryFunction.NEG, y))).nodes().size() == 2;
    }

    private static String reshape(PassCase c, String x, long... target) {
        return c.add(new Reshape(false), x, c.builder.freshConstant("shape", Tensor.vector(target)));
    }

    @Test
    void operationsThatChangeNothingGo() {
        List<BiFunction<PassCase, String, String>> operations =
                List.of(
                        (c, x) -> c.add(new Identity(), x),
                        (c, x) -> c.add(new Cast(DType.FLOAT32), x),
                        (c, x) -> c.add(new Transpose(List.of(0L, 1L)), x),
                        (c, x) -> reshape(c, x, 2, 3),
                        (c, x) -> reshape(c, x, 0, -1),
                        (c, x) -> c.add(new Concat(1), x),
                        (c, x) -> c.binary(BinaryFunction.MUL, x, c.scalar(1)),
                        (c, x) -> c.binary(BinaryFunction.ADD, c.constant("zeros", 0, 1e-300, 1, 3), x),
                        (c, x) -> c.binary(BinaryFunction.SUB, x, c.scalar(0)),
                        (c, x) -> c.binary(BinaryFunction.DIV, x, c.scalar(1)));
        assertThat(operations).allMatch(EliminationTest::isNoOp);
    }

    @Test
    void operationsThatChangeSomethingStay() {
        List<BiFunction<PassCase, String, String>> operations =
                List.of(
                        (c, x) -> c.add(new Transpose(List.of()), x),
                        (c, x) -> reshape(c, x, 3, 2),
                        (c, x) -> c.binary(BinaryFunction.SUB, c.scalar(0), x),
                        (c, x) -> c.binary(BinaryFunction.DIV, c.scalar(1), x),
                        (c, x) -> c.binary(BinaryFunction.MUL, x, c.constant("ones", 1, 1.0000000001, 4, 2, 3)),
                        (c, x) -> c.binary(BinaryFunction.ADD, x, c.constant("row", 0, 1e-300, 1, 1, 1)));
        assertThat(operations).noneMatch(EliminationTest::isNoOp);
    }

    @Test
    void aReshapeThatCopiesUnknownExtentsGoes() {
        PassCase c = new PassCase(2);
        String x = c.builder.input("x", DType.FLOAT32, PartialShape.of(-1, 3));
        Graph graph = c.build(c.unary(UnaryFunction.NEG, reshape(c, x, 0, 3)));
        assertThat(PassCase.types(IDENTITIES.apply(graph))).containsExactly("Neg");
    }

    @Test
    void outputsKeepTheirNames() {
        PassCase c = new PassCase(3);
        String y = c.unary(UnaryFunction.RELU, c.input("x", 2, 3));
        c.named("first", new Identity(), y);
        c.named("second", new Identity(), y);
        c.named("third", new Identity(), "x");
        Graph after = c.check(IDENTITIES, c.build("first", "second", "third"));
        assertThat(PassCase.types(after)).containsExactly("Relu", "Identity", "Identity");
        assertThat(after.nodes().getFirst().outputs()).containsExactly("first");
    }

    @Test
    void chainsOfIdentitiesGo() {
        PassCase c = new PassCase(4);
        String y = c.add(new Identity(), c.add(new Identity(), c.unary(UnaryFunction.RELU, c.input("x", 2, 3))));
        c.named("z", new Identity(), y);
        Graph after = c.check(IDENTITIES, c.build("z", c.unary(UnaryFunction.ABS, y)));
        assertThat(PassCase.types(after)).containsExactly("Relu", "Abs");
    }

    @Test
    void deadNodesConstantsAndTypesGo() {
        PassCase c = new PassCase(5);
        String x = c.input("x", 4, 3);
        c.input("unused", 1);
        String dead = c.binary(BinaryFunction.ADD, x, c.constant("dead", 3));
        c.unary(UnaryFunction.ABS, dead);
        String live = c.binary(BinaryFunction.ADD, x, c.constant("live", 3));
        c.builder.type(dead, TypeInfo.of(DType.FLOAT32, Shape.of(4, 3)));
        c.builder.type(live, TypeInfo.of(DType.FLOAT32, Shape.of(4, 3)));
        c.builder.add(new Node("split", new Split(0, 2), List.of(live), List.of("top", "bottom")));
        Graph after = DEAD_CODE.apply(c.build("top"));
        assertThat(PassCase.types(after)).containsExactly("Add", "Split");
        assertThat(after.constants()).containsOnlyKeys("live");
        assertThat(after.types()).containsOnlyKeys(live);
        assertThat(after.inputs()).hasSize(2);
    }

    @Test
    void optionalOutputsThatNobodyReadsGo() {
        PassCase c = new PassCase(5);
        String x = c.input("x", 1, 2, 4, 4);
        Pool pool = new Pool(PoolFunction.MAX, Window.of(2, 2), false, false, false, 2);
        c.builder.add(new Node("indices", pool, List.of(x), List.of("a", "unread")));
        c.builder.add(new Node("nameless", pool, List.of(x), List.of("b", "")));
        c.builder.add(
                new Node(
                        "split",
                        new Split(1, 2),
                        List.of(c.binary(BinaryFunction.ADD, "a", "b")),
                        List.of("top", "bottom")));
        Graph after = c.check(DEAD_CODE, c.build("top"));
        assertThat(after.nodes()).extracting(n -> n.outputs().size()).containsExactly(1, 1, 1, 2);
    }

    @Test
    void equalComputationsMerge() {
        PassCase c = new PassCase(6);
        String x = c.input("x", 4, 3);
        String a = c.binary(BinaryFunction.ADD, x, c.scalar(2));
        String b = c.binary(BinaryFunction.ADD, x, c.scalar(2));
        String other = c.binary(BinaryFunction.ADD, x, c.scalar(3));
        String sum = c.binary(BinaryFunction.MUL, c.unary(UnaryFunction.ABS, a), c.unary(UnaryFunction.ABS, b));
        Graph after = c.check(DUPLICATES.then(DEAD_CODE), c.build(c.binary(BinaryFunction.SUB, sum, other)));
        assertThat(PassCase.types(after)).containsExactly("Add", "Add", "Abs", "Mul", "Sub");
        assertThat(after.constants()).hasSize(2);
    }

    @Test
    void outputsAndUnknownOperatorsDoNotMerge() {
        PassCase c = new PassCase(7);
        String x = c.input("x", 4);
        c.named("first", new Identity(), x);
        c.named("second", new Identity(), x);
        String r = c.add(new Opaque("acme", "Random", Attributes.EMPTY), x);
        String s = c.add(new Opaque("acme", "Random", Attributes.EMPTY), x);
        Graph graph = c.build("first", "second", c.binary(BinaryFunction.ADD, r, s));
        assertThat(DUPLICATES.apply(graph).nodes()).hasSize(5);
    }
}
