package dev.octet.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.OnnxRuntimeOracle.Mode;
import dev.octet.engine.Session;
import dev.octet.graph.Captures;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.TypeInfo;
import dev.octet.graph.layer.TorchLayers;
import dev.octet.graph.layer.TorchLayers.Recurrent;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.If;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Rnn;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.FidelityMeter;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.spec.DynamicPresets;
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

/// LSTM, GRU and RNN quantized dynamically: as ONNX Runtime runs what was written, and close to the float network.
class DynamicRecurrenceTest {
    private static final int INPUTS = 24;
    private static final int HIDDEN = 32;

    /// Weights of about the size that PyTorch draws: one over the square root of the state's size.
    private static Map<String, Tensor> state(int gates) {
        Map<String, Tensor> state = new HashMap<>();
        Generator g = Generator.of(gates);
        float bound = (float) (1 / Math.sqrt(3 * HIDDEN));
        for (String direction : List.of("", "_reverse")) {
            state.put("m.weight_ih_l0" + direction, g.normals(Shape.of(gates * HIDDEN, INPUTS), 0, bound));
            state.put("m.weight_hh_l0" + direction, g.normals(Shape.of(gates * HIDDEN, HIDDEN), 0, bound));
            state.put("m.bias_ih_l0" + direction, g.normals(Shape.of(gates * HIDDEN), 0, bound));
            state.put("m.bias_hh_l0" + direction, g.normals(Shape.of(gates * HIDDEN), 0, bound));
        }
        return state;
    }

