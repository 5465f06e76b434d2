package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.octet.qat.op.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// One pass of a batch through a graph.
final class GraphRun {
    private final ParameterStore store;
    private final NDManager scope;
    private final boolean training;
    private final Map<String, Value> values = new HashMap<>();
    private final Map<String, Value> rounded = new HashMap<>();

    /// @param scope owner of all arrays on the way; gradients keep what they need of them
    GraphRun(ParameterStore store, NDManager scope, boolean training) {
        this.store = store;
        this.scope = scope;
        this.training = training;
    }

    ParameterStore store() {
        return store;
    }

    NDManager scope() {
        return scope;
    }

    boolean training() {
        return training;
    }

    Value get(String name) {
        return Objects.requireNonNull(values.get(name), () -> "value '" + name + "' is not known yet");
    }

    void put(String name, Value value) {
        values.put(name, adopted(value));
    }

    /// The value as integers would have it.
    Value rounded(String name) {
        return Objects.requireNonNull(rounded.get(name), () -> "value '" + name + "' is not rounded");
    }

    boolean isRounded(String name) {
        return rounded.containsKey(name);
    }

    void putRounded(String name, Value value) {
        rounded.put(name, adopted(value));
    }

    private Value adopted(Value value) {
        if (value instanceof Value.Computed(NDArray array) && !array.getManager().equals(scope)) {
            array.attach(scope);
        }
        return value;
    }
}
