package dev.octet.engine.plan;

import dev.octet.tensor.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Shows a watched value to the run's listener, right after the step that computes it, while it is in the cache.
record WatchStep(String name, PlannedValue value) implements Step {
    @Override
    public String operator() {
        return "";
    }

    @Override
    public String by() {
        return "listener";
    }

    @Override
    public Bound bind(@Nullable Tensor[] tensors) {
        int index = value.index();
        return run -> run.show(name, Objects.requireNonNull(tensors[index]).asReadOnly());
    }
}
