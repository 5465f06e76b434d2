package dev.octet.cli;

import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.quantize.Decision;
import dev.octet.quantize.observer.ObserverNames;
import dev.octet.quantize.spec.DynamicForm;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.SpecFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that say how a model is quantized.
final class SpecMixin {
    private static final Map<String, QuantFormat> FORMATS =
            new TreeMap<>(Map.of("qdq", QuantFormat.QDQ, "qoperator", QuantFormat.QOPERATOR));
    private static final Map<String, DynamicForm> DYNAMIC_FORMS =
            new TreeMap<>(Map.of("integer-ops", DynamicForm.INTEGER_OPS, "onnxruntime", DynamicForm.ONNX_RUNTIME));

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description = {
                "system to speak like: x86 (the default), fbgemm, onednn, qnnpack, default,",
                "default_symmetric_qnnpack, onnxruntime, tensorrt, ncnn, tflite;",
                "with --mode dynamic: octet (the default), x86, fbgemm, onednn, default, qnnpack, onnxruntime, ncnn,",
                "tflite, float16, embedding"
            })
    private @Nullable String preset;

    @Option(
            names = "--observer",
            paramLabel = "NAME",
            description = {
                "how activation ranges are found: minmax, moving-average, histogram, absmax, tensorrt-entropy,",
                "tensorrt-mse, tensorrt-percentile, onnxruntime-average, onnxruntime-entropy,",
                "onnxruntime-percentile, ncnn-kl, ncnn-aciq, aciq-laplace",
                "(default: the preset's)"
            })
    private @Nullable String observer;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "YAML or JSON: a preset, what differs from it, and what some nodes get (see docs/methods.md)")
    private @Nullable Path config;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            description = {
                "qdq or qoperator (default: the preset's); with --mode weight-only, qoperator is ONNX Runtime's",
                "MatMulNBits; with --mode dynamic: integer-ops, or onnxruntime, which has DynamicQuantizeLSTM and",
                "QAttention"
            })
    private @Nullable String format;

    @Option(
            names = "--exclude",
            paramLabel = "REGEX",
            description = "nodes that stay float: a pattern for the whole name; repeatable")
    private final List<String> excluded = new ArrayList<>();

    @Option(
            names = "--exclude-type",
            paramLabel = "TYPE",
            description = "operator types that stay float, such as Add; repeatable")
    private final List<String> excludedTypes = new ArrayList<>();

    @Option(
            names = "--include-type",
            paramLabel = "TYPE",
            description = "operator types that are quantized although the preset leaves them, such as Conv; repeatable")
    private final List<String> includedTypes = new ArrayList<>();

    /// For dynamic quantization.
    DynamicSpec dynamic() {
        if (observer != null) {
            throw new UserException("--mode dynamic: takes no --observer, since ranges are found at run time");
        }
        String base = preset == null ? DynamicPresets.names().getFirst() : preset;
        DynamicSpec dynamic =
                config == null
                        ? named(base, DynamicPresets::named)
                        : fromFile(config, f -> SpecFile.readDynamic(f, base));
        if (format != null) {
            dynamic = dynamic.withForm(choose("--format", format, DYNAMIC_FORMS));
        }
        return dynamic.withSpec(selecting(dynamic.spec()));
    }

    QuantizationSpec spec() {
        String base = preset == null ? Presets.names().getFirst() : preset;
        QuantizationSpec spec =
                config == null ? named(base, Presets::named) : fromFile(config, f -> SpecFile.read(f, base));
        if (observer != null) {
            spec =
                    spec.withActivation(
                            spec.activation()
                                    .withObserver(named(observer.toLowerCase(Locale.ROOT), ObserverNames::named)));
        }
        if (format != null) {
            spec = Presets.inFormat(spec, choose("--format", format, FORMATS));
        }
        return selecting(spec);
    }

    private QuantizationSpec selecting(QuantizationSpec base) {
        QuantizationSpec spec = base;
        for (String type : includedTypes) {
            spec = spec.including(type);
        }
        for (String regex : excluded) {
            try {
                spec = spec.excluding(new NodeSelector.NamePattern(regex));
            } catch (PatternSyntaxException e) {
                throw new UserException(
                        "--exclude: " + e.getDescription() + " at character " + e.getIndex() + " of '" + regex + "'");
            }
        }
        for (String type : excludedTypes) {
            spec = spec.excluding(new NodeSelector.OperatorType(type));
        }
        return spec;
    }

    /// Says of a node name or type to exclude that no node has it: the model would be quantized as if nothing had been
    /// asked for.
    ///
    /// @param decisions of all nodes after fusion
    /// @throws UserException if a pattern matches no name, neither in the file nor after fusion
    void requireMatches(Path model, Graph original, List<Decision> decisions, Terminal terminal) {
        List<Node> fused = decisions.stream().map(Decision::node).toList();
        List<Node> read = nodes(original).toList();
        for (String regex : excluded) {
            Predicate<Node> matches = new NodeSelector.NamePattern(regex)::matches;
            if (fused.stream().anyMatch(matches)) {
                continue;
            }
            if (read.stream().noneMatch(matches)) {
                throw new UserException(
                        "--exclude: no node of "
                                + model
                                + " has a name that '"
                                + regex
                                + "' matches as a whole; octet inspect --nodes lists the names");
            }
            terminal.note(
                    "--exclude: what '%s' matches joins other nodes before anything is quantized; octet inspect"
                            + " --nodes lists those that remain",
                    regex);
        }
        for (String type : excludedTypes) {
            if (Stream.concat(fused.stream(), read.stream()).noneMatch(n -> n.op().type().equals(type))) {
                terminal.note("--exclude-type: %s has no operator %s", model, type);
            }
        }
    }

    /// All nodes, those of graphs inside nodes, too.
    private static Stream<Node> nodes(Graph graph) {
        return graph.nodes().stream()
                .flatMap(node ->
                        Stream.concat(
                                Stream.of(node),
                                node.op().attributes().asMap().values().stream()
                                        .filter(GraphValue.class::isInstance)
                                        .flatMap(value -> nodes(((GraphValue) value).value()))));
    }

    private interface Reader<S> {
        S read(Path file) throws IOException;
    }

    private static <S> S fromFile(Path file, Reader<S> reader) {
        InputFiles.require(file, "a YAML or JSON file");
        try {
            return reader.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalArgumentException e) {
            throw new UserException("--config: " + e.getMessage());
        }
    }

    /// What an option names; the message of a wrong name begins with the option's.
    static <T> T named(String name, Function<String, T> find) {
        try {
            return find.apply(name);
        } catch (IllegalArgumentException e) {
            throw new UserException("--" + e.getMessage(), e);
        }
    }

    private static <T> T choose(String option, String name, Map<String, T> known) {
        T value = known.get(name.toLowerCase(Locale.ROOT));
        if (value == null) {
            throw new UserException(option + ": unknown name '" + name + "'; known are " + known.keySet());
        }
        return value;
    }
}
