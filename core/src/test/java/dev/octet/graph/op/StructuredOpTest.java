package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.DType;
import dev.octet.tensor.OptionalValue;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.TensorSequence;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Sequences, optional values, and graphs inside nodes.
class StructuredOpTest {
    private static final Tensor ONE = Tensor.of(Shape.of(2), 1f, 2f);
    private static final Tensor TWO = Tensor.of(Shape.of(2), 3f, 4f);
    private static final TensorSequence PAIR = new TensorSequence(DType.FLOAT32, List.of(ONE, TWO));
    private static final TypeInfo FLOATS = new TypeInfo(DType.FLOAT32, PartialShape.of(2));

    private static List<Value> compute(StructuredOp op, Value... inputs) {
        return op.compute(new ArrayList<>(Arrays.asList(inputs)), Interpreter::run);
    }

    private static TypeInfo type(Op op, TypeInfo... inputs) {
        List<Tensor> unknown = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            unknown.add(null);
        }
        int outputs = op instanceof Loop loop ? loop.body().outputs().size() - 1 : 1;
        Inference inference = new Inference(Arrays.asList(inputs), unknown, outputs, ShapeInference::subgraph);
        op.infer(inference);
        return inference.outputs().getFirst();
    }

    /// `state + captured`, and whether to go on: always.
    private static Graph adding() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String condition = body.input("condition", DType.BOOL, PartialShape.of());
        String state = body.input(new ValueInfo("state", FLOATS));
        String captured = body.input(Captures.input("outer", FLOATS));
        body.output(body.add(new Identity(), condition));
        body.output(body.add(new Binary(BinaryFunction.ADD), state, captured));
        return body.build();
    }

    @Test
    void positionsCountFromBothEnds() {
        assertThat(compute(new SequenceAt(), PAIR, Tensor.scalar(-1L))).containsExactly(TWO);
        assertThat(compute(new SequenceErase(), PAIR, Tensor.scalar(-2L)))
                .containsExactly(new TensorSequence(DType.FLOAT32, List.of(TWO)));
        assertThat(compute(new SequenceInsert(), PAIR, ONE, Tensor.scalar(-2L)))
                .containsExactly(new TensorSequence(DType.FLOAT32, List.of(ONE, ONE, TWO)));
        assertThatThrownBy(() -> compute(new SequenceAt(), PAIR, Tensor.scalar(2L)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("index: expected one in [-2, 2), found 2");
        assertThatThrownBy(() -> compute(new SequenceInsert(), PAIR, ONE, Tensor.scalar(3L)))
                .hasMessage("position: expected one in [-2, 2], found 3");
    }

    @Test
    void refusesOtherKindsOfValues() {
        assertThatThrownBy(() -> compute(new SequenceLength(), ONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("input 0: expected a sequence, found FLOAT32 2");
        assertThatThrownBy(() -> type(new SequenceAt(), FLOATS, TypeInfo.of(DType.INT64, Shape.SCALAR)))
                .hasMessage("input 0: expected a sequence, found FLOAT32 2");
        assertThatThrownBy(() -> compute(new OptionalGetElement(), OptionalValue.EMPTY))
                .hasMessageContaining("found nothing");
        assertThatThrownBy(
                        () -> compute(new ConcatFromSequence(0, false), new TensorSequence(DType.FLOAT32, List.of())))
                .hasMessageContaining("an empty one");
    }

    @Test
    void anOptionalValueHoldsATensorOrSequence() {
        OptionalValue optional = (OptionalValue) compute(new OptionalOf(null), PAIR).getFirst();

        assertThat(compute(new OptionalGetElement(), optional)).containsExactly(PAIR);
        assertThat(compute(new SequenceLength(), optional)).first().hasToString("INT64 scalar");
        assertThat(type(new OptionalOf(null), FLOATS.asSequence())).isEqualTo(FLOATS.asSequence().asOptional());
        assertThat(type(new OptionalGetElement(), FLOATS.asSequence().asOptional())).isEqualTo(FLOATS.asSequence());
    }

    @Test
    void aLoopReadsWhatItCaptures() {
        Loop loop = new Loop(adding());

        Tensor sum = (Tensor) compute(loop, Tensor.scalar(3L), null, ONE, TWO).getFirst();

        assertThat(sum.toFloatArray()).containsExactly(10f, 14f);
        assertThat(((Tensor) compute(loop, Tensor.scalar(0L), null, ONE, TWO).getFirst()).toFloatArray())
                .containsExactly(1f, 2f);
    }

    @Test
    void aLoopThatAppendsHasAStateOfUnknownExtent() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String condition = body.input("condition", DType.BOOL, PartialShape.of());
        String state = body.input(new ValueInfo("state", new TypeInfo(DType.FLOAT32, null)));
        body.output(body.add(new Identity(), condition));
        body.output(body.add(new Concat(0), state, body.constant("more", ONE)));

        assertThat(type(new Loop(body.build()), null, null, FLOATS))
                .isEqualTo(new TypeInfo(DType.FLOAT32, PartialShape.ofRank(1)));
    }

    /// A loop around a loop finds twice that its state grows, so each one inside would be inferred twice as often as
    /// the one around it.
    @Test
    @Timeout(20)
    void growingLoopsInsideOneAnotherAreInferredInLinearTime() {
        Graph body = null;
        for (int depth = 0; depth < 40; depth++) {
            GraphBuilder next = new GraphBuilder("body " + depth);
            next.input("trip", DType.INT64, PartialShape.of());
            String condition = next.input("condition", DType.BOOL, PartialShape.of());
            String state = next.input(new ValueInfo("state", new TypeInfo(DType.FLOAT32, null)));
            String more = next.constant("more", ONE);
            next.output(next.add(new Identity(), condition));
            next.output(next.add(new Concat(0), state, body == null ? more : next.add(new Loop(body), "", "", more)));
            body = next.build();
        }

        assertThat(type(new Loop(body), null, null, FLOATS))
                .isEqualTo(new TypeInfo(DType.FLOAT32, PartialShape.ofRank(1)));
    }

    /// Each trip shows that one more value of the state grows.
    @Test
    @Timeout(20)
    void aChainOfStatesLosesItsShapesTogether() {
        int states = 2000;
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        body.output(body.add(new Identity(), body.input("condition", DType.BOOL, PartialShape.of())));
        String before = body.constant("more", ONE);
        TypeInfo[] types = new TypeInfo[states + 2];
        for (int i = 0; i < states; i++) {
            types[i + 2] = FLOATS;
            String state = body.input(new ValueInfo("state " + i, new TypeInfo(DType.FLOAT32, null)));
            body.output(i == 0 ? body.add(new Concat(0), state, before) : body.add(new Identity(), before));
            before = state;
        }

        assertThat(type(new Loop(body.build()), types)).isEqualTo(new TypeInfo(DType.FLOAT32, null));
    }

    /// Folding would run it.
    @Test
    @Timeout(20)
    void anEndlessLoopInAFunctionOfConstantsIsNotRun() {
        GraphBuilder function = new GraphBuilder("function");
        String x = function.input(new ValueInfo("x", FLOATS));
        function.output(function.add(new Loop(adding()), "", "", x, x));
        Graph body = function.build();
        Composite composite =
                new Composite(new Composition("test", "Function", 1, (_, _) -> Optional.of(body)), Attributes.EMPTY);
        GraphBuilder graph = new GraphBuilder("g");
        graph.output(graph.add(composite, graph.constant("c", ONE)));

        assertThat(ShapeInference.infer(graph.build()).type("Function_output")).contains(FLOATS);
    }

    @Test
    void aLoopThatChangesAnElementTypeIsRefused() {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String condition = body.input("condition", DType.BOOL, PartialShape.of());
        String state = body.input(new ValueInfo("state", FLOATS));
        body.output(body.add(new Identity(), condition));
        body.output(body.add(new Cast(DType.INT64, Narrowing.SATURATING), state));

        assertThatThrownBy(() -> type(new Loop(body.build()), null, null, FLOATS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("value 0 of the state after a trip: expected FLOAT32 2, found INT64 2");
    }

    @Test
    void branchesMustAgree() {
        GraphBuilder then = new GraphBuilder("then");
        then.output(new ValueInfo(then.constant("y", ONE), FLOATS));
        GraphBuilder otherwise = new GraphBuilder("else");
        otherwise.output(new ValueInfo(otherwise.constant("y", Tensor.vector(1)), FLOATS));

        assertThatThrownBy(() -> type(new If(then.build(), otherwise.build()), TypeInfo.of(DType.BOOL, Shape.SCALAR)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("output 0 of else_branch: expected FLOAT32 2, found INT64 1");
    }

    @Test
    void aBranchThatCannotRunSaysNothing() {
        GraphBuilder then = new GraphBuilder("then");
        output(then, then.add(new Transpose(List.of(1L, 0L)), then.input(Captures.input("x", FLOATS))));
        GraphBuilder otherwise = new GraphBuilder("else");
        output(otherwise, otherwise.add(new Identity(), otherwise.input(Captures.input("x", FLOATS))));
        TypeInfo condition = TypeInfo.of(DType.BOOL, Shape.SCALAR);

        assertThat(type(new If(then.build(), otherwise.build()), condition, FLOATS)).isEqualTo(FLOATS);
        assertThat(type(new If(otherwise.build(), then.build()), condition, FLOATS)).isEqualTo(FLOATS);
        assertThatThrownBy(() -> type(new If(then.build(), then.build()), condition, FLOATS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("in graph 'then'");
    }

    private static void output(GraphBuilder builder, String value) {
        builder.output(new ValueInfo(value, FLOATS));
    }

    @Test
    void copiesAreOfTheirOwn() {
        Tensor tensor = Tensor.of(Shape.of(1), 1f);
        OptionalValue optional = new OptionalValue(new TensorSequence(DType.FLOAT32, List.of(tensor)));

        OptionalValue copy = optional.copy();
        tensor.setFloat(0, 2);

        assertThat(((TensorSequence) copy.content()).tensors().getFirst().getFloat(0)).isEqualTo(1);
    }
}
