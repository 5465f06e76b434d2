package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.graph.ValueInfo;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// Writes a prepared graph with QuantizeLinear and DequantizeLinear nodes.
///
/// A quantized value is followed by a pair of them. Quantized units read what the pair gives. So do other nodes if a
/// quantized unit computes the value, since then it exists in integers only, unless the specification quantizes inputs
/// only; else they read the value as it is.
final class Converter {
    private final PreparedGraph prepared;
    private final Graph graph;
    private final QdqBuilder builder;
    private final WeightConversion weights;
    private final Map<String, Quantized> quantized = new HashMap<>();
    private final Map<String, Unit> unitOf = new HashMap<>();
    private final Set<String> madeQuantized = new HashSet<>();
    private final Set<String> graphOutputs = new HashSet<>();

    /// A quantized value.
    ///
    /// @param source name of the float value before
    /// @param target name of the float value after
    private record Quantized(SharedRange range, QuantParams params, String source, String target) {}

    private Converter(PreparedGraph prepared, CalibrationTable table) {
        this.prepared = prepared;
        graph = prepared.graph();
        builder = new QdqBuilder(graph);
        weights = new WeightConversion(prepared, table, builder);
        graph.outputs().forEach(o -> graphOutputs.add(o.name()));
        for (Unit unit : prepared.plan().units()) {
            unit.nodes().forEach(n -> unitOf.put(n.name(), unit));
            if (!prepared.spec().inputsOnly()) {
                madeQuantized.addAll(unit.outputs());
            }
        }
        for (SharedRange range : prepared.ranges()) {
            QuantParams params = params(range, table);
            // In ONNX Runtime's tool all that read a quantized value read what its pair gives.
            if (prepared.spec().placement() == Placement.EVERYWHERE
                    && prepared.spec().format() == QuantFormat.QDQ
                    && !prepared.spec().dedicatedPairs()) {
                madeQuantized.addAll(range.values());
            }
            range.values().forEach(v -> quantized.put(v, quantized(v, range, params)));
        }
    }

    static Conversion convert(PreparedGraph prepared, CalibrationTable table) {
        return new Converter(prepared, table).convert();
    }

    private QuantParams params(SharedRange range, CalibrationTable table) {
        CalibrationEntry entry = table.entries().get(range.name());
        QuantParams params = entry == null ? range.fixed() : entry.params();
        if (params == null) {
            throw new IllegalArgumentException(
                    "the calibration table has no entry for value '"
                            + range.name()
                            + "', which graph '"
                            + graph.name()
                            + "' needs");
        }
        if (params.scales().length != 1) {
            throw new IllegalArgumentException(
                    "calibration table: value '"
                            + range.name()
                            + "': expected one scale, found "
                            + params.scales().length);
        }
        return params;
    }

    /// A graph output that exists in integers only keeps its name for the result of the pair.
    private Quantized quantized(String value, SharedRange range, QuantParams params) {
        boolean keepsName =
                graphOutputs.contains(value) && madeQuantized.contains(value) && graph.producer(value).isPresent();
        return keepsName
                ? new Quantized(range, params, builder.freshName(value + "_float"), value)
                : new Quantized(range, params, value, builder.freshName(value + "_DequantizeLinear_Output"));
    }

    private Conversion convert() {
        graph.inputs().stream().map(ValueInfo::name).forEach(this::addPair);
        for (Node node : graph.nodes()) {
            Unit unit = unitOf.get(node.name());
            builder.add(withSources(unit == null ? floatNode(node) : quantizedNode(node, unit)));
            node.outputs().forEach(this::addPair);
        }
        return new Conversion(
                builder.build(graph),
                prepared.decisions(),
                prepared.tensorDecisions(),
                weights.floatBytes(),
                weights.quantizedBytes());
    }

    /// One pair for all that read a value; where they have one each, only a graph output has one of its own.
    private void addPair(String value) {
        Quantized q = quantized.get(value);
        if (q != null && (!prepared.spec().dedicatedPairs() || q.target().equals(value))) {
            addPair(value, q, q.target());
        }
    }

    private String addPair(String value, Quantized q, String target) {
        builder.addPair(value, q.source(), target, builder.sharedScales(q.range().name(), q.params()));
        return target;
    }

    /// The node reading some values as their pairs give them.
    private Node reading(Node node, Predicate<String> quantizedOnes) {
        Map<String, String> targets = new HashMap<>();
        return node.withInputs(
                node.inputs().stream()
                        .map(v -> quantizedOnes.test(v) ? targets.computeIfAbsent(v, this::target) : v)
                        .toList());
    }

    private Node withSources(Node node) {
        List<String> outputs = new ArrayList<>();
        for (String output : node.outputs()) {
            Quantized q = quantized.get(output);
            outputs.add(q == null ? output : q.source());
        }
        return node.withOutputs(outputs);
    }

    private Node floatNode(Node node) {
        return reading(node, madeQuantized::contains);
    }

    private Node quantizedNode(Node node, Unit unit) {
        if (unit.kind() == Kind.LOOKUP) {
            return weights.convertLookup(node, unit);
        }
        Node reading = reading(node, unit.activations()::contains);
        if (!node.equals(unit.anchor())) {
            return reading;
        }
        if (unit.roles().activations().isEmpty()) {
            return weights.convert(reading, unit, 1);
        }
        Quantized first = quantized.get(unit.roles().activations().getFirst());
        if (first == null) {
            throw new IllegalStateException(node + ": its operand is not quantized");
        }
        return weights.convert(reading, unit, first.params().scale());
    }

    private String target(String value) {
        Quantized q = quantized.get(value);
        if (q == null) {
            return value;
        }
        return prepared.spec().dedicatedPairs()
                ? addPair(value, q, builder.freshName(value + "_DequantizeLinear_Output"))
                : q.target();
    }
}
