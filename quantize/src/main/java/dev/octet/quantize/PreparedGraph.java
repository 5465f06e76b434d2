package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.calibration.Provenance;
import dev.octet.quantize.observer.Observer;
import dev.octet.quantize.observer.ObserverState;
import dev.octet.quantize.spec.QuantizationSpec;
import java.util.HashMap;
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

    /// Runs the float graph on each sample once and observes the watched values as they are computed.
    ///
    /// @throws IllegalArgumentException if there is no sample, or one does not fit the graph's inputs; the message has
    ///   its index, from 0
    public CalibrationTable calibrate(Dataset data, CalibrationListener progress) {
        return calibrate(data, Runtime.getRuntime().availableProcessors(), progress);
    }

    /// Likewise with the given number of threads.
    public CalibrationTable calibrate(Dataset data, int threads, CalibrationListener progress) {
        return new Calibrator(this).calibrate(data, threads, progress);
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
