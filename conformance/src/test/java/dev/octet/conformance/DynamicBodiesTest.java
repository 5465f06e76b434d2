package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.Session;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.If;
import dev.octet.graph.op.Loop;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Scan;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Dynamic quantization of the graphs inside If, Loop and Scan, whose weights are their own or those of the graph
/// around them: as ONNX Runtime runs what was written, and close to the float network.
class DynamicBodiesTest {
    private static final int WIDTH = 32;
    private static final TypeInfo STATE = new TypeInfo(DType.FLOAT32, PartialShape.of(3, WIDTH));

    private static Tensor weights(int seed) {
        return Generator.of(seed).normals(Shape.of(WIDTH, WIDTH), 0, 0.15f);
    }

    /// `tanh(s·W)`; W from outside, or inside.
    private static String step(GraphBuilder body, String state, boolean outside) {
        String w =
                outside
                        ? body.input(Captures.input("w", TypeInfo.of(DType.FLOAT32, Shape.of(WIDTH, WIDTH))))
                        : body.constant("w", weights(1));
        body.add(new Node("product", new MatMul(), List.of(state, w), List.of("p")));
        body.add(new Node("tanh", Unary.of(UnaryFunction.TANH), List.of("p"), List.of("next")));
        return "next";
    }

    private static Graph loop(boolean outside) {
        GraphBuilder body = new GraphBuilder("body");
        body.input("trip", DType.INT64, PartialShape.of());
        String goesOn = body.input("goes_on", DType.BOOL, PartialShape.of());
        String state = body.input("s", STATE.dtype(), STATE.shape());
        String next = step(body, state, outside);
        body.add(new Node("same", new Identity(), List.of(goesOn), List.of("still")));
        body.output(new ValueInfo("still", new TypeInfo(DType.BOOL, PartialShape.of())));
        body.output(next);
        GraphBuilder graph = new GraphBuilder("loop");
        String x = graph.input("x", STATE.dtype(), STATE.shape());
        String trips = graph.constant("trips", Tensor.scalar(DType.INT64, 4));
        return around(graph, new Loop(body.build()), outside, trips, "", x);
    }

    private static Graph scan(boolean outside) {
        GraphBuilder body = new GraphBuilder("body");
        String state = body.input("s", STATE.dtype(), STATE.shape());
        String part = body.input("part", DType.FLOAT32, PartialShape.of(WIDTH));
        body.add(new Node("add", new Binary(BinaryFunction.ADD), List.of(state, part), List.of("sum")));
        body.output(step(body, "sum", outside));
        GraphBuilder graph = new GraphBuilder("scan");
        String x = graph.input("x", STATE.dtype(), STATE.shape());
        String parts = graph.constant("parts", Generator.of(5).normals(Shape.of(4, WIDTH), 0, 0.1f));
        Scan scan = new Scan(body.build(), 1, List.of(), List.of(), List.of(), List.of());
        return around(graph, scan, outside, x, parts);
    }

    /// A branch in a branch, so that the weights come from two graphs further out.
    private static Graph branch(boolean outside) {
        GraphBuilder inner = new GraphBuilder("inner");
        inner.input(Captures.input("x", STATE));
        inner.output(step(inner, "x", outside));
        GraphBuilder other = new GraphBuilder("other");
        other.input(Captures.input("x", STATE));
        other.add(new Node("negate", Unary.of(UnaryFunction.NEG), List.of("x"), List.of("negated")));
        other.output("negated");
        GraphBuilder middle = new GraphBuilder("middle");
        middle.input(Captures.input("c", new TypeInfo(DType.BOOL, PartialShape.of())));
        middle.input(Captures.input("x", STATE));
        If nested = new If(inner.build(), other.build());
        List<String> operands = outside ? List.of("c", "x", "w") : List.of("c", "x");
        if (outside) {
            middle.input(Captures.input("w", TypeInfo.of(DType.FLOAT32, Shape.of(WIDTH, WIDTH))));
        }
        middle.add(new Node("nested", nested, operands, List.of("m")));
        middle.output("m");
        GraphBuilder graph = new GraphBuilder("branch");
        String c = graph.input("c", DType.BOOL, PartialShape.of());
        String x = graph.input("x", STATE.dtype(), STATE.shape());
        return around(graph, new If(middle.build(), other.build()), outside, c, c, x);
    }

    private static Graph around(GraphBuilder graph, Op op, boolean outside, String... operands) {
        List<String> inputs = new ArrayList<>(List.of(operands));
        if (outside) {
            inputs.add(graph.constant("w", weights(1)));
        }
        graph.add(new Node("node", op, inputs, List.of("y")));
        graph.output("y");
        return graph.build();
    }

