package dev.octet.quantize.spec;

import dev.octet.quant.NumericsProfile.ScaleRule;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.json.JsonObject;
import dev.octet.quantize.observer.MagnitudeSearch;
import dev.octet.quantize.observer.ObserverNames;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// A specification as YAML or JSON: a preset, what differs from it, and what some nodes get.
///
/// ```yaml
/// preset: qnnpack
/// format: qdq                     # or qoperator
/// global: float                   # quantize only what is named; default: as the preset says
/// activation: {observer: {name: tensorrt-percentile, percentile: 99.9}, dtype: uint8, range: [0, 127]}
/// weight: {observer: per-channel-minmax, dtype: int8, symmetric: true}
/// types:                          # object_type
///   Softmax: float
/// names:                          # module_name: a node, or the nodes of a scope
///   /encoder/layer.0: {weight: {observer: minmax}}
/// patterns:                       # module_name_regex: the first that matches counts
///   - {pattern: ".*head.*", config: float}         # as Python's re.match: a beginning
/// types_in_order:                 # module_name_object_type_order
///   - {scope: /encoder, type: MatMul, index: 0, config: float}
/// ```
///
/// What a tensor's entry leaves out is as in the preset. For what ONNX Runtime's tool can do there are also
///
/// ```yaml
/// placement: everywhere           # or between, whole-graph, fx: where operators with little work are quantized
/// values:                         # single values (TensorQuantOverrides)
///   /encoder/Add_output_0: {min: -4, max: 4}          # rmin, rmax
///   image: {dtype: uint8, scale: 0.0078, zero_point: 128}
/// constants:                      # single weights
///   classifier.weight: {dtype: int8, symmetric: false}
/// dedicated_pairs: true           # DedicatedQDQPair
/// quantize_bias: false            # QuantizeBias: biases stay FLOAT32
/// restricted_zero_points: true    # ActivationRestrictedAsymmetric
/// smallest_range: 0.01            # MinimumRealRange
/// ```
///
/// A file for dynamic quantization has no `activation`, since their ranges are found at run time, but may have
///
/// ```yaml
/// format: onnxruntime             # or integer-ops
/// activations: row                # or tensor, tensor-7-bit, float
/// bodies: true                    # quantize the graphs inside If, Loop and Scan, too
/// activation_products: true       # quantize products of two activations, too
/// ```
public final class SpecFile {
    private static final long MAX_BYTES = 16 << 20;
    private static final Set<String> COMMON =
            Set.of("preset", "format", "global", "weight", "types", "names", "patterns", "types_in_order");
    private static final Set<String> STATIC =
            Set.of(
                    "activation",
                    "placement",
                    "values",
                    "constants",
                    "dedicated_pairs",
                    "quantize_bias",
                    "restricted_zero_points",
                    "smallest_range");
    private static final Set<String> DYNAMIC = Set.of("activations", "bodies", "activation_products");

    private final QuantizationSpec base;

    private SpecFile(QuantizationSpec base) {
        this.base = base;
    }

    /// The specification in a file.
    ///
    /// @param preset what the file's differences are from if it names no preset itself
    /// @throws IllegalArgumentException naming the file and the entry that is not as it should be
    public static QuantizationSpec read(Path file, String preset) throws IOException {
        return read(file, text -> parse(text, preset));
    }

    /// Likewise, for dynamic quantization.
    public static DynamicSpec readDynamic(Path file, String preset) throws IOException {
        return read(file, text -> parseDynamic(text, preset));
    }

