package dev.octet.cli;

import dev.octet.graph.Graph;
import dev.octet.quantize.Decision;
import dev.octet.quantize.observer.ObserverNames;
import dev.octet.quantize.spec.DynamicForm;
import dev.octet.quantize.spec.DynamicPresets;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.NodeRule;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Placement;
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
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that say how a model is quantized.
final class SpecMixin {
    private static final Map<String, QuantFormat> FORMATS =
            new TreeMap<>(Map.of("qdq", QuantFormat.QDQ, "qoperator", QuantFormat.QOPERATOR));
    private static final Map<String, Placement> PLACEMENTS =
            new TreeMap<>(
                    Map.of(
                            "between",
                            Placement.BETWEEN,
                            "everywhere",
                            Placement.EVERYWHERE,
                            "whole-graph",
                            Placement.WHOLE_GRAPH,
                            "fx",
                            Placement.FX));
    private static final Map<String, DynamicForm> DYNAMIC_FORMS =
            new TreeMap<>(Map.of("integer-ops", DynamicForm.INTEGER_OPS, "onnxruntime", DynamicForm.ONNX_RUNTIME));

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description = {
                "system to speak like: x86 (the default), fbgemm, onednn, qnnpack, default,",
                "default_symmetric_qnnpack, onnxruntime, tensorrt, ncnn, tflite;",
                "with --mode dynamic: octet (the default), x86, fbgemm, onednn, default, qnnpack, onnxruntime, ncnn,",
                "tflite, float16, embedding, embedding4"
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
            names = "--placement",
            paramLabel = "NAME",
            description = {
                "where operators with little work are quantized: between (others that are), everywhere, whole-graph,",
                "fx (as PyTorch's FX flow, with its presets) (default: the preset's)"
            })
    private @Nullable String placement;

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

    private final List<NodeRule> fileRules = new ArrayList<>();
    private final List<String> fileTensors = new ArrayList<>();

    /// For dynamic quantization.
    DynamicSpec dynamic() {
        if (observer != null) {
            throw new UserException("--mode dynamic: takes no --observer, since ranges are found at run time");
        }
        if (placement != null) {
            throw new UserException("--mode dynamic: takes no --placement, since only products are quantized");
        }
        String base = preset == null ? DynamicPresets.names().getFirst() : preset;
        DynamicSpec dynamic = named(base, DynamicPresets::named);
        if (config != null) {
            dynamic = fromFile(config, f -> SpecFile.readDynamic(f, base));
            remember(dynamic.spec(), DynamicPresets.named(dynamic.spec().name()).spec());
        }
        if (format != null) {
            dynamic = dynamic.withForm(choose("--format", format, DYNAMIC_FORMS));
        }
        return dynamic.withSpec(selecting(dynamic.spec()));
    }

    QuantizationSpec spec() {
        String base = preset == null ? Presets.names().getFirst() : preset;
        QuantizationSpec spec = named(base, Presets::named);
        if (config != null) {
            spec = fromFile(config, f -> SpecFile.read(f, base));
            remember(spec, Presets.named(spec.name()));
        }
        if (observer != null) {
            spec =
                    spec.withActivation(
                            spec.activation()
                                    .withObserver(named(observer.toLowerCase(Locale.ROOT), ObserverNames::ofRanges)));
        }
        if (placement != null) {
            spec = Presets.inPlacement(spec, choose("--placement", placement, PLACEMENTS));
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

    /// Says of names and types that were asked for that the model has nothing of the kind.
    ///
    /// @param decisions of all nodes after fusion
    /// @throws UserException if a name or pattern is no node's, neither in the file nor after fusion, or if there is no
    ///   operator of a type
    void requireMatches(Path model, Graph original, List<Decision> decisions, Terminal terminal) {
        Selections selections = new Selections(model, original, decisions, terminal);
        for (String regex : excluded) {
            selections.requireNodes(
                    "--exclude",
                    new NodeSelector.NamePattern(regex)::matches,
                    "a name that '" + regex + "' matches as a whole");
        }
        excludedTypes.forEach(type -> selections.requireType("--exclude-type", type));
        includedTypes.forEach(type -> selections.requireType("--include-type", type));
        fileRules.forEach(selections::requireRule);
        fileTensors.forEach(name -> selections.requireTensor("--config", name));
    }

    /// Keeps what a configuration file says of single nodes and tensors, to look for them in the model.
    private void remember(QuantizationSpec read, QuantizationSpec preset) {
        fileRules.addAll(read.rules());
        fileRules.removeAll(preset.rules());
        fileTensors.addAll(read.tensors().keySet());
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
