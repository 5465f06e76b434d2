package dev.octet.benchmarks.network;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.DynamicQuantizeLstm;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Squeeze;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Networks that read every weight for each input: memory decides their speed.
public final class DenseNetworks {
    private static final int HIDDEN = 512;
    private static final int GATES = 4;

    private DenseNetworks() {}

    /// A perceptron `[1, 1024]` → 4096 → 4096 → 1000 with ReLU.
    public static Graph mlp(long seed) {
        NetworkBuilder b = new NetworkBuilder("mlp", seed);
        String x = b.input("x", 1, 1024);
        String first = b.relu(b.linear(x, 1024, 4096));
        return b.build(b.linear(b.relu(b.linear(first, 4096, 4096)), 4096, 1000));
    }

    /// Two layers of LSTM with 512 units over 100 steps of one sequence, `[100, 1, 512]`.
    public static Graph lstm(long seed) {
        return lstm(
                seed,
                (b, x, w, r, bias) -> {
                    Lstm op = Lstm.of(attributes());
                    return layer(b, op, x, b.constant(w), b.constant(r), b.constant(bias));
                });
    }

    /// The same with weights in 8 bits, a scale for each row.
    public static Graph quantizedLstm(long seed) {
        return lstm(
                seed,
                (b, x, w, r, bias) -> {
                    Rows input = Rows.of(w);
                    Rows recurrent = Rows.of(r);
                    List<String> operands =
                            new ArrayList<>(List.of(x, b.constant(input.codes), b.constant(recurrent.codes)));
                    operands.add(b.constant(bias));
                    operands.addAll(Collections.nCopies(4, ""));
                    for (Rows rows : List.of(input, recurrent)) {
                        operands.add(b.constant(rows.scales));
                        operands.add(b.constant(Tensor.allocate(DType.INT8, rows.scales.shape())));
                    }
                    return layer(b, DynamicQuantizeLstm.of(attributes()), operands.toArray(String[]::new));
                });
    }

    /// Adds a layer.
    private interface Layer {
        String add(NetworkBuilder b, String x, Tensor w, Tensor r, Tensor bias);
    }

    private static Graph lstm(long seed, Layer layer) {
        NetworkBuilder b = new NetworkBuilder("lstm", seed);
        String x = b.input("x", 100, 1, HIDDEN);
        double deviation = 1 / Math.sqrt(HIDDEN);
        for (int i = 0; i < 2; i++) {
            Tensor w = b.drawn(deviation, 1, GATES * HIDDEN, HIDDEN);
            Tensor r = b.drawn(deviation, 1, GATES * HIDDEN, HIDDEN);
            x = layer.add(b, x, w, r, b.drawn(0.1, 1, 2 * GATES * HIDDEN));
        }
        return b.build(x);
    }

    private static Attributes attributes() {
        return Attributes.builder().put("hidden_size", (long) HIDDEN).build();
    }

    private static String layer(NetworkBuilder b, Op op, String... operands) {
        String name = b.graph.freshName("lstm");
        b.graph.add(new Node(name, op, List.of(operands), List.of(name + "_y")));
        // [steps, directions, batch, hidden]
        return b.graph.add(new Squeeze(), name + "_y", b.graph.freshConstant("axes", Tensor.vector(1)));
    }

    /// Weights `[1, rows, columns]` rounded to INT8, each row by its largest magnitude.
    ///
    /// @param codes `[1, columns, rows]`
    /// @param scales `[1, rows]`
    private record Rows(Tensor codes, Tensor scales) {
        static Rows of(Tensor weights) {
            int rows = (int) weights.shape().dim(1);
            int columns = (int) weights.shape().dim(2);
            Tensor codes = Tensor.allocate(DType.INT8, Shape.of(1, columns, rows));
            Tensor scales = Tensor.allocate(DType.FLOAT32, Shape.of(1, rows));
            for (int row = 0; row < rows; row++) {
                float largest = 0;
                for (int column = 0; column < columns; column++) {
                    largest = Math.max(largest, Math.abs(weights.getFloat((long) row * columns + column)));
                }
                float scale = largest / 127;
                scales.setFloat(row, scale);
                for (int column = 0; column < columns; column++) {
                    float weight = weights.getFloat((long) row * columns + column);
                    codes.setLong((long) column * rows + row, Math.round(weight / scale));
                }
            }
            return new Rows(codes, scales);
        }
    }
}
