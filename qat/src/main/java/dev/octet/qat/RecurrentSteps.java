package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Transpose;
import dev.octet.qat.BlockTrace.Traced;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The nodes for PyTorch's recurrent layers: one for each layer, which are stacked. Their initial states are zero.
final class RecurrentSteps {
    /// Where ONNX's gates (input, output, forget, cell) stand in PyTorch's order (input, forget, cell, output).
    private static final int[] LSTM_GATES = {0, 3, 1, 2};

    /// Where ONNX's gates (update, reset, hidden) stand in PyTorch's order (reset, update, new).
    private static final int[] GRU_GATES = {1, 0, 2};

    private final GraphBuilder builder;

    RecurrentSteps(GraphBuilder builder) {
        this.builder = builder;
    }

    /// The output of the last layer, with the directions side by side, then the last states of all layers.
    ///
    /// @param weights for each layer and direction: of the input, of the state, and their biases if there are any
    List<String> record(
            boolean lstm,
            String x,
            List<Traced> weights,
            int layers,
            boolean biases,
            boolean both,
            boolean batchFirst) {
        int directions = both ? 2 : 1;
        int each = biases ? 4 : 2;
        int states = lstm ? 2 : 1;
        List<List<String>> last = List.of(new ArrayList<>(), new ArrayList<>());
        String value = batchFirst ? swapped(x) : x;
        for (int layer = 0; layer < layers; layer++) {
            int from = layer * directions * each;
            List<String> outputs =
                    layer(lstm, value, weights.subList(from, from + directions * each), directions, each);
            value = besideEachOther(outputs.getFirst());
            for (int state = 0; state < states; state++) {
                last.get(state).add(outputs.get(state + 1));
            }
        }
        List<String> results = new ArrayList<>();
        results.add(batchFirst ? swapped(value) : value);
        for (int state = 0; state < states; state++) {
            results.add(builder.add(new Concat(0), last.get(state).toArray(String[]::new)));
        }
        return results;
    }

    private String swapped(String value) {
        return builder.add(new Transpose(List.of(1L, 0L, 2L)), value);
    }

    /// `[steps, directions, batch, hidden]` as `[steps, batch, directions·hidden]`.
    private String besideEachOther(String value) {
        String moved = builder.add(new Transpose(List.of(0L, 2L, 1L, 3L)), value);
        return builder.add(new Reshape(false), moved, builder.freshConstant("shape", Tensor.vector(0, 0, -1)));
    }

    private List<String> layer(boolean lstm, String x, List<Traced> weights, int directions, int each) {
        int[] gates = lstm ? LSTM_GATES : GRU_GATES;
        long hidden = weights.get(1).array().getShape().get(1);
        List<String> inputs = new ArrayList<>(List.of(x));
        for (int part = 0; part < 2; part++) {
            List<Traced> ofPart = new ArrayList<>();
            for (int direction = 0; direction < directions; direction++) {
                ofPart.add(weights.get(direction * each + part));
            }
            inputs.add(stacked(part == 0 ? "W" : "R", ofPart, gates));
        }
        if (each == 4) {
            inputs.add(biases(weights, directions, gates));
        }
        RecurrentOptions options =
                new RecurrentOptions(
                        directions == 2 ? Direction.BIDIRECTIONAL : Direction.FORWARD,
                        hidden,
                        0,
                        false,
                        List.of(),
                        List.of(),
                        List.of());
        Op op = lstm ? new Lstm(options, false) : new Gru(options, true);
        String name = builder.freshName(op.type());
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < (lstm ? 3 : 2); i++) {
            outputs.add(builder.freshName(name + "_output"));
        }
        builder.add(new Node(name, op, inputs, outputs));
        return outputs;
    }

    private String stacked(String name, List<Traced> matrices, int[] gates) {
        try (NDManager scope = matrices.getFirst().array().getManager().newSubManager()) {
            NDList all = new NDList();
            matrices.forEach(m -> all.add(ordered(m.array(), gates, scope)));
            return builder.freshConstant(name, TensorArrays.toTensor(ai.djl.ndarray.NDArrays.stack(all)));
        }
    }

    private String biases(List<Traced> weights, int directions, int[] gates) {
        try (NDManager scope = weights.getFirst().array().getManager().newSubManager()) {
            NDList all = new NDList();
            for (int direction = 0; direction < directions; direction++) {
                NDArray ofInput = ordered(weights.get(direction * 4 + 2).array(), gates, scope);
                all.add(ofInput.concat(ordered(weights.get(direction * 4 + 3).array(), gates, scope)));
            }
            return builder.freshConstant("B", TensorArrays.toTensor(ai.djl.ndarray.NDArrays.stack(all)));
        }
    }

    /// The rows of the gates in ONNX's order.
    private static NDArray ordered(NDArray rows, int[] gates, NDManager scope) {
        long hidden = rows.getShape().get(0) / gates.length;
        NDList parts = new NDList();
        for (int gate : gates) {
            NDArray part = rows.get(new NDIndex("{}:{}", gate * hidden, (gate + 1) * hidden));
            part.attach(scope);
            parts.add(part);
        }
        return ai.djl.ndarray.NDArrays.concat(parts, 0);
    }
}
