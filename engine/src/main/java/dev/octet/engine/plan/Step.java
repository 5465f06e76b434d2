package dev.octet.engine.plan;

import dev.octet.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// One thing that a plan does.
public sealed interface Step permits KernelStep, RecurrentStep, EvaluateStep, DynamicStep, StructuredStep, WatchStep {
    /// The node whose work this is; of fused nodes the first.
    String name();

    /// ONNX operator type, of fused nodes joined by `+`.
    String operator();

    /// What computes it: name of a kernel set, `reference` for the operator's own evaluation, `dynamic` for that on
    /// shapes found during the run, `control` for an operator that runs graphs or makes sequences, `listener` for a
    /// watched value.
    String by();

    /// Multiply-accumulate operations, where these are what the step is about; else 0.
    default long macs() {
        return 0;
    }

    /// This step over the tensors of one workspace, so that a run does no more look-ups.
    ///
    /// @param tensors by [PlannedValue#index]; those of dynamic values come and go during a run
    Bound bind(@Nullable Tensor[] tensors);

    /// A step that is ready to run, any number of times, by one run at a time.
    @FunctionalInterface
    interface Bound {
        void run(Run run);
    }
}
