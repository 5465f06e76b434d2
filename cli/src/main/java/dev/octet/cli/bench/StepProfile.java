package dev.octet.cli.bench;

import dev.octet.engine.PlanDescription.Timing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where the time of a model goes: its steps by what they compute and by which kernel set, the longest first.
///
/// @param rows steps of one kind
public record StepProfile(List<Row> rows) {
    /// Steps of one kind.
    ///
    /// @param operator ONNX operator type, of fused nodes joined by `+`
    /// @param by what computes them, see [dev.octet.engine.PlanDescription.Step]
    /// @param millis of all of them in one run
    /// @param share of the run's time, in [0, 1]
    /// @param gmacs giga multiply-accumulate operations a second; 0 where the steps multiply nothing
    public record Row(String operator, String by, int steps, double millis, double share, double gmacs) {}

    public StepProfile {
        rows = List.copyOf(rows);
    }

    /// @param timings of each step, summed over `runs`
    public static StepProfile of(List<Timing> timings, int runs) {
        Map<List<String>, List<Timing>> kinds = new LinkedHashMap<>();
        for (Timing timing : timings) {
            kinds.computeIfAbsent(List.of(timing.step().operator(), timing.step().by()), _ -> new ArrayList<>())
                    .add(timing);
        }
        double total = timings.stream().mapToLong(Timing::nanos).sum();
        List<Row> rows = new ArrayList<>();
        kinds.forEach((kind, steps) -> {
            double nanos = steps.stream().mapToLong(Timing::nanos).sum();
            double macs = steps.stream().mapToLong(t -> t.step().macs()).sum();
            rows.add(
                    new Row(
                            kind.get(0),
                            kind.get(1),
                            steps.size(),
                            nanos / runs / 1e6,
                            nanos / Math.max(1, total),
                            macs * runs / Math.max(1, nanos)));
        });
        rows.sort(Comparator.comparingDouble(Row::millis).reversed());
        return new StepProfile(rows);
    }
}
