package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.QuantizationSpec;
import java.util.List;
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
        throw new UnsupportedOperationException("calibrate " + data.description() + threads + progress);
    }

    /// The table of two calibrations of this prepared graph, `first` before `second`, as if made in one pass. Exact for
    /// ranges of minima and maxima and for moving averages up to rounding; histograms are brought to the common range.
    ///
    /// @throws IllegalArgumentException if a table belongs to another graph or specification
    public CalibrationTable merge(CalibrationTable first, CalibrationTable second) {
        throw new UnsupportedOperationException("merge " + first.provenance() + second.provenance());
    }
}
