package dev.octet.conformance.qdq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.OnnxRuntimeOracle;
import dev.octet.conformance.OnnxRuntimeOracle.Mode;
import dev.octet.conformance.qdq.Network.Agreement;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.graph.pass.IntegerLowering.Target;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/// Quantized networks of several layers beside ONNX Runtime.
///
/// Where both compute in integers the results are the same bits; where ONNX Runtime computes in float between the
/// quantizers, a value next to a tie may be rounded the other way. `octet.oracle.cases` gives the number of networks,
/// 60 unless told; `octet.oracle.seed` another series.
class QdqOracleTest {
    private static final int CASES = Integer.getInteger("octet.oracle.cases", 60);
    private static final long SEED = Long.getLong("octet.oracle.seed", 3);

    /// How many results of an operator were the same, and how many there were.
    private record Count(long same, long all) {
        Count plus(Count other) {
            return new Count(same + other.same, all + other.all);
        }

        @Override
        public String toString() {
            return same + " of " + all;
        }
    }

    @TempDir Path folder;

    private final Map<String, Count> counts = new TreeMap<>();

    /// Products that cannot saturate in 16 bits, on ONNX Runtime as it comes.
    @Test
    void networksWithinSafeRanges(TestReporter reporter) {
        Generator.forAll(SEED, CASES, g -> check(Networks.exact(g), Mode.DEFAULT, n -> n));
        report(reporter);
    }

    /// The whole range of 8 bits, on ONNX Runtime told to be exact.
    @Test
    void networksOverTheFullRange(TestReporter reporter) {
        Generator.forAll(SEED + 1, CASES, g -> check(Networks.full(g), Mode.PRECISE, n -> n));
        report(reporter);
    }

    /// Quantized operators instead of quantizers around float ones.
    @Test
    void quantizedOperators(TestReporter reporter) {
        IntegerLowering lowering = new IntegerLowering(Target.ONNX_RUNTIME);
        Generator.forAll(SEED + 2, CASES, g -> check(Networks.exact(g), Mode.DEFAULT, lowering::apply));
        report(reporter);
    }

    private void report(TestReporter reporter) {
        reporter.publishEntry(
                counts.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().toString())));
    }

    private void check(Network network, Mode mode, Function<Graph, Graph> rewrite) throws IOException {
        try {
            Path model = folder.resolve("network.onnx");
            Files.deleteIfExists(model);
            OnnxWriter.write(rewrite.apply(network.graph()), model);
            Map<String, Tensor> expected;
            try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model, mode.withSignedIntegers())) {
                expected = oracle.run(network.inputs());
            }
            try (Session session = Session.open(network.graph())) {
                compare(network, session.run(network.inputs()), expected);
            }
        } catch (Throwable e) {
            throw new AssertionError(e.getMessage() + "\n" + describe(network), e);
        }
    }

    /// Compares up to the first layer that differs: those after it compute from other operands.
    private void compare(Network network, Map<String, Tensor> actual, Map<String, Tensor> expected) {
        for (Network.Layer layer : network.layers()) {
            Tensor found = actual.get(layer.value());
            Tensor wanted = expected.get(layer.value());
            if (wanted == null) {
                continue;
            }
            assertThat(found).as(layer.value()).isNotNull();
            long differing = differing(found, wanted);
            counts.merge(
                    layer.operator(), new Count(wanted.elementCount() - differing, wanted.elementCount()), Count::plus);
            TensorAssert asserted = TensorAssert.assertThat(found).as(layer.operator() + " " + layer.value());
            if (layer.agreement() == Agreement.NEAR) {
                asserted.isWithinSteps(wanted, 1);
            } else {
                asserted.isIdenticalTo(wanted);
            }
            if (differing > 0) {
                return;
            }
        }
    }

    private static long differing(Tensor a, Tensor b) {
        long count = 0;
        for (long i = 0; i < b.elementCount(); i++) {
            if (a.getLong(i) != b.getLong(i)) {
                count++;
            }
        }
        return count;
    }

    private static String describe(Network network) {
        return "  layers "
                + network.layers()
                + "\n  watched "
                + network.watched()
                + "\n  "
                + network.graph().nodes().stream()
                        .map(n -> n.op() + " " + n.inputs() + " -> " + n.outputs())
                        .collect(Collectors.joining("\n  "));
    }
}
