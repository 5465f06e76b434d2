package dev.octet.interop.ncnn;

import dev.octet.file.StagedFiles;
import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.quant.Granularity;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// ncnn's calibration table, which `ncnn2table` writes and `ncnn2int8` reads.
///
/// Format: one line a layer for its weights, `NAME_param_0 m m …` with a multiplier for each output channel, and one
/// for its input, `NAME m`; numbers apart by spaces. A multiplier is 1/scale. A layer of which a line is missing, or
/// behind a `#`, stays in float: see [#layersInFloat].
///
/// @param weights multipliers by layer
/// @param inputs multiplier by layer
public record NcnnTable(Map<String, float[]> weights, Map<String, Float> inputs) {
    private static final String WEIGHTS = "_param_0";
    private static final int LARGEST = 127;

    public NcnnTable {
        weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
        inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    }

    /// @throws IllegalArgumentException naming the file and the line that is not as it should be
    public static NcnnTable read(Path file) throws IOException {
        Map<String, float[]> weights = new LinkedHashMap<>();
        Map<String, Float> inputs = new LinkedHashMap<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            try {
                String[] parts = text.split(" +");
                float[] multipliers = multipliers(parts);
                if (parts[0].endsWith(WEIGHTS)) {
                    weights.put(parts[0].substring(0, parts[0].length() - WEIGHTS.length()), multipliers);
                } else {
                    inputs.put(parts[0], multipliers[0]);
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(file + ": line " + number + ": " + e.getMessage(), e);
            }
        }
        return new NcnnTable(weights, inputs);
    }

    private static float[] multipliers(String[] parts) {
        if (parts.length < 2) {
            throw new IllegalArgumentException("expected a name and multipliers, found '" + parts[0] + "'");
        }
        float[] multipliers = new float[parts.length - 1];
        for (int i = 0; i < multipliers.length; i++) {
            multipliers[i] = Float.parseFloat(parts[i + 1]);
            if (!(multipliers[i] > 0) || Float.isInfinite(multipliers[i])) {
                throw new IllegalArgumentException("expected positive multipliers, found " + parts[i + 1]);
            }
        }
        return multipliers;
    }

    /// Writes the table. The file appears whole or not at all.
    public void write(Path file) throws IOException {
        StringBuilder text = new StringBuilder();
        weights.forEach((layer, multipliers) -> {
            text.append(layer).append(WEIGHTS);
            for (float multiplier : multipliers) {
                text.append(' ').append(multiplier);
            }
            text.append('\n');
        });
        inputs.forEach((layer, multiplier) -> text.append(layer).append(' ').append(multiplier).append('\n'));
        StagedFiles.replace(file, temporary -> Files.writeString(temporary, text));
    }

    /// The table of a calibrated graph: its convolutions and products by constant matrices, under their nodes' names.
    public static NcnnTable of(PreparedGraph prepared, CalibrationTable table) {
        Map<String, float[]> weights = new LinkedHashMap<>();
        Map<String, Float> inputs = new LinkedHashMap<>();
        prepared.weightParams(table)
                .forEach((node, params) -> {
                    Optional<SharedRange> range = range(prepared, node.input(0));
                    range.flatMap(r -> table.entry(r.name()))
                            .ifPresent(input -> {
                                float[] scales = params.scales();
                                float[] multipliers = new float[scales.length];
                                for (int c = 0; c < scales.length; c++) {
                                    multipliers[c] = 1 / scales[c];
                                }
                                weights.put(node.name(), multipliers);
                                inputs.put(node.name(), 1 / input.params().scale());
                            });
                });
        return new NcnnTable(weights, inputs);
    }

    private static Optional<SharedRange> range(PreparedGraph prepared, String value) {
        return prepared.ranges().stream().filter(r -> r.values().contains(value)).findFirst();
    }

    /// The quantized layers of a graph that this table leaves in float, since it has no multiplier of their input or
    /// none of their weights. They have to be excluded before the table is applied.
    ///
    /// @throws IllegalArgumentException if it has none of the graph's layers
    public Set<String> layersInFloat(PreparedGraph prepared) {
        Set<String> layers = new LinkedHashSet<>();
        prepared.quantizedNodes()
                .forEach((name, node) -> {
                    if (node.weight() != null && isLayer(prepared, node.node())) {
                        layers.add(name);
                    }
                });
        Set<String> known = new LinkedHashSet<>(inputs.keySet());
        known.retainAll(weights.keySet());
        if (!layers.isEmpty() && Collections.disjoint(layers, known)) {
            throw new IllegalArgumentException(
                    "expected multipliers of layers " + layers + ", found those of " + inputs.keySet());
        }
        layers.removeAll(known);
        return layers;
    }

    /// A product by a constant on the left is no layer of ncnn, nor is a table of vectors.
    private static boolean isLayer(PreparedGraph prepared, Node node) {
        return node.inputs().size() > 1 && prepared.graph().constant(node.input(1)).isPresent();
    }

    /// A calibration table with these multipliers in place of what it says of the layers' inputs and weights.
    ///
    /// @throws IllegalArgumentException if a layer has another number of channels
    public CalibrationTable applyTo(PreparedGraph prepared, CalibrationTable base) {
        CalibrationTable table = base;
        for (Map.Entry<Node, QuantParams> layer : prepared.weightParams(base).entrySet()) {
            Node node = layer.getKey();
            if (!isLayer(prepared, node)) {
                continue;
            }
            float[] multipliers = weights.get(node.name());
            if (multipliers != null) {
                QuantParams params = weightParams(prepared.graph(), node, layer.getValue(), multipliers);
                table = table.with(node.input(1), new CalibrationEntry(params, null));
            }
            Float input = inputs.get(node.name());
            Optional<SharedRange> range = range(prepared, node.input(0));
            if (input != null && range.isPresent()) {
                QuantParams params = QuantParams.perTensor(DType.INT8, -LARGEST, LARGEST, 1 / input, 0);
                table = table.with(range.get().name(), new CalibrationEntry(params, null));
            }
        }
        return table;
    }

    private static QuantParams weightParams(Graph graph, Node node, QuantParams usual, float[] multipliers) {
        if (multipliers.length != usual.scales().length) {
            Tensor weights = graph.constant(node.input(1)).orElseThrow();
            throw new IllegalArgumentException(
                    "layer '"
                            + node.name()
                            + "': expected "
                            + usual.scales().length
                            + " multipliers for weights "
                            + weights.shape()
                            + ", found "
                            + multipliers.length);
        }
        float[] scales = new float[multipliers.length];
        for (int c = 0; c < scales.length; c++) {
            scales[c] = 1 / multipliers[c];
        }
        Granularity granularity = usual.granularity();
        return new QuantParams(DType.INT8, -LARGEST, LARGEST, granularity, scales, new int[scales.length]);
    }
}
