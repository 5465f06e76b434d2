package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.QuantStubs;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.quantize.spec.NodeConfig;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.test.Generator;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuantStubsTest {
    private static final Unary RELU = Unary.of(UnaryFunction.RELU);

    /// Three products; marks as the letters of the order say: `|` begins the quantized part, `:` ends it.
    private static Graph products(String marks) {
        GraphBuilder b = new GraphBuilder("products");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(-1, 4));
        int stub = 0;
        for (char mark : marks.toCharArray()) {
            x =
                    switch (mark) {
                        case '|' -> b.quantStub("quant" + stub++, x);
                        case ':' -> b.deQuantStub("dequant" + stub++, x);
                        case 'r' -> b.add(RELU, x);
                        default ->
                                b.add(
                                        new MatMul(),
                                        x,
                                        b.freshConstant("w", Generator.of(mark).normals(Shape.of(4, 4), 0, 1)));
                    };
        }
        b.output(x);
        return b.build();
    }

    private static List<String> quantized(Graph graph, QuantizationSpec spec) {
        return Quantizer.prepare(graph, spec).decisions().stream()
                .filter(Decision::quantized)
                .map(d -> d.node().name())
                .toList();
    }

    @Test
    void onlyWhatLiesBetweenThemIsQuantized() {
        Graph graph = products("m|mr:m");
        assertThat(quantized(graph, Presets.X86)).containsExactly("MatMul_1", "Relu");
        assertThat(quantized(products("mmrm"), Presets.X86)).hasSize(4);
        assertThat(quantized(products("|mm:m|m:"), Presets.X86)).containsExactly("MatMul", "MatMul_1", "MatMul_3");
    }

    @Test
    void nothingJoinsAcrossThem() {
        Graph graph = products("|m:r");
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        assertThat(quantized(graph, Presets.X86)).containsExactly("MatMul");
        assertThat(prepared.graph().nodes()).noneMatch(QuantStubs::isMark).hasSize(2);
    }

    @Test
    void otherRulesCountInsideOnly() {
        QuantizationSpec spec =
                Presets.X86
                        .withRule(new NodeSelector.Name("MatMul"), NodeConfig.INHERITED)
                        .excluding(new NodeSelector.Name("MatMul_1"));
        assertThat(quantized(products("m|mm:"), spec)).containsExactly("MatMul_2");
    }
}