    private static long products(Graph graph) {
        long count = graph.nodes().stream().filter(n -> n.op().type().matches("MatMulInteger|ConvInteger")).count();
        for (Node node : graph.nodes()) {
            for (var attribute : node.op().attributes().asMap().values()) {
                count += attribute instanceof GraphValue(Graph body) ? products(body) : 0;
            }
        }
        return count;
    }

    @ParameterizedTest
    @CsvSource({
        "loop, false, octet", "loop, true, octet", "loop, true, x86", "loop, true, float16",
        "scan, false, octet", "scan, true, octet", "scan, true, qnnpack", "scan, false, float16",
        "branch, false, octet", "branch, true, octet", "branch, true, float16"
    })
    void bodiesAreQuantized(String kind, boolean outside, String preset) {
        Graph graph =
                switch (kind) {
                    case "loop" -> loop(outside);
                    case "scan" -> scan(outside);
                    default -> branch(outside);
                };
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named(preset));
        assertThat(conversion.quantizedOperators()).isEqualTo(1);
        assertThat(products(conversion.graph())).isEqualTo(preset.equals("float16") ? 0 : 1);
        // The float weights are gone.
        assertThat(conversion.graph().constants().values())
                .noneMatch(c -> c.dtype() == DType.FLOAT32 && c.shape().equals(Shape.of(WIDTH, WIDTH)));
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put("x", Generator.of(7).normals(Shape.of(3, WIDTH), 0, 1));
        if (kind.equals("branch")) {
            inputs.put("c", Tensor.scalar(DType.BOOL, 1));
        }
        check(graph, conversion, inputs, preset.equals("float16") ? 55 : 28);
    }

    /// As in Silero's voice detector for 8 and 16 kHz: one convolution in each branch, all constants in the outer
    /// graph.
    @Test
    void convolutionsTakeWeightsFromOutside() {
        Generator g = Generator.of(9);
        GraphBuilder graph = new GraphBuilder("rates");
        TypeInfo sound = new TypeInfo(DType.FLOAT32, PartialShape.of(1, 4, 50));
        String c = graph.input("c", DType.BOOL, PartialShape.of());
        String x = graph.input("x", sound.dtype(), sound.shape());
        String a = graph.constant("kernel_a", g.normals(Shape.of(8, 4, 3), 0, 0.3f));
        String b = graph.constant("kernel_b", g.normals(Shape.of(8, 4, 3), 0, 0.3f));
        If op = new If(convolution("kernel_a", sound), convolution("kernel_b", sound));
        graph.add(new Node("if", op, List.of(c, x, a, b), List.of("y")));
        graph.output("y");
        DynamicSpec octet = DynamicPresets.named("octet");
        assertThat(Quantizer.dynamic(graph.build(), octet).quantizedOperators()).isZero();
        Conversion conversion = Quantizer.dynamic(graph.build(), octet.withSpec(octet.spec().including("Conv")));
        assertThat(conversion.quantizedOperators()).isEqualTo(2);
        assertThat(conversion.graph().constants()).isEmpty();
        for (int branch = 0; branch < 2; branch++) {
            Map<String, Tensor> inputs =
                    Map.of("c", Tensor.scalar(DType.BOOL, branch), "x", g.normals(Shape.of(1, 4, 50), 0, 1));
            check(graph.build(), conversion, inputs, 35);
        }
    }

    private static Graph convolution(String kernel, TypeInfo sound) {
        GraphBuilder body = new GraphBuilder("branch_" + kernel);
        body.input(Captures.input("x", sound));
        body.input(Captures.input(kernel, TypeInfo.of(DType.FLOAT32, Shape.of(8, 4, 3))));
        body.add(new Node("conv_" + kernel, new Conv(Window.of(3), 1), List.of("x", kernel), List.of("y_" + kernel)));
        body.output("y_" + kernel);
        return body.build();
    }

    private static void check(Graph graph, Conversion conversion, Map<String, Tensor> inputs, double decibels) {
        byte[] model = OnnxWriter.toBytes(conversion.graph());
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model, OnnxRuntimeOracle.Mode.UNOPTIMIZED);
                Session session = Session.open(OnnxReader.read(model));
                Session original = Session.open(graph)) {
            Tensor expected = oracle.run(inputs).get("y");
            Tensor found = session.run(inputs).get("y");
            assertThat(Fidelity.of(expected, found).sqnr()).isGreaterThan(45);
            assertThat(Fidelity.of(original.run(inputs).get("y"), found).sqnr()).isGreaterThan(decibels);
        }
    }
}
