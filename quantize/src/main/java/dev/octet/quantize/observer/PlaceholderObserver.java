package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.Map;

/// Gathers nothing: a tensor whose parameters are found at run time, or that is stored in another floating type
/// (PyTorch's `PlaceholderObserver` and `NoopObserver`). It accepts every tensor and has no parameters.
public final class PlaceholderObserver implements Observer {
    static final String KIND = "placeholder";

    public PlaceholderObserver() {}

    PlaceholderObserver(ObserverState state) {
        if (!state.numbers().isEmpty() || !state.arrays().isEmpty()) {
            throw new IllegalArgumentException(KIND + ": expected no data, found " + state.numbers());
        }
    }

    @Override
    public void observe(Tensor values) {
        // Nothing of it is needed.
    }

    @Override
    public void merge(Observer other) {
        Ranges.requireSame(this, other);
    }

    @Override
    public boolean isEmpty() {
        return true;
    }

    /// @throws IllegalStateException always
    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        throw new IllegalStateException("a placeholder observes nothing, so that no parameters follow");
    }

    @Override
    public ObserverState state() {
        return new ObserverState(KIND, Map.of(), Map.of());
    }
}
