package dev.octet.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.OnnxRuntimeOracle;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Every operator on random shapes and attributes, beside ONNX Runtime.
///
/// System properties:
///
/// - `octet.oracle.cases`: how many cases of each operator, 4 unless told
/// - `octet.oracle.seed`: another series of cases
/// - `octet.oracle.operator`: a regular expression; only operators that match it run
/// - `octet.oracle.case`: one case of the series only, as a failure names it
class OperatorOracleTest {
    private static final int CASES = Integer.getInteger("octet.oracle.cases", 4);
    private static final long SEED = Long.getLong("octet.oracle.seed", 2);
    private static final int ONLY = Integer.getInteger("octet.oracle.case", -1);
    private static final String FILTER = System.getProperty("octet.oracle.operator", ".*");

    @TestFactory
    Stream<DynamicTest> operatorsAgree() {
        Map<String, Function<Generator, OracleCase>> table = new TreeMap<>(OperatorCases.TABLE);
        table.putAll(OldOpsets.TABLE);
        return table.entrySet().stream()
                .filter(e -> e.getKey().matches(FILTER))
                .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> check(e.getKey(), e.getValue())));
    }

    private static void check(String operator, Function<Generator, OracleCase> draw) {
        long seed = SEED * 31 + operator.hashCode();
        for (int index = ONLY < 0 ? 0 : ONLY; index < (ONLY < 0 ? CASES : ONLY + 1); index++) {
            OracleCase drawn = draw.apply(Generator.caseOf(seed, index));
            try {
                check(drawn, index);
            } catch (Throwable e) {
                throw new AssertionError(
                        operator
                                + ": "
                                + e.getMessage()
                                + "\n  repeat with -Doctet.oracle.operator='"
                                + operator
                                + "' -Doctet.oracle.case="
                                + index
                                + " -Doctet.oracle.seed="
                                + SEED
                                + "\n  "
                                + drawn.describe(),
                        e);
            }
        }
    }

    private static void check(OracleCase drawn, int index) {
        byte[] model = OldOpsets.encode(drawn);
        Map<String, Tensor> expected;
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model)) {
            expected = oracle.run(drawn.inputs());
        }
        if (drawn.isOld()) {
            compare(drawn, run(OnnxReader.read(model), drawn, 1), expected);
            return;
        }
        Map<String, Tensor> actual = run(drawn.graph(), drawn, 1);
        compare(drawn, actual, expected);
        if (index % 2 == 0) {
            Map<String, Tensor> again = run(OnnxReader.read(model), drawn, 2);
            actual.forEach((name, value) ->
                    TensorAssert.assertThat(again.get(name))
                            .as(name + " of the model read back, on two threads")
                            .isIdenticalTo(value));
        }
    }

    private static Map<String, Tensor> run(Graph graph, OracleCase drawn, int threads) {
        try (Session session = Session.open(graph, SessionOptions.defaults().withThreads(threads))) {
            return session.run(drawn.inputs());
        }
    }

    private static void compare(OracleCase drawn, Map<String, Tensor> actual, Map<String, Tensor> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, value) -> drawn.tolerance().check(name, actual.get(name), value));
    }
}
