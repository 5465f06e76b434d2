package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs a graph again and again. Inputs: the largest number of trips?, the first condition?, the state's first values,
/// and what the body captures. Outputs: the state's last values, and of each further output of the body those of all
/// trips, stacked along a new first axis.
///
/// @param body inputs: number of the trip (INT64), condition (BOOL), state; outputs: whether to go on, state, values to
///   be stacked
public record Loop(Graph body) implements StructuredOp {
    private static final int STATE = 2;

    public static Loop of(Attributes attributes) {
        return new Loop(StateTypes.body(attributes));
    }

    @Override
    public String type() {
        return "Loop";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("body", new GraphValue(body)).build();
    }

    @Override
    public int sinceVersion() {
        return 13;
    }

    @Override
    public void infer(Inference inference) {
        if (inference.has(0)) {
            Operands.scalar(inference, 0, "trip count");
        }
        if (inference.has(1)) {
            Operands.require(inference, 1, "condition", Operands.BOOL);
            Operands.requireScalar(inference, 1, "condition");
        }
        Closure closure = Closure.of(this, body, inference.inputCount());
        int states = Closure.formalCount(this, inference.inputCount()) - STATE;
        closure.requireOutputs(inference.outputCount() + 1);
        List<TypeInfo> leading = List.of(TypeInfo.of(DType.INT64, Shape.SCALAR), TypeInfo.of(DType.BOOL, Shape.SCALAR));
        List<TypeInfo> first = new ArrayList<>();
        for (int i = 0; i < states; i++) {
            first.add(inference.type(STATE + i));
        }
        StateTypes found = StateTypes.find(closure, inference, leading, first, List.of(), 1);
        for (int i = 0; i < states; i++) {
            inference.output(i, found.state().get(i));
        }
        for (int i = states; i < inference.outputCount(); i++) {
            TypeInfo each = found.results().get(1 + i);
            if (each != null) {
                PartialShape shape = each.shape();
                inference.output(i, each.dtype(), shape == null ? null : StateTypes.stacked(shape, 0, Dim.UNKNOWN));
            }
        }
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Closure closure = Closure.of(this, body, inputs.size());
        int states = Closure.formalCount(this, inputs.size()) - STATE;
        long trips = Structured.find(inputs, 0) == null ? Long.MAX_VALUE : Structured.scalar(inputs, 0);
        boolean goesOn = Structured.find(inputs, 1) == null || Structured.scalar(inputs, 1) != 0;
        List<Value> state = new ArrayList<>();
        for (int i = 0; i < states; i++) {
            state.add(Structured.get(inputs, STATE + i));
        }
        List<List<Tensor>> rows = new ArrayList<>();
        for (int i = 1 + states; i < body.outputs().size(); i++) {
            rows.add(new ArrayList<>());
        }
        for (long trip = 0; trip < trips && goesOn; trip++) {
            List<Value> formal = new ArrayList<>(List.of(Tensor.scalar(trip), Structured.bool(goesOn)));
            formal.addAll(state);
            List<Value> results = closure.run(runner, formal, inputs);
            goesOn = Structured.tensor(results.getFirst(), "the body's condition").getLong(0) != 0;
            state = results.subList(1, 1 + states);
            for (int i = 0; i < rows.size(); i++) {
                rows.get(i).add(Structured.tensor(results.get(1 + states + i), "a value to be stacked"));
            }
        }
        List<Value> outputs = new ArrayList<>(state);
        for (int i = 0; i < rows.size(); i++) {
            TypeInfo declared = body.outputs().get(1 + states + i).type();
            outputs.add(Stack.of(rows.get(i), 0, false, declared));
        }
        return outputs;
    }
}