    private static <S> S read(Path file, Function<String, S> parse) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IllegalArgumentException(file + ": " + Files.size(file) + " bytes are no specification");
        }
        try {
            return parse.apply(Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + ": not a text in UTF-8", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /// The specification in a text.
    public static QuantizationSpec parse(String text, String preset) {
        JsonObject root = root(text, STATIC);
        QuantizationSpec base = Presets.named(root.has("preset") ? root.string("preset") : preset);
        return new SpecFile(base).read(root);
    }

    /// The specification for dynamic quantization in a text.
    public static DynamicSpec parseDynamic(String text, String preset) {
        JsonObject root = root(text, DYNAMIC);
        DynamicSpec base = DynamicPresets.named(root.has("preset") ? root.string("preset") : preset);
        SpecFile file = new SpecFile(base.spec());
        return file.readDynamic(root, base.withSpec(file.weightsAndRules(root, base.spec())));
    }

    private static JsonObject root(String text, Set<String> more) {
        JsonNode tree;
        try {
            tree = new YAMLMapper().readTree(text);
        } catch (JacksonException e) {
            // The message goes on with the lines around the place.
            String message = e.getOriginalMessage().lines().findFirst().orElse("");
            TokenStreamLocation place = e.getLocation();
            String where = place == null ? "" : " at line " + place.getLineNr() + ", column " + place.getColumnNr();
            throw new IllegalArgumentException("no valid YAML or JSON" + where + ": " + message, e);
        }
        JsonObject root = JsonObject.root(tree);
        Set<String> keys = new TreeSet<>(COMMON);
        keys.addAll(more);
        root.requireOnly(keys);
        return root;
    }

    private DynamicSpec readDynamic(JsonObject root, DynamicSpec dynamic) {
        DynamicSpec spec = dynamic;
        if (root.has("format")) {
            spec = spec.withForm(constant("format", root.string("format"), DynamicForm.class));
        }
        if (root.has("activations")) {
            spec = spec.withActivations(constant("activations", root.string("activations"), DynamicActivations.class));
        }
        if (root.has("bodies")) {
            spec = spec.withBodies(root.bool("bodies"));
        }
        if (root.has("activation_products")) {
            spec = spec.withActivationProducts(root.bool("activation_products"));
        }
        return spec;
    }

    private QuantizationSpec read(JsonObject root) {
        QuantizationSpec spec = base;
        if (root.has("format")) {
            spec = Presets.inFormat(spec, constant("format", root.string("format"), QuantFormat.class));
        }
        if (root.has("activation")) {
            spec = spec.withActivation(root.object("activation").in(o -> tensor(o, base.activation())));
        }
        return weightsAndRules(root, withTensors(root, withRanges(root, spec)));
    }

    private static QuantizationSpec withRanges(JsonObject root, QuantizationSpec base) {
        QuantizationSpec spec = base;
        if (root.has("placement")) {
            spec = Presets.inPlacement(spec, constant("placement", root.string("placement"), Placement.class));
        }
        if (root.has("restricted_zero_points") && root.bool("restricted_zero_points")) {
            if (spec.numerics().scaleRule() != ScaleRule.ONNX_RUNTIME) {
                throw new IllegalArgumentException("restricted_zero_points: is for preset onnxruntime only");
            }
            spec = spec.withNumerics(spec.numerics().withScaleRule(ScaleRule.ONNX_RUNTIME_RESTRICTED));
        }
        return root.has("smallest_range")
                ? spec.withNumerics(spec.numerics().withSmallestRange(root.number("smallest_range")))
                : spec;
    }

    private static QuantizationSpec withTensors(JsonObject root, QuantizationSpec spec) {
        Map<String, TensorSpec> tensors = new LinkedHashMap<>();
        tensors(root, "values", spec.activation(), tensors);
        tensors(root, "constants", spec.weight(), tensors);
        QuantizationSpec named = tensors.isEmpty() ? spec : spec.withTensors(tensors);
        if (root.has("quantize_bias")) {
            named = named.withBias(root.bool("quantize_bias") ? BiasRule.INT32 : BiasRule.FLOAT32);
        }
        return root.has("dedicated_pairs") ? named.withDedicatedPairs(root.bool("dedicated_pairs")) : named;
    }

    private static void tensors(JsonObject root, String key, TensorSpec base, Map<String, TensorSpec> tensors) {
        if (root.has(key)) {
            JsonObject named = root.object(key);
            for (String name : named.names()) {
                tensors.put(name, named.object(name).in(o -> tensor(o, base)));
            }
        }
    }

    private QuantizationSpec weightsAndRules(JsonObject root, QuantizationSpec spec) {
        return mapping(root)
                .applyTo(
                        root.has("weight")
                                ? spec.withWeight(root.object("weight").in(o -> tensor(o, base.weight())))
                                : spec);
    }

    private QConfigMapping mapping(JsonObject root) {
        QConfigMapping mapping = QConfigMapping.of(root.has("global") ? config(root, "global") : NodeConfig.INHERITED);
        if (root.has("types")) {
            JsonObject types = root.object("types");
            for (String type : types.names()) {
                mapping = mapping.withType(type, config(types, type));
            }
        }
        if (root.has("names")) {
            JsonObject names = root.object("names");
            for (String name : names.names()) {
                mapping = mapping.withName(name, config(names, name));
            }
        }
        for (JsonObject rule : root.objects("patterns")) {
            mapping = mapping.withPattern(rule.string("pattern"), config(rule, "config"));
        }
        for (JsonObject rule : root.objects("types_in_order")) {
            mapping =
                    mapping.withTypeInOrder(
                            rule.string("scope"),
                            rule.string("type"),
                            (int) rule.integer("index", 0, Integer.MAX_VALUE),
                            config(rule, "config"));
        }
        return mapping;
    }

    private NodeConfig config(JsonObject parent, String name) {
        if (parent.isString(name)) {
            return switch (parent.string(name)) {
                case "float" -> NodeConfig.FLOAT;
                case "default" -> NodeConfig.INHERITED;
                default ->
                        throw new IllegalArgumentException(
                                name + ": expected float, default or an object, found '" + parent.string(name) + "'");
            };
        }
        JsonObject config = parent.object(name);
        config.requireOnly(Set.of("activation", "weight"));
        return new NodeConfig(
                true,
                config.has("activation") ? config.object("activation").in(o -> tensor(o, base.activation())) : null,
                config.has("weight") ? config.object("weight").in(o -> tensor(o, base.weight())) : null);
    }

    private static TensorSpec tensor(JsonObject json, TensorSpec base) {
        json.requireOnly(Set.of("observer", "dtype", "symmetric", "range", "min", "max", "scale", "zero_point"));
        ObserverSpec observer =
                !json.has("observer")
                        ? base.observer()
                        : json.isString("observer")
                                ? ObserverNames.named(json.string("observer"))
                                : json.object("observer").in(SpecFile::observer);
        boolean symmetric = json.has("symmetric") ? json.bool("symmetric") : base.scheme().symmetric();
        QuantScheme scheme =
                new QuantScheme(base.scheme().dtype(), symmetric, base.scheme().quantMin(), base.scheme().quantMax());
        if (json.has("dtype")) {
            DType dtype = json.dtype("dtype");
            scheme = symmetric ? QuantScheme.symmetric(dtype) : QuantScheme.affine(dtype);
        }
        if (json.has("range")) {
            int[] range = json.ints("range");
            if (range.length != 2) {
                throw new IllegalArgumentException("range: expected two integers, found " + range.length);
            }
            scheme = new QuantScheme(scheme.dtype(), symmetric, range[0], range[1]);
        }
        return new TensorSpec(given(json, observer, scheme), scheme);
    }

    /// Parameters or ends of the range that need no data.
    private static ObserverSpec given(JsonObject json, ObserverSpec observer, QuantScheme scheme) {
        if (json.has("scale") || json.has("zero_point")) {
            int zeroPoint = (int) json.integer("zero_point", scheme.quantMin(), scheme.quantMax());
            float scale = (float) json.number("scale");
            return new ObserverSpec.FixedQParams(
                    QuantParams.perTensor(scheme.dtype(), scheme.quantMin(), scheme.quantMax(), scale, zeroPoint));
        }
        return json.has("min") || json.has("max")
                ? new ObserverSpec.GivenRange(
                        (float) number(json, "min", Double.NaN), (float) number(json, "max", Double.NaN))
                : observer;
    }

    private static ObserverSpec observer(JsonObject json) {
        return switch (ObserverNames.named(json.string("name"))) {
            case ObserverSpec.Histogram h -> new ObserverSpec.Histogram(bins(json, h.bins()));
            case ObserverSpec.MovingAverageMinMax m ->
                    new ObserverSpec.MovingAverageMinMax(number(json, "constant", m.constant()));
            case ObserverSpec.MovingAveragePerChannelMinMax m ->
                    new ObserverSpec.MovingAveragePerChannelMinMax(number(json, "constant", m.constant()));
            case ObserverSpec.Magnitudes m ->
                    new ObserverSpec.Magnitudes(
                            new MagnitudeSearch(
                                    m.search().method(), number(json, "percentile", m.search().percentile())),
                            bins(json, m.bins()));
            case ObserverSpec.OnnxRuntimeEntropyBins e ->
                    new ObserverSpec.OnnxRuntimeEntropyBins(
                            bins(json, e.bins()), (int) number(json, "levels", e.quantizedBins()));
            case ObserverSpec.OnnxRuntimePercentileBins p ->
                    new ObserverSpec.OnnxRuntimePercentileBins(
                            bins(json, p.bins()),
                            number(json, "percentile", p.percentile()),
                            json.has("symmetric") ? json.bool("symmetric") : p.magnitudes());
            case ObserverSpec.AbsMax a -> new ObserverSpec.AbsMax(number(json, "deviations", a.deviations()));
            case ObserverSpec plain -> plain;
        };
    }

    private static int bins(JsonObject json, int usual) {
        return json.has("bins") ? (int) json.integer("bins", 2, ObserverSpec.MAX_BINS) : usual;
    }

    private static double number(JsonObject json, String name, double usual) {
        return json.has(name) ? json.number(name) : usual;
    }

    private static <E extends Enum<E>> E constant(String where, String text, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equalsIgnoreCase(text.replace('-', '_'))) {
                return constant;
            }
        }
        throw new IllegalArgumentException(
                where
                        + ": expected one of "
                        + Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT).replace('_', '-')
                        + ", found '"
                        + text
                        + "'");
    }
}
