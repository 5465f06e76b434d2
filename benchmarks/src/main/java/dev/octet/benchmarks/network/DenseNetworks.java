package dev.octet.benchmarks.network;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Squeeze;
import dev.octet.tensor.Tensor;
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
        NetworkBuilder b = new NetworkBuilder("lstm", seed);
        String x = b.input("x", 100, 1, HIDDEN);
        return b.build(layer(b, layer(b, x)));
    }

    private static String layer(NetworkBuilder b, String x) {
        double deviation = 1 / Math.sqrt(HIDDEN);
        String w = b.normal(deviation, 1, GATES * HIDDEN, HIDDEN);
        String r = b.normal(deviation, 1, GATES * HIDDEN, HIDDEN);
        String bias = b.normal(0.1, 1, 2 * GATES * HIDDEN);
        String name = b.graph.freshName("lstm");
        Lstm op = Lstm.of(Attributes.builder().put("hidden_size", (long) HIDDEN).build());
        b.graph.add(new Node(name, op, List.of(x, w, r, bias), List.of(name + "_y")));
        // [steps, directions, batch, hidden]
        return b.graph.add(new Squeeze(), name + "_y", b.graph.freshConstant("axes", Tensor.vector(1)));
    }
}
