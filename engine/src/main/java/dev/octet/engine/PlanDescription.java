package dev.octet.engine;

import java.util.List;

/// How a session runs its graph for one set of input shapes; for people and benchmarks to read.
///
/// @param steps what runs, in order
/// @param memoryBytes memory that one run needs for its values, without constants
public record PlanDescription(List<Step> steps, long memoryBytes) {
    /// One thing that runs.
    ///
    /// @param node name of the node, of fused nodes the first
    /// @param operator ONNX operator type, of fused nodes joined by `+`
    /// @param by name of the kernel set that computes it; `reference` for an operator's own evaluation, `dynamic` for
    ///   that on shapes that depend on data, `listener` for a watched value
    /// @param macs multiply-accumulate operations of matrix products and convolutions that kernels compute; else 0
    public record Step(String node, String operator, String by, long macs) {}

    /// A step and how long it took.
    public record Timing(Step step, long nanos) {}

    public PlanDescription {
        steps = List.copyOf(steps);
    }

    /// Multiply-accumulate operations of all steps.
    public long macs() {
        return steps.stream().mapToLong(Step::macs).sum();
    }
}
