package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each operator against golden cases.
class OperatorCasesTest {
    static List<OperatorCase> cases() throws IOException {
        return OperatorCase.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void infersTheTypesOfTheOutputs(OperatorCase golden) {
        List<TypeInfo> inferred = infer(golden, golden.inputTypes(), golden.inputs());

        assertThat(inferred).isEqualTo(golden.outputs().stream().map(TypeInfo::of).toList());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void evaluatesToTheGoldenOutputs(OperatorCase golden) {
        List<Tensor> outputs = new ArrayList<>();
        golden.outputs().forEach(t -> outputs.add(Tensor.allocate(t.dtype(), t.shape())));
        // A run's memory holds what was there before: an operator writes every element.
        outputs.forEach(t -> t.data().fill((byte) 0x55));

        golden.op().evaluate(golden.inputs(), outputs);

        for (int i = 0; i < outputs.size(); i++) {
            assertSame(outputs.get(i), golden.outputs().get(i), "output " + i);
        }
    }

    /// Whatever is unknown, a rule never contradicts what it says when everything is known.
    @ParameterizedTest
    @MethodSource("cases")
    void infersNothingWrongFromLess(OperatorCase golden) {
        List<Tensor> noConstants = new ArrayList<>(golden.inputs());
        noConstants.replaceAll(_ -> null);
        List<TypeInfo> ranks = forget(golden, false);
        List<TypeInfo> dtypes = forget(golden, true);

        for (List<Tensor> constants : List.of(golden.inputs(), noConstants)) {
            assertAgrees(infer(golden, ranks, constants), golden);
            assertAgrees(infer(golden, dtypes, constants), golden);
        }
        assertAgrees(infer(golden, golden.inputTypes(), noConstants), golden);
    }

    private static List<TypeInfo> forget(OperatorCase golden, boolean ranks) {
        List<TypeInfo> types = golden.inputTypes();
        types.replaceAll(t -> t == null ? null : new TypeInfo(t.dtype(), ranks ? null : symbols(t.shape())));
        return types;
    }

    private static PartialShape symbols(PartialShape shape) {
        List<Dim> dims = new ArrayList<>();
        for (int axis = 0; axis < shape.rank(); axis++) {
            dims.add(Dim.symbol("d" + axis));
        }
        return new PartialShape(dims);
    }

    private static void assertAgrees(List<TypeInfo> inferred, OperatorCase golden) {
        for (int i = 0; i < inferred.size(); i++) {
            Tensor expected = golden.outputs().get(i);
            if (golden.op() instanceof Composite && inferred.get(i) == null) {
                // Its body depends on what is not known.
                continue;
            }
            assertThat(inferred.get(i).dtype()).isEqualTo(expected.dtype());
            PartialShape shape = inferred.get(i).shape();
            if (shape != null) {
                assertThat(shape.accepts(expected.shape())).as(shape + " accepts " + expected.shape()).isTrue();
            }
        }
    }

    private static List<TypeInfo> infer(OperatorCase golden, List<TypeInfo> types, List<Tensor> constants) {
        Inference inference = new Inference(types, constants, golden.outputs().size(), ShapeInference::subgraph);
        golden.op().infer(inference);
        return inference.outputs();
    }

    private static void assertSame(Tensor found, Tensor expected, String what) {
        if (!expected.dtype().isFloating()) {
            assertThat(found.toLongArray()).as(what).isEqualTo(expected.toLongArray());
            return;
        }
        for (long i = 0; i < expected.elementCount(); i++) {
            double e = expected.getDouble(i);
            double f = found.getDouble(i);
            boolean same = Math.abs(e - f) <= tolerance(expected.dtype()) * Math.max(1, Math.abs(e));
            if (!same && e != f && !(Double.isNaN(e) && Double.isNaN(f))) {
                throw new AssertionError(what + "[" + i + "]: expected " + e + ", found " + f);
            }
        }
    }

    private static double tolerance(DType dtype) {
        return switch (dtype) {
            case FLOAT16 -> 1e-3;
            case BFLOAT16 -> 8e-3;
            default -> 1e-5;
        };
    }
}
