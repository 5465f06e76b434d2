package dev.octet.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.oracle.JoinedCheck.Counts;
import dev.octet.conformance.oracle.JoinedCheck.Divided;
import dev.octet.conformance.oracle.JoinedCheck.Refused;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

/// Random graphs of one to six operators, quantized or not, beside ONNX Runtime.
///
/// System properties:
///
/// - `octet.graphs`: how many, 300 unless told
/// - `octet.graphs.first`: number of the first one, as a failure names it
/// - `octet.graphs.seed`: another series
/// - `octet.graphs.operators`: a regular expression; only operators that match it are drawn
class GraphOracleTest {
    private static final int COUNT = Integer.getInteger("octet.graphs", 300);
    private static final int FIRST = Integer.getInteger("octet.graphs.first", 0);
    private static final long SEED = Long.getLong("octet.graphs.seed", 4);
    private static final String FILTER = System.getProperty("octet.graphs.operators", ".*");

    /// More failures than this are told by number only.
    private static final int SHRUNK = 12;

    /// Share of graphs that ONNX Runtime may refuse, or compute otherwise when it optimizes them, and of outputs that
    /// may stay uncompared.
    private static final double RARE = 0.02;

    private static final double SELDOM = 0.15;

    /// From so many graphs on, shares mean something.
    private static final int SOME = 100;

    /// In so many graphs, every operator occurs.
    private static final int MANY = 5000;

    private final Map<String, Integer> ran = new TreeMap<>();
    private final Map<String, Integer> refused = new TreeMap<>();
    private final List<String> refusals = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private int compared;
    private int uncompared;
    private int links;
    private int quantized;

    @Test
    void graphsAgree(TestReporter reporter) {
        List<String> operators = operators();
        for (int index = FIRST; index < FIRST + COUNT; index++) {
            check(index, PieceDrawer.draw(Generator.caseOf(SEED, index), operators));
        }
        report(reporter);
        assertThat(failures).as("graphs that differ, of seed " + SEED).isEmpty();
        if (COUNT >= SOME) {
            assertThat(refusals.size())
                    .as("graphs refused: " + refusals)
                    .isLessThanOrEqualTo((int) Math.ceil(COUNT * RARE));
            assertThat(uncompared)
                    .as("outputs not compared")
                    .isLessThanOrEqualTo((int) ((compared + uncompared) * SELDOM));
            assertThat(links).as("results that another operator takes").isGreaterThan(COUNT / 2);
            assertThat(quantized).as("quantized values").isGreaterThan(COUNT / 2);
        }
        if (COUNT >= MANY) {
            assertThat(ran.keySet()).as("operators that ran").containsAll(operators);
        }
    }

    /// All but those whose cases only the reader of files makes into operators.
    private static List<String> operators() {
        return OperatorCases.TABLE.entrySet().stream()
                .filter(e -> e.getKey().matches(FILTER))
                .filter(e -> !e.getValue().apply(Generator.of(SEED)).isOld())
                .map(Map.Entry::getKey)
                .toList();
    }

    private void check(int index, List<Piece> pieces) {
        try {
            Counts counts = JoinedCheck.check(pieces);
            compared += counts.compared();
            uncompared += counts.behind() + counts.undefined();
            for (Piece piece : pieces) {
                ran.merge(piece.operator(), 1, Integer::sum);
                links += piece.links().size();
                quantized += piece.quantized().size();
            }
        } catch (Refused e) {
            pieces.forEach(p -> refused.merge(p.operator(), 1, Integer::sum));
            refusals.add(index + ": " + e.getMessage());
        } catch (Divided e) {
            refusals.add(index + ": with and without optimization: " + e.getMessage());
        } catch (Throwable e) {
            failures.add(failures.size() < SHRUNK ? describe(index, pieces, e) : Integer.toString(index));
        }
    }

    /// A failure of the same kind, in the smallest graph that has it.
    private static String describe(int index, List<Piece> pieces, Throwable error) {
        List<Piece> small = JoinedShrinker.shrink(pieces, candidate -> fails(candidate) != null);
        Throwable smallError = fails(small);
        JoinedGraph joined = new JoinedGraph(small);
        int opset = joined.graph().opsets().get("");
        return "\ngraph "
                + index
                + ": "
                + error.getMessage()
                + "\n  repeat with -Doctet.graphs=1 -Doctet.graphs.first="
                + index
                + " -Doctet.graphs.seed="
                + SEED
                + "\n  smallest: "
                + small.stream().map(Piece::operator).collect(Collectors.joining(", "))
                + ": "
                + (smallError == null ? "" : smallError.getMessage())
                + "\n  "
                + new OracleCase(joined.graph(), opset, joined.inputs(), Tolerance.EXACT).describe();
    }

    private static @Nullable Throwable fails(List<Piece> pieces) {
        try {
            JoinedCheck.check(pieces);
            return null;
        } catch (Refused | Divided e) {
            return null;
        } catch (Throwable e) {
            return e;
        }
    }

    private void report(TestReporter reporter) {
        refusals.forEach(r -> reporter.publishEntry("no judgement", r));
        int graphs = COUNT - refusals.size() - failures.size();
        reporter.publishEntry(
                Map.of(
                        "graphs",
                        graphs + " agree, " + failures.size() + " differ, " + refusals.size() + " refused or divided",
                        "outputs",
                        compared + " compared, " + uncompared + " behind a rounding or not finite",
                        "links",
                        links + " between operators, " + quantized + " quantized values",
                        "seed",
                        Long.toString(SEED),
                        "operators",
                        ran.toString(),
                        "refused",
                        refused.toString()));
    }
}
