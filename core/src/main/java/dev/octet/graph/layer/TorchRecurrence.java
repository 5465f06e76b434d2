package dev.octet.graph.layer;

import dev.octet.graph.layer.TorchLayers.Recurrent;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// PyTorch's recurrent layers and cells as ONNX's: one node for each layer, with both directions.
///
/// The gates' rows go from PyTorch's order into ONNX's: i, f, g, o into i, o, f, c for an LSTM; r, z, n into z, r, h
/// for a GRU, whose reset gate works after the product.
final class TorchRecurrence {
    enum Kind {
        LSTM(0, 3, 1, 2),
        GRU(1, 0, 2),
        RNN(0),
        /// With ReLU in place of tanh.
        RECTIFIED_RNN(0);

        private final int[] gates;

        /// @param gates where each of ONNX's gates stands in PyTorch's order
        Kind(int... gates) {
            this.gates = gates;
        }
    }

    private final LayerWriter writer;
    private final Kind kind;
    private final boolean batchFirst;

    TorchRecurrence(LayerWriter writer, Kind kind, boolean batchFirst) {
        this.writer = writer;
        this.kind = kind;
        this.batchFirst = batchFirst;
    }

    /// @param initial states `[layers·directions, batch, hidden]`; empty for zeros
    Recurrent sequence(String name, String x, List<String> initial) {
        boolean both = writer.has(name + ".weight_ih_l0_reverse");
        int directions = both ? 2 : 1;
        List<List<String>> last = List.of(new ArrayList<>(), new ArrayList<>());
        String value = batchFirst ? swapped(name + "/steps", x) : x;
        for (int layer = 0; layer == 0 || writer.has(name + ".weight_ih_l" + layer); layer++) {
            String scope = name + "/l" + layer;
            List<String> suffixes = both ? List.of("_l" + layer, "_l" + layer + "_reverse") : List.of("_l" + layer);
            List<String> first = new ArrayList<>();
            for (String states : initial) {
                first.add(part(scope, states, layer * directions, directions));
            }
            List<String> results = node(scope, value, weights(name, scope, suffixes), first);
            value = besideEachOther(scope, results.getFirst(), directions);
            for (int i = 1; i < results.size(); i++) {
                last.get(i - 1).add(results.get(i));
            }
        }
        return new Recurrent(
                batchFirst ? swapped(name + "/batch", value) : value,
                together(name + "/hidden", last.get(0)),
                kind == Kind.LSTM ? together(name + "/cell", last.get(1)) : "");
    }

    /// A cell: a sequence of one step.
    ///
    /// @param states `[batch, hidden]`
    Recurrent step(String name, String x, List<String> states) {
        List<String> first = new ArrayList<>();
        states.forEach(s -> first.add(add(name + "/Unsqueeze", new Unsqueeze(), s, writer.ints(name, 0))));
        String steps = add(name + "/Unsqueeze", new Unsqueeze(), x, writer.ints(name, 0));
        List<String> results = node(name, steps, weights(name, name, List.of("")), first);
        String hidden = add(name + "/Squeeze", new Squeeze(), results.get(1), writer.ints(name, 0));
        String cell =
                kind == Kind.LSTM ? add(name + "/Squeeze", new Squeeze(), results.get(2), writer.ints(name, 0)) : "";
        return new Recurrent(hidden, hidden, cell);
    }

    /// Y, last h, and last c of an LSTM.
    private List<String> node(String name, String x, Weights weights, List<String> initial) {
        List<String> operands = new ArrayList<>(List.of(x));
        operands.addAll(weights.constants);
        if (!initial.isEmpty()) {
            while (operands.size() < 5) {
                operands.add("");
            }
            operands.addAll(initial);
        }
        RecurrentOptions options =
                new RecurrentOptions(
                        weights.directions == 2 ? Direction.BIDIRECTIONAL : Direction.FORWARD,
                        weights.hidden,
                        0,
                        false,
                        kind == Kind.RECTIFIED_RNN ? Collections.nCopies(weights.directions, "Relu") : List.of(),
                        List.of(),
                        List.of());
        Op op =
                switch (kind) {
                    case LSTM -> new Lstm(options, false);
                    case GRU -> new Gru(options, true);
                    case RNN, RECTIFIED_RNN -> new Rnn(options);
                };
        return writer.addAll(name, op, kind == Kind.LSTM ? 3 : 2, operands);
    }

