package dev.octet.conformance.qdq;

import dev.octet.graph.Graph;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Map;

/// Small quantized networks for tests of other kinds.
public final class QdqModels {
    /// Takes a model.
    @FunctionalInterface
    public interface Taker {
        void take(String name, Graph graph, Map<String, Tensor> inputs);
    }

    private QdqModels() {}

    public static void forEach(long seed, int count, Taker taker) {
        for (int i = 0; i < count; i++) {
            Network network = Networks.exact(Generator.caseOf(seed, i));
            taker.take("quantized network " + i, network.graph(), network.inputs());
        }
    }
}
