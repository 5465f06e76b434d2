package dev.octet.quantize;

import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.calibration.Provenance;
import dev.octet.quantize.observer.Observer;
import dev.octet.quantize.observer.ObserverState;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A fused float graph, with the decision what of it is quantized and what must be known for that. Immutable.
public final class PreparedGraph {
    private final Graph graph;
    private final QuantizationSpec spec;
    private final Plan plan;

    PreparedGraph(Graph graph, QuantizationSpec spec, Plan plan) {
        this.graph = graph;
        this.spec = spec;
        this.plan = plan;
    }

    /// The fused float graph.
    public Graph graph() {
        return graph;
    }

    public QuantizationSpec spec() {
        return spec;
    }

    /// For every node of the graph in its order, whether it is quantized, and why.
    public List<Decision> decisions() {
        return plan.decisions();
    }

    /// For every tensor that is quantized, how, and why: values in the order of the graph, then constants.
    public List<TensorDecision> tensorDecisions() {
        return TensorDecisions.of(plan, spec);
    }

    /// The parameters with which the weights of each quantized node that has some are stored, in the order of the
    /// graph.
    public Map<Node, QuantParams> weightParams(CalibrationTable table) {
        Map<Node, QuantParams> params = new LinkedHashMap<>();
        for (Unit unit : plan.units()) {
            Unit.Weight weight = unit.roles().weight();
            if (weight != null) {
                params.put(
                        unit.anchor(),
                        table.entry(weight.value())
                                .map(CalibrationEntry::params)
                                .orElseGet(() ->
                                        QuantizedConstant.weightParams(
                                                graph.constant(weight.value()).orElseThrow(),
                                                spec.weight(unit.anchor(), weight.value()),
                                                weight.channelAxis(),
                                                spec)));
            }
        }
        return params;
    }

    /// A table without any entry, for ranges that come from elsewhere.
    public CalibrationTable emptyTable(String source) {
        return new CalibrationTable(
                new Provenance(OctetVersion.current(), GraphHash.of(graph), spec.name(), source, 0, ""), Map.of());
    }

    /// The sets of values that are quantized with parameters in common, in the order of the graph.
    public List<SharedRange> ranges() {
        return plan.ranges();
    }

    /// The values that calibration has to see.
    public Set<String> watchedValues() {
        return plan.watchedValues();
    }

    Plan plan() {
        return plan;
    }

    /// How the quantized nodes read their operands, by node name, in the order of the graph.
    public Map<String, QuantizedNode> quantizedNodes() {
        Map<String, QuantizedNode> nodes = new LinkedHashMap<>();
        for (Unit unit : plan.units()) {
            for (Node node : unit.nodes()) {
                nodes.put(node.name(), quantizedNode(unit, node));
            }
        }
        return nodes;
    }

    private QuantizedNode quantizedNode(Unit unit, Node node) {
        Set<String> activations = new HashSet<>(unit.activations());
        activations.retainAll(node.inputs());
        boolean anchor = node.equals(unit.anchor());
        Unit.Weight weight = anchor ? unit.roles().weight() : null;
        return new QuantizedNode(
                node,
                activations,
                weight == null ? null : quantizedWeight(node, weight),
                anchor ? unit.roles().constants() : List.of(),
                unit.kind() == Unit.Kind.SHARING);
    }

    private QuantizedNode.Weight quantizedWeight(Node node, Unit.Weight weight) {
        TensorSpec own = spec.weight(node, weight.value());
        return new QuantizedNode.Weight(weight.value(), own.observer().perChannel() ? weight.channelAxis() : -1, own);
    }

    /// The values that exist in integers only, since a quantized unit computes them.
    public Set<String> madeQuantized() {
        Set<String> values = new HashSet<>();
        plan.units().forEach(u -> values.addAll(u.outputs()));
        return values;
    }