    private static Graph network(String layer) {
        GraphBuilder builder = new GraphBuilder(layer);
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1, -1, INPUTS));
        write(builder, layer, x).forEach(builder::output);
        return builder.build();
    }

    private static List<String> write(GraphBuilder builder, String layer, String x) {
        TorchLayers net = new TorchLayers(builder, state(layer.equals("lstm") ? 4 : layer.equals("gru") ? 3 : 1));
        Recurrent r =
                switch (layer) {
                    case "lstm" -> net.lstm("m", x, false);
                    case "gru" -> net.gru("m", x, false);
                    default -> net.rnn("m", x, false);
                };
        List<String> results = new ArrayList<>(List.of(r.output(), r.hidden()));
        if (!r.cell().isEmpty()) {
            results.add(r.cell());
        }
        return results;
    }

    /// The network in one branch of an If, a sum in the other.
    private static Graph inBranch(String layer) {
        TypeInfo type = new TypeInfo(DType.FLOAT32, PartialShape.of(-1, -1, INPUTS));
        GraphBuilder then = new GraphBuilder("then");
        then.input(Captures.input("x", type));
        then.output(write(then, layer, "x").getFirst());
        GraphBuilder otherwise = new GraphBuilder("else");
        otherwise.input(Captures.input("x", type));
        otherwise.output(new TorchLayers(otherwise, Map.of()).cat("both", 2, List.of("x", "x")));
        GraphBuilder builder = new GraphBuilder("branch");
        builder.input("x", type.dtype(), type.shape());
        String x = builder.input("c", DType.BOOL, PartialShape.of());
        builder.add(new Node("if", new If(then.build(), otherwise.build()), List.of(x, "x"), List.of("y")));
        builder.output("y");
        return builder.build();
    }

    @ParameterizedTest
    @CsvSource({
        "lstm, octet, 35",
        "gru, octet, 35",
        "rnn, octet, 35",
        "lstm, x86, 30",
        "gru, x86, 30",
        "rnn, x86, 30",
        "lstm, qnnpack, 33",
        "gru, float16, 60"
    })
    void runsInOnnxRuntimeAndStaysClose(String layer, String preset, double decibels) {
        Graph graph = network(layer);
        check(graph, preset, decibels, Map.of());
    }

    @ParameterizedTest
    @CsvSource({"lstm, 35", "gru, 35"})
    void insideBranches(String layer, double decibels) {
        check(inBranch(layer), "octet", decibels, Map.of("c", Tensor.scalar(DType.BOOL, 1)));
    }

    /// Layers with what exporters of PyTorch never write: peepholes, a bound of the gates, coupled gates, and samples
    /// that end before the others.
    @ParameterizedTest
    @CsvSource({
        "lstm, FORWARD, 0.5, false",
        "lstm, BIDIRECTIONAL, 0, true",
        "gru, REVERSE, 0.7, false",
        "gru, BIDIRECTIONAL, 0, false",
        "rnn, REVERSE, 0.3, false"
    })
    void rareOptionsAreQuantizedToo(String layer, Direction direction, float clip, boolean coupled) {
        RecurrentOptions options =
                new RecurrentOptions(direction, HIDDEN, clip, false, List.of(), List.of(), List.of());
        int gates = layer.equals("lstm") ? 4 : layer.equals("gru") ? 3 : 1;
        Op op =
                switch (layer) {
                    case "lstm" -> new Lstm(options, coupled);
                    case "gru" -> new Gru(options, coupled);
                    default -> new Rnn(options);
                };
        Generator g = Generator.of(gates);
        GraphBuilder builder = new GraphBuilder(layer);
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1, -1, INPUTS));
        String lengths = builder.input("lengths", DType.INT32, PartialShape.of(-1));
        int directions = direction.count();
        String w = builder.constant("w", g.normals(Shape.of(directions, gates * HIDDEN, INPUTS), 0, 0.1f));
        String r = builder.constant("r", g.normals(Shape.of(directions, gates * HIDDEN, HIDDEN), 0, 0.1f));
        String b = builder.constant("b", g.normals(Shape.of(directions, 2 * gates * HIDDEN), 0, 0.1f));
        List<String> inputs = new ArrayList<>(List.of(x, w, r, b, lengths));
        List<String> outputs = new ArrayList<>(List.of("y", "h"));
        if (layer.equals("lstm")) {
            String p = builder.constant("p", g.normals(Shape.of(directions, 3 * HIDDEN), 0, 0.1f));
            inputs.addAll(List.of("", "", p));
            outputs.add("c");
        }
        builder.add(new Node("layer", op, inputs, outputs));
        outputs.forEach(builder::output);
        Map<String, Tensor> fixed = Map.of("lengths", Tensor.of(Shape.of(3), new int[] {20, 7, 1}));
        check(builder.build(), "octet", 35, fixed);
        check(builder.build(), "float16", 60, fixed);
    }

    @Test
    void whatStaysInFloatIsToldWhy() {
        RecurrentOptions options =
                new RecurrentOptions(
                        Direction.FORWARD,
                        HIDDEN,
                        0,
                        false,
                        List.of("HardSigmoid", "Tanh", "Tanh"),
                        List.of(),
                        List.of());
        Generator g = Generator.of(3);
        GraphBuilder builder = new GraphBuilder("unusual");
        String x = builder.input("x", DType.FLOAT32, PartialShape.of(-1, -1, INPUTS));
        String w = builder.constant("w", g.normals(Shape.of(1, 4 * HIDDEN, INPUTS), 0, 0.1f));
        String r = builder.constant("r", g.normals(Shape.of(1, 4 * HIDDEN, HIDDEN), 0, 0.1f));
        builder.add(new Node("hard", new Lstm(options, false), List.of(x, w, r), List.of("y")));
        builder.output("y");
        Conversion conversion = Quantizer.dynamic(builder.build(), DynamicPresets.named("octet"));
        assertThat(conversion.decisions())
                .singleElement()
                .satisfies(d -> {
                    assertThat(d.quantized()).isFalse();
                    assertThat(d.reason()).contains("other functions than usual", "HardSigmoid");
                });
        assertThat(Quantizer.dynamic(builder.build(), DynamicPresets.named("onnxruntime")).graph().nodes())
                .extracting(n -> n.op().type())
                .containsExactly("DynamicQuantizeLSTM");
    }

    private static void check(Graph graph, String preset, double decibels, Map<String, Tensor> fixed) {
        // Node by node, and as a user gets it, but for instructions that saturate where the machine has no others.
        for (Mode mode : List.of(Mode.UNOPTIMIZED, Mode.PRECISE)) {
            check(graph, preset, decibels, fixed, mode);
        }
    }

    private static void check(Graph graph, String preset, double decibels, Map<String, Tensor> fixed, Mode mode) {
        Conversion conversion = Quantizer.dynamic(graph, DynamicPresets.named(preset));
        assertThat(conversion.quantizedOperators()).isPositive();
        byte[] model = OnnxWriter.toBytes(conversion.graph());
        FidelityMeter toFloat = new FidelityMeter();
        FidelityMeter engine = new FidelityMeter();
        try (OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(model, mode);
                Session original = Session.open(graph);
                Session session = Session.open(OnnxReader.read(model))) {
            for (int i = 0; i < 4; i++) {
                Map<String, Tensor> inputs = new HashMap<>(fixed);
                inputs.put("x", Generator.caseOf(5, i).normals(Shape.of(20, 3, INPUTS), 0, 1));
                Map<String, Tensor> expected = oracle.run(inputs);
                Map<String, Tensor> found = session.run(inputs);
                Map<String, Tensor> real = original.run(inputs);
                for (String output : expected.keySet()) {
                    engine.add(expected.get(output), found.get(output));
                    toFloat.add(real.get(output), found.get(output));
                }
            }
        }
        String report =
                preset + " to float " + toFloat.fidelity() + ", to ONNX Runtime " + mode + " " + engine.fidelity();
        assertThat(toFloat.fidelity().sqnr()).as(report).isGreaterThan(decibels);
        assertThat(engine.fidelity().sqnr()).as(report).isGreaterThan(40);
    }
}
