package dev.octet.qat.quantizer;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.quant.QuantParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Rounds a value as its integers would, so that a network learns to live with it: `(q − zeroPoint)·scale`, bit for bit
/// what quantizing and dequantizing gives. The gradient passes where the value is in range and is zero elsewhere.
///
/// It also finds the parameters, from what it sees in training or by gradients. All it knows lies in parameters of DJL,
/// so that it is saved and loaded with the network. Observing and rounding are switched separately.
public abstract class FakeQuantizer {
    private final List<Parameter> parameters = new ArrayList<>();

    private final QuantizedSite site;
    private final FakeQuantFormula asStored;
    private boolean observing = true;
    private boolean quantizing = true;

    FakeQuantizer(QuantizedSite site) {
        this.site = site;
        asStored = new FakeQuantFormula(site, site.stored());
    }

    QuantizedSite site() {
        return site;
    }

    /// What is saved with the network, and of it what the optimizer trains.
    public final List<Parameter> parameters() {
        return List.copyOf(parameters);
    }

    /// Whether parameters still follow the data.
    public final void observe(boolean enabled) {
        observing = enabled;
    }

    /// Whether values are rounded.
    public final void quantize(boolean enabled) {
        quantizing = enabled;
    }

    /// The value as its integers would have it. While the network trains, observes it first, if that is on, and clamps
    /// to the integers of the scheme; else to those that conversion clamps to. A value that nothing is known of yet
    /// stays as it is.
    public final NDArray apply(ParameterStore store, NDArray x, boolean training) {
        if (training && observing) {
            return quantizing ? observedAndRounded(store, x) : observed(store, x);
        }
        // A constant is there to be seen, whatever data there are.
        if (site.constant() && !isKnown()) {
            observe(store, x);
        }
        if (!quantizing || !isKnown()) {
            return x;
        }
        return training ? rounded(store, x) : converted(x);
    }

    private NDArray observed(ParameterStore store, NDArray x) {
        observe(store, x);
        return x;
    }

    private NDArray converted(NDArray x) {
        QuantParams params = currentParams();
        NDManager manager = x.getManager();
        return asStored.apply(x, manager.create(params.scales()), manager.create(params.zeroPoints()));
    }

    /// Whether there are parameters yet.
    public abstract boolean isKnown();

    /// The parameters that rounding goes by now.
    ///
    /// @throws IllegalStateException if there are none yet
    public final QuantParams params() {
        if (!isKnown()) {
            throw new IllegalStateException("'" + site.name() + "': nothing was observed");
        }
        return currentParams();
    }

    abstract void observe(ParameterStore store, NDArray x);

    abstract NDArray rounded(ParameterStore store, NDArray x);

    NDArray observedAndRounded(ParameterStore store, NDArray x) {
        observe(store, x);
        return isKnown() ? rounded(store, x) : x;
    }

    abstract QuantParams currentParams();

    /// A new parameter of this quantizer, one number per scale.
    final Parameter parameter(String name, float value, boolean trained) {
        float[] values = new float[site.channels()];
        Arrays.fill(values, value);
        return parameter(name, site.manager().create(values), trained);
    }

    final Parameter parameter(String name, NDArray array, boolean trained) {
        array.setRequiresGradient(trained);
        Parameter parameter =
                Parameter.builder()
                        .setName(site.name() + "." + name)
                        .setType(Parameter.Type.OTHER)
                        .optArray(array)
                        .optRequiresGrad(trained)
                        .build();
        parameters.add(parameter);
        return parameter;
    }

    static NDArray value(ParameterStore store, Parameter parameter, NDArray near) {
        Device device = near.getDevice();
        NDArray value = store.getValue(parameter, device, true);
        if (parameter.requiresGradient() && !value.hasGradient()) {
            value.setRequiresGradient(true);
        }
        return value;
    }

    /// Another handle to the array, so that what is made of it goes with the batch, not with the network.
    static NDArray alias(NDArray array, NDManager owner) {
        NDArray alias = array.reshape(array.getShape());
        alias.attach(owner);
        return alias;
    }
}