    /// The same decisions for a graph whose constants have other numbers, as after training.
    ///
    /// @param changed tensors by constant name, of the types and shapes that they replace
    /// @throws IllegalArgumentException if a name is no constant or a tensor does not fit
    public PreparedGraph withConstants(Map<String, Tensor> changed) {
        GraphBuilder builder = graph.toBuilder();
        changed.forEach((name, tensor) -> {
            Tensor old = graph.constants().get(name);
            if (old == null || old.dtype() != tensor.dtype() || !old.shape().equals(tensor.shape())) {
                throw new IllegalArgumentException("constant '" + name + "': expected " + old + ", found " + tensor);
            }
            builder.constant(name, tensor);
        });
        return new PreparedGraph(builder.build(), spec, plan);
    }

    /// A table of parameters that were found in another way than by calibration, as by training.
    ///
    /// @param params by the names of ranges and of weights
    /// @param data what they were found on, for people
    public CalibrationTable table(Map<String, QuantParams> params, String data, long samples) {
        Map<String, CalibrationEntry> entries = new LinkedHashMap<>();
        params.forEach((name, p) -> entries.put(name, new CalibrationEntry(p, null)));
        return new CalibrationTable(Calibrator.provenance(this, GraphHash.of(graph), data, samples), entries);
    }

    /// Runs the float graph on each sample once and observes the watched values as they are computed.
    ///
    /// @throws IllegalArgumentException if there is no sample, or one does not fit the graph's inputs; the message has
    ///   its index, from 0
    public CalibrationTable calibrate(Dataset data, CalibrationListener progress) {
        return calibrate(data, Runtime.getRuntime().availableProcessors(), progress);
    }

    /// Likewise with the given number of threads.
    public CalibrationTable calibrate(Dataset data, int threads, CalibrationListener progress) {
        return calibrate(data, SessionOptions.defaults().withThreads(threads), progress);
    }

    /// Likewise with the threads and the limits of the given options. What is watched is this graph's concern.
    public CalibrationTable calibrate(Dataset data, SessionOptions options, CalibrationListener progress) {
        return new Calibrator(this, options).calibrate(data, progress);
    }

    /// The table of two calibrations of this prepared graph, `first` before `second`, as if made in one pass. Exact for
    /// ranges of minima and maxima and for moving averages up to rounding; histograms are brought to the common range.
    ///
    /// @throws IllegalArgumentException if a table belongs to another graph or specification
    public CalibrationTable merge(CalibrationTable first, CalibrationTable second) {
        String model = GraphHash.of(graph);
        requireOwn(first, model);
        requireOwn(second, model);
        Map<String, Observer> observers = new HashMap<>();
        for (SharedRange range : ranges()) {
            if (range.fixed() == null) {
                Observer observer = observer(first, range);
                observer.merge(observer(second, range));
                observers.put(range.name(), observer);
            }
        }
        Provenance a = first.provenance();
        Provenance b = second.provenance();
        String data = a.data().equals(b.data()) ? a.data() : a.data() + "; " + b.data();
        String date = a.date().compareTo(b.date()) > 0 ? a.date() : b.date();
        return Calibrator.table(
                this, observers, new Provenance(b.octet(), model, spec.name(), data, a.samples() + b.samples(), date));
    }

    private void requireOwn(CalibrationTable table, String model) {
        if (!table.provenance().model().equals(model) || !table.provenance().spec().equals(spec.name())) {
            throw new IllegalArgumentException(
                    "calibration table to merge: expected graph '"
                            + graph.name()
                            + "' ("
                            + model
                            + ") with specification "
                            + spec.name()
                            + ", found graph "
                            + table.provenance().model()
                            + " with "
                            + table.provenance().spec());
        }
    }

    private static Observer observer(CalibrationTable table, SharedRange range) {
        ObserverState statistics =
                table.entry(range.name())
                        .map(CalibrationEntry::statistics)
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "calibration table to merge: value '" + range.name() + "' has no statistics"));
        return statistics.restore();
    }
}
