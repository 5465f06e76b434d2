package dev.octet.conformance.oracle;

import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// One small model of every operator, as a file, for tests of other kinds.
public final class OracleModels {
    /// Takes a model.
    @FunctionalInterface
    public interface Taker {
        void take(String operator, byte[] model, Map<String, Tensor> inputs);
    }

    private OracleModels() {}

    public static void forEach(long seed, Taker taker) {
        Map<String, Function<Generator, OracleCase>> table = new TreeMap<>(OperatorCases.TABLE);
        table.putAll(OldOpsets.TABLE);
        table.forEach((operator, draw) -> {
            OracleCase drawn = draw.apply(Generator.caseOf(seed, operator.hashCode()));
            taker.take(operator, OldOpsets.encode(drawn), drawn.inputs());
        });
    }
}
