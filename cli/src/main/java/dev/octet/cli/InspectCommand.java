package dev.octet.cli;

import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.graph.op.Gather;
import dev.octet.quantize.Conversion;
import dev.octet.quantize.Decision;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.TensorDecision;
import dev.octet.quantize.spec.DynamicActivations;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.WeightOnlySpec;
import dev.octet.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `octet inspect`
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "Tells what a model takes, gives and holds, and what of it would be quantized, and why.")
final class InspectCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Mixin private final OutputMixin output = new OutputMixin();

    @Mixin private final SpecMixin quantization = new SpecMixin();

    @Parameters(paramLabel = "MODEL", description = "an ONNX file")
    @SuppressWarnings("NullAway.Init")
    private Path model;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = "static",
            description = "static, dynamic or weight-only, as octet quantize has it (default: ${DEFAULT-VALUE})")
    private String mode = "static";

    @Mixin private final WeightMixin weights = new WeightMixin();

    @Option(names = "--nodes", description = "a line for each node, not only a summary by operator and reason")
    private boolean nodes;

    @Option(names = "--tensors", description = "a line for each tensor that would be quantized: how, and why")
    private boolean tensors;

    @Override
    public Integer call() throws Exception {
        Terminal terminal = output.terminal(spec);
        Graph graph = Models.read(model);
        Function<Graph, Intent> intent = intent();
        Intent intended = Models.about(model, () -> intent.apply(graph));
        quantization.requireMatches(model, graph, intended.decisions(), terminal);
        long weightBytes = graph.constants().values().stream().mapToLong(Tensor::byteSize).sum();
        if (terminal.isJson()) {
            terminal.json(json(graph, intended, weightBytes));
        } else {
            print(terminal, graph, intended, weightBytes);
        }
        return 0;
    }

    /// What a model would become.
    ///
    /// @param form what a quantized node computes in, or stores its weights in
    private record Intent(
            String preset,
            List<Decision> decisions,
            List<TensorDecision> tensorDecisions,
            Function<Node, String> form) {
        static Intent of(String preset, Conversion conversion, Function<Node, String> form) {
            return new Intent(preset, conversion.decisions(), conversion.tensors(), form);
        }

        String form(Node node, boolean quantized) {
            return quantized ? form.apply(node) : "float";
        }
    }

    /// What becomes of a graph with the settings of the command line, which are read at once.
    private Function<Graph, Intent> intent() {
        return switch (QuantizeMode.named(mode)) {
            case STATIC -> {
                QuantizationSpec settings = quantization.spec();
                yield graph -> {
                    PreparedGraph prepared = Quantizer.prepare(graph, settings);
                    return new Intent(
                            settings.name(),
                            prepared.decisions(),
                            prepared.tensorDecisions(),
                            node -> "int" + settings.activation(node).scheme().dtype().bits());
                };
            }
            case DYNAMIC -> {
                DynamicSpec settings = quantization.dynamic();
                yield graph ->
                        Intent.of(
                                settings.spec().name(),
                                Quantizer.dynamic(graph, settings),
                                node -> dynamicForm(settings, node));
            }
            case WEIGHT_ONLY -> {
                WeightOnlySpec settings = weights.spec(quantization.spec());
                String form =
                        settings.codebook() == null
                                ? "int" + settings.bits()
                                : settings.codebook().toString().toLowerCase(Locale.ROOT);
                yield graph -> Intent.of(mode, Quantizer.weightOnly(graph, settings), _ -> form);
            }
        };
    }

    private static String dynamicForm(DynamicSpec settings, Node node) {
        if (node.op() instanceof Gather) {
            return "int" + settings.spec().weight(node).scheme().dtype().bits();
        }
        return settings.activations() == DynamicActivations.FLOAT ? "float16" : "int8";
    }

    private void print(Terminal terminal, Graph graph, Intent intent, long weightBytes) {
        terminal.print("%s  opsets %s", graph.name(), opsets(graph));
        graph.inputs().forEach(v -> terminal.print("  input   %s  %s", v.name(), v.type()));
        graph.outputs().forEach(v -> terminal.print("  output  %s  %s", v.name(), v.type()));
        terminal.print(
                "  %d nodes, %d constants of %s",
                graph.nodes().size(), graph.constants().size(), Terminal.bytes(weightBytes));
        terminal.print("");
        terminal.print(
                "operators: %s",
                histogram(graph).entrySet().stream()
                        .map(e -> e.getKey() + " " + e.getValue())
                        .collect(Collectors.joining(", ")));
        terminal.print("");
        terminal.print("after fusion, with preset %s:", intent.preset());
        List<List<String>> rows = new ArrayList<>();
        if (nodes) {
            rows.add(List.of("node", "operator", "", "reason"));
            for (Decision decision : intent.decisions()) {
                Node node = decision.node();
                rows.add(
                        List.of(
                                node.name(),
                                node.op().type(),
                                intent.form(node, decision.quantized()),
                                decision.reason()));
            }
        } else {
            rows.add(List.of("nodes", "operator", "", "reason"));
            DecisionGroups.of(intent.decisions(), intent::form)
                    .forEach((group, count) ->
                            rows.add(List.of(String.valueOf(count), group.operator(), group.form(), group.reason())));
        }
        terminal.table(rows);
        if (tensors) {
            printTensors(terminal, intent);
        }
    }

    private static void printTensors(Terminal terminal, Intent intent) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("tensor", "integers", "scales from", "reason"));
        for (TensorDecision tensor : intent.tensorDecisions()) {
            rows.add(List.of(tensor.value(), tensor.integers(), tensor.source(), tensor.reason()));
        }
        terminal.print("");
        terminal.table(rows);
    }

    private static Map<String, Integer> histogram(Graph graph) {
        Map<String, Integer> counts = new TreeMap<>();
        graph.nodes().forEach(n -> counts.merge(n.op().type(), 1, Integer::sum));
        return counts;
    }

    private static String opsets(Graph graph) {
        return graph.opsets().entrySet().stream()
                .map(e -> (e.getKey().isEmpty() ? "ai.onnx" : e.getKey()) + " " + e.getValue())
                .collect(Collectors.joining(", "));
    }

    private static Map<String, Object> json(Graph graph, Intent intent, long weightBytes) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("name", graph.name());
        result.put("opsets", graph.opsets());
        result.put("inputs", values(graph.inputs()));
        result.put("outputs", values(graph.outputs()));
        result.put("operators", histogram(graph));
        result.put("constant_bytes", weightBytes);
        result.put("preset", intent.preset());
        List<Map<String, Object>> decisions = new ArrayList<>();
        for (Decision decision : intent.decisions()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("node", decision.node().name());
            entry.put("operator", decision.node().op().type());
            entry.put("quantized", decision.quantized());
            entry.put("reason", decision.reason());
            decisions.add(entry);
        }
        result.put("decisions", decisions);
        List<Map<String, Object>> tensors = new ArrayList<>();
        for (TensorDecision tensor : intent.tensorDecisions()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("tensor", tensor.value());
            entry.put("integers", tensor.integers());
            entry.put("scales_from", tensor.source());
            entry.put("reason", tensor.reason());
            tensors.add(entry);
        }
        result.put("tensors", tensors);
        return result;
    }

    /// Numbers, names where the model only names an extent, `null` where it leaves one open; `null` for an open rank.
    private static @Nullable List<@Nullable Object> extents(@Nullable PartialShape shape) {
        if (shape == null) {
            return null;
        }
        List<@Nullable Object> extents = new ArrayList<>();
        for (Dim dim : shape.dims()) {
            extents.add(
                    switch (dim) {
                        case Dim.Fixed fixed -> fixed.size();
                        case Dim.Symbol symbol -> symbol.name();
                        case Dim.Unknown _ -> null;
                    });
        }
        return extents;
    }

    private static List<Map<String, @Nullable Object>> values(List<ValueInfo> values) {
        List<Map<String, @Nullable Object>> list = new ArrayList<>();
        for (ValueInfo value : values) {
            Map<String, @Nullable Object> entry = new LinkedHashMap<>();
            entry.put("name", value.name());
            entry.put("dtype", value.type().isForeign() ? value.type().toString() : value.type().dtype().toString());
            entry.put("shape", extents(value.type().shape()));
            list.add(entry);
        }
        return list;
    }
}
