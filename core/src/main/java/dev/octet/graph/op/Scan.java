package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.tensor.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs a graph for each place along an axis of some tensors. Inputs: the state's first values, the tensors that are
/// scanned, and what the body captures. Outputs: the state's last values, and of each further output of the body those
/// of all places, stacked along a new axis.
///
/// @param body inputs: state, a part of each scanned tensor; outputs: state, values to be stacked
/// @param scanned how many tensors are scanned
/// @param inputAxes along which each is scanned; empty for the first axis
/// @param inputDirections 1 for those that are scanned backwards; empty for none
/// @param outputAxes along which each output is stacked; empty for the first axis
/// @param outputDirections 1 for those that are stacked backwards; empty for none
public record Scan(
        Graph body,
        int scanned,
        List<Long> inputAxes,
        List<Long> inputDirections,
        List<Long> outputAxes,
        List<Long> outputDirections)
        implements StructuredOp {
    public Scan {
        inputAxes = List.copyOf(inputAxes);
        inputDirections = List.copyOf(inputDirections);
        outputAxes = List.copyOf(outputAxes);
        outputDirections = List.copyOf(outputDirections);
        requireCount("scan_input_axes", inputAxes, scanned);
        requireCount("scan_input_directions", inputDirections, scanned);
        if (scanned < 1) {
            throw Inference.mismatch("attribute num_scan_inputs", "at least 1", scanned);
        }
    }

    public static Scan of(Attributes attributes) {
        return new Scan(
                StateTypes.body(attributes),
                attributes.getInt("num_scan_inputs", 0),
                attributes.getInts("scan_input_axes").orElse(List.of()),
                attributes.getInts("scan_input_directions").orElse(List.of()),
                attributes.getInts("scan_output_axes").orElse(List.of()),
                attributes.getInts("scan_output_directions").orElse(List.of()));
    }

    @Override
    public String type() {
        return "Scan";
    }

    @Override
    public Attributes attributes() {
        Attributes.Builder builder =
                Attributes.builder().put("body", new GraphValue(body)).put("num_scan_inputs", (long) scanned);
        put(builder, "scan_input_axes", inputAxes);
        put(builder, "scan_input_directions", inputDirections);
        put(builder, "scan_output_axes", outputAxes);
        put(builder, "scan_output_directions", outputDirections);
        return builder.build();
    }

    private static void put(Attributes.Builder builder, String name, List<Long> values) {
        if (!values.isEmpty()) {
            builder.put(name, values);
        }
    }

    private static void requireCount(String attribute, List<Long> values, int count) {
        if (!values.isEmpty() && values.size() != count) {
            throw Inference.mismatch("attribute " + attribute, count + " numbers", values);
        }
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    private static int axis(List<Long> axes, int index, int rank) {
        return axes.isEmpty() ? 0 : Shape.normalizeAxis(axes.get(index), rank);
    }

    private static boolean isBackwards(List<Long> directions, int index) {
        return !directions.isEmpty() && directions.get(index) == 1;
    }

    /// How many values the state has.
    private int states(int operandCount) {
        int states = Closure.formalCount(this, operandCount) - scanned;
        if (states < 0) {
            throw Inference.mismatch("operands", "at least " + scanned, operandCount);
        }
        int stacked = body.outputs().size() - states;
        requireCount("scan_output_axes", outputAxes, stacked);
        requireCount("scan_output_directions", outputDirections, stacked);
        return states;
    }

    @Override
    public void infer(Inference inference) {
        Closure closure = Closure.of(this, body, inference.inputCount());
        int states = states(inference.inputCount());
        closure.requireOutputs(inference.outputCount());
        List<TypeInfo> first = new ArrayList<>();
        for (int i = 0; i < states; i++) {
            first.add(inference.type(i));
        }
        Dim length = Dim.UNKNOWN;
        List<TypeInfo> parts = new ArrayList<>();
        for (int i = 0; i < scanned; i++) {
            TypeInfo type = Structured.requireTensor(inference, states + i);
            PartialShape shape = type.shape();
            if (shape == null) {
                parts.add(type);
                continue;
            }
            int axis = axis(inputAxes, i, shape.rank());
            length = Extents.unify(length, shape.dim(axis), "extent of scanned tensor " + i);
            List<Dim> dims = new ArrayList<>(shape.dims());
            dims.remove(axis);
            parts.add(new TypeInfo(type.dtype(), new PartialShape(dims)));
        }
        StateTypes found = StateTypes.find(closure, inference, List.of(), first, parts, 0);
        for (int i = 0; i < states; i++) {
            inference.output(i, found.state().get(i));
        }
        for (int i = states; i < inference.outputCount(); i++) {
            TypeInfo each = found.results().get(i);
            if (each != null) {
                PartialShape shape = each.shape();
                int axis = shape == null ? 0 : axis(outputAxes, i - states, shape.rank() + 1);
                inference.output(i, each.dtype(), shape == null ? null : StateTypes.stacked(shape, axis, length));
            }
        }
    }

    @Override
    public List<Value> compute(List<@Nullable Value> inputs, Runner runner) {
        Closure closure = Closure.of(this, body, inputs.size());
        int states = states(inputs.size());
        List<Value> state = new ArrayList<>();
        for (int i = 0; i < states; i++) {
            state.add(Structured.get(inputs, i));
        }
        List<List<Tensor>> rows = new ArrayList<>();
        for (int i = states; i < body.outputs().size(); i++) {
            rows.add(new ArrayList<>());
        }
        long length = length(inputs, states);
        for (long place = 0; place < length; place++) {
            List<Value> formal = new ArrayList<>(state);
            for (int i = 0; i < scanned; i++) {
                Tensor tensor = Structured.tensor(inputs, states + i);
                int axis = axis(inputAxes, i, tensor.shape().rank());
                long index = isBackwards(inputDirections, i) ? length - 1 - place : place;
                formal.add(Stack.part(tensor, axis, index));
            }
            List<Value> results = closure.run(runner, formal, inputs);
            state = results.subList(0, states);
            for (int i = 0; i < rows.size(); i++) {
                rows.get(i).add(Structured.tensor(results.get(states + i), "a value to be stacked"));
            }
        }
        List<Value> outputs = new ArrayList<>(state);
        for (int i = 0; i < rows.size(); i++) {
            TypeInfo declared = body.outputs().get(states + i).type();
            outputs.add(stacked(rows.get(i), i, declared));
        }
        return outputs;
    }

    private Tensor stacked(List<Tensor> rows, int output, TypeInfo declared) {
        PartialShape shape = declared.shape();
        int rank = rows.isEmpty() ? shape == null ? 0 : shape.rank() : rows.getFirst().shape().rank();
        return Stack.of(rows, axis(outputAxes, output, rank + 1), isBackwards(outputDirections, output), declared);
    }

    private long length(List<@Nullable Value> inputs, int states) {
        long length = -1;
        for (int i = 0; i < scanned; i++) {
            Shape shape = Structured.tensor(inputs, states + i).shape();
            long extent = shape.dim(axis(inputAxes, i, shape.rank()));
            if (length >= 0 && extent != length) {
                throw Inference.mismatch("extent of scanned tensor " + i, length, extent);
            }
            length = extent;
        }
        return length;
    }
}
