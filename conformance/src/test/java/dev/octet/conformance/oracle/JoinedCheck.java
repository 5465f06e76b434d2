package dev.octet.conformance.oracle;

import dev.octet.conformance.OnnxRuntimeOracle;
import dev.octet.conformance.OnnxRuntimeOracle.Mode;
import dev.octet.conformance.oracle.JoinedGraph.Noise;
import dev.octet.conformance.oracle.JoinedGraph.Output;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Runs a joined graph in Octet, as it is made and as it is read from a file, and compares it with ONNX Runtime.
///
/// How far an output may be off follows from the graph: each operator's own tolerance is added, with a random sign, to
/// its result in the reference interpreter, and what this changes in an output, times [#MARGIN], is allowed there. A
/// quantized value may be one step off more, since where a float next to a tie differs in its last bit, or Octet
/// computes in integers what ONNX Runtime is told here to compute in float, it is rounded the other way; what is
/// computed from such a value is then not compared.
final class JoinedCheck {
    /// ONNX Runtime does not run the graph.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(Throwable cause) {
            super(cause.getMessage(), cause);
        }
    }

    /// Octet agrees with ONNX Runtime where that runs node by node, but not where it optimizes the graph.
    static final class Divided extends Exception {
        private static final long serialVersionUID = 1L;

        Divided(Throwable cause) {
            super(cause.getMessage(), cause);
        }
    }

    /// @param compared outputs that were compared
    /// @param behind outputs that were not, because a quantized value before them was rounded the other way
    /// @param undefined outputs that were not, because a number is not finite
    record Counts(int compared, int behind, int undefined) {}

    private static final int NOISES = 3;
    private static final double MARGIN = 8;

    private final JoinedGraph joined;
    private final Map<String, Double> allowed = new HashMap<>();
    private final Map<String, Tensor> plain;

    private JoinedCheck(List<Piece> pieces) {
        joined = new JoinedGraph(pieces);
        plain = ReferenceInterpreter.runAll(joined.graph(), joined.inputs());
        for (int i = 0; i < NOISES; i++) {
            JoinedGraph noisy = new JoinedGraph(pieces, new Noise(Generator.of(i), plain));
            Map<String, Tensor> disturbed = ReferenceInterpreter.runAll(noisy.graph(), noisy.inputs());
            for (Output output : joined.outputs().values()) {
                double difference = difference(plain.get(output.before()), disturbed.get(output.before()));
                allowed.merge(output.name(), difference * MARGIN, Math::max);
            }
        }
    }

    /// @throws Refused if ONNX Runtime refuses the graph
    /// @throws Divided if ONNX Runtime's optimizer changes the results
    /// @throws AssertionError if results differ
    static Counts check(List<Piece> pieces) throws Refused, Divided {
        return new JoinedCheck(pieces).check();
    }

    private static double difference(Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape())) {
            return Double.POSITIVE_INFINITY;
        }
        double largest = 0;
        for (long i = 0; i < a.elementCount(); i++) {
            double difference = Math.abs(a.getDouble(i) - b.getDouble(i));
            if (Double.compare(a.getDouble(i), b.getDouble(i)) != 0) {
                largest = Double.isFinite(difference) ? Math.max(largest, difference) : Double.POSITIVE_INFINITY;
            }
        }
        return largest;
    }

    private Counts check() throws Refused, Divided {
        byte[] model = OnnxWriter.toBytes(joined.graph());
        // Before the judge: it need not be asked if Octet cannot run the graph.
        Map<String, Tensor> actual = run(joined.graph());
        boolean quantized = joined.outputs().values().stream().anyMatch(o -> o.quantizer() != null);
        Mode mode = quantized ? Mode.UNOPTIMIZED : Mode.DEFAULT;
        Map<String, Tensor> expected = judge(model, mode);
        Map<String, Tensor> again = run(OnnxReader.read(model));
        again.forEach((name, value) -> Tolerance.EXACT.check(name + " of the file read back", value, actual.get(name)));
        try {
            return compare(actual, expected);
        } catch (AssertionError e) {
            if (mode.optimize()) {
                compare(actual, judge(model, Mode.UNOPTIMIZED));
                throw new Divided(e);
            }
            throw e;
        }
    }

    private Map<String, Tensor> judge(byte[] model, Mode mode) throws Refused {
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model, mode)) {
            return oracle.run(joined.inputs());
        } catch (IllegalStateException e) {
            throw new Refused(e);
        }
    }

    private Map<String, Tensor> run(Graph graph) {
        try (Session session = Session.open(graph, SessionOptions.defaults().withThreads(1))) {
            return session.run(joined.inputs());
        }
    }

    private Counts compare(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        Set<String> moved = new HashSet<>();
        int compared = 0;
        int behind = 0;
        int undefined = 0;
        for (Output output : joined.outputs().values()) {
            Tensor found = actual.get(output.name());
            Tensor wanted = expected.get(output.name());
            if (output.checkpoints().stream().anyMatch(moved::contains)) {
                moved.add(output.name());
                behind++;
            } else if (allowed.get(output.name()).isInfinite()) {
                moved.add(output.name());
                undefined++;
            } else {
                compare(output, found, wanted);
                compared++;
                if (found.data().mismatch(wanted.data()) >= 0) {
                    moved.add(output.name());
                }
            }
        }
        return new Counts(compared, behind, undefined);
    }

    private void compare(Output output, Tensor found, Tensor wanted) {
        double upstream = allowed.get(output.name());
        if (output.quantizer() != null) {
            double steps = 1 + Math.ceil(upstream / output.quantizer().scale());
            new Tolerance(upstream == 0 ? 1 : steps, 0).check(output.name(), found, wanted);
            return;
        }
        Tolerance own = joined.tolerance(output);
        new Tolerance(own.absolute() + upstream, own.relative()).check(output.name(), found, wanted);
    }
}
