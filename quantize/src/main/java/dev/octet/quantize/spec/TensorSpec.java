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
}
