package dev.octet.cli;

import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that say how a model is quantized.
final class SpecMixin {
    private static final Map<String, ObserverSpec> OBSERVERS =
            new TreeMap<>(
                    Map.of(
                            "minmax", ObserverSpec.MIN_MAX,
                            "moving-average", ObserverSpec.MOVING_AVERAGE,
                            "histogram", ObserverSpec.HISTOGRAM));
    private static final Map<String, QuantFormat> FORMATS =
            new TreeMap<>(Map.of("qdq", QuantFormat.QDQ, "qoperator", QuantFormat.QOPERATOR));

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            defaultValue = "x86",
            description = "system to speak like: x86, qnnpack, default, onnxruntime (default: ${DEFAULT-VALUE})")
    private String preset = "x86";

    @Option(
            names = "--observer",
            paramLabel = "NAME",
            description = "how activation ranges are found: minmax, moving-average, histogram (default: the preset's)")
    private @Nullable String observer;

    @Option(names = "--format", paramLabel = "NAME", description = "qdq or qoperator (default: the preset's)")
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

    QuantizationSpec spec() {
        QuantizationSpec spec = Presets.named(preset);
        if (observer != null) {
            spec = spec.withActivation(spec.activation().withObserver(choose("--observer", observer, OBSERVERS)));
        }
        if (format != null) {
            spec = spec.withFormat(choose("--format", format, FORMATS));
        }
        for (String regex : excluded) {
            try {
                spec = spec.excluding(new NodeSelector.NamePattern(regex));
            } catch (PatternSyntaxException e) {
                throw new UserException("--exclude: " + e.getMessage());
            }
        }
        for (String type : excludedTypes) {
            spec = spec.excluding(new NodeSelector.OperatorType(type));
        }
        return spec;
    }

    private static <T> T choose(String option, String name, Map<String, T> known) {
        T value = known.get(name.toLowerCase(Locale.ROOT));
        if (value == null) {
            throw new UserException(option + ": unknown name '" + name + "'; known are " + known.keySet());
        }
        return value;
    }
}