    /// Operands of a node.
    ///
    /// @param constants W, R, and B if there are biases
    private record Weights(List<String> constants, int directions, long hidden) {}

    private Weights weights(String module, String scope, List<String> suffixes) {
        List<String> constants = new ArrayList<>();
        constants.add(stacked(scope + ".W", suffixes.stream().map(s -> rows(module, ".weight_ih" + s, 2)).toList()));
        constants.add(stacked(scope + ".R", suffixes.stream().map(s -> rows(module, ".weight_hh" + s, 2)).toList()));
        if (writer.has(module + ".bias_ih" + suffixes.getFirst())) {
            List<Tensor> biases = new ArrayList<>();
            for (String suffix : suffixes) {
                biases.add(rows(module, ".bias_ih" + suffix, 1));
                biases.add(rows(module, ".bias_hh" + suffix, 1));
            }
            Tensor all = stack(biases);
            long count = all.elementCount() / suffixes.size();
            constants.add(writer.builder().constant(scope + ".B", all.reshape(Shape.of(suffixes.size(), count))));
        }
        long hidden = writer.tensor(module + ".weight_hh" + suffixes.getFirst(), 2).shape().dim(1);
        return new Weights(constants, suffixes.size(), hidden);
    }

    private String stacked(String name, List<Tensor> directions) {
        return writer.builder().constant(name, stack(directions));
    }

    private static Tensor stack(List<Tensor> parts) {
        long each = parts.getFirst().elementCount();
        long[] dims = new long[parts.getFirst().shape().rank() + 1];
        dims[0] = parts.size();
        for (int i = 1; i < dims.length; i++) {
            dims[i] = parts.getFirst().shape().dim(i - 1);
        }
        Tensor all = Tensor.allocate(DType.FLOAT32, Shape.of(dims));
        for (long i = 0; i < all.elementCount(); i++) {
            all.setFloat(i, parts.get((int) (i / each)).getFloat(i % each));
        }
        return all;
    }

    /// A tensor of the state with the rows of its gates in ONNX's order.
    private Tensor rows(String module, String suffix, int rank) {
        Tensor given = writer.tensor(module + suffix, rank);
        int gates = kind.gates.length;
        if (given.shape().dim(0) % gates != 0) {
            throw new IllegalArgumentException(
                    "state: '" + module + suffix + "': expected rows of " + gates + " gates, found " + given);
        }
        long block = given.elementCount() / gates;
        Tensor ordered = Tensor.allocate(DType.FLOAT32, given.shape());
        for (long i = 0; i < ordered.elementCount(); i++) {
            ordered.setFloat(i, given.getFloat(kind.gates[(int) (i / block)] * block + i % block));
        }
        return ordered;
    }

    private String swapped(String name, String value) {
        return add(name + "/Transpose", new Transpose(List.of(1L, 0L, 2L)), value);
    }

    /// `[steps, directions, batch, hidden]` as `[steps, batch, directions·hidden]`.
    private String besideEachOther(String scope, String value, int directions) {
        if (directions == 1) {
            return add(scope + "/Squeeze", new Squeeze(), value, writer.ints(scope, 1));
        }
        String moved = add(scope + "/Transpose", new Transpose(List.of(0L, 2L, 1L, 3L)), value);
        return add(scope + "/Reshape", new Reshape(false), moved, writer.ints(scope, 0, 0, -1));
    }

    private String together(String name, List<String> layers) {
        return layers.size() == 1 ? layers.getFirst() : add(name, new Concat(0), layers.toArray(String[]::new));
    }

    private String part(String scope, String states, long from, long count) {
        if (!writer.has(scope.substring(0, scope.lastIndexOf('/')) + ".weight_ih_l1")) {
            return states;
        }
        return add(
                scope + "/Slice",
                new Slice(),
                states,
                writer.ints(scope, from),
                writer.ints(scope, from + count),
                writer.ints(scope, 0));
    }

    /// Adds a node in a module's scope.
    private String add(String name, Op op, String... operands) {
        return writer.add(writer.builder().freshName(name), op, operands);
    }
}
