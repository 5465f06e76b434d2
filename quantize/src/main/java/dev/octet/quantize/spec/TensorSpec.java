package dev.octet.quantize.spec;

import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;

/// How tensors of one role are quantized: what is measured, and which integers stand for the values.
public record TensorSpec(ObserverSpec observer, QuantScheme scheme) {
    public TensorSpec withObserver(ObserverSpec newObserver) {
        return new TensorSpec(newObserver, scheme);
    }

    public TensorSpec withScheme(QuantScheme newScheme) {
        return new TensorSpec(observer, newScheme);
    }

    /// This specification, for weights.
    ///
    /// @throws IllegalArgumentException if its observer is for values that are computed
    TensorSpec ofWeights() {
        if (observer instanceof ObserverSpec.Recording || observer instanceof ObserverSpec.ReuseInput) {
            throw new IllegalArgumentException(
                    "weights: expected an observer that finds their range, found " + observer);
        }
        return this;
    }
}
