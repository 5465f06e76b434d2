package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.quant.QuantParams;

/// Fake quantization whose parameters follow the range of the data by the rule of its scheme (PyTorch `FakeQuantize`).
final class ObservedFakeQuantizer extends FakeQuantizer {
    private final double constant;
    private final FakeQuantFormula formula;
    private final ObservedRange range;
    private final Parameter scale;
    private final Parameter zeroPoint;
    private boolean freezing;

    /// @param constant weight of a new batch in the moving average; 0 for the range of all batches
    ObservedFakeQuantizer(QuantizedSite site, double constant) {
        super(site);
        this.constant = constant;
        formula = new FakeQuantFormula(site);
        range = new ObservedRange(this);
        scale = parameter("scale", 1, false);
        zeroPoint = parameter("zero_point", site.manager().create(new int[site.channels()]), false);
        QuantParams initial = site.initial();
        if (initial != null) {
            scale.getArray().set(initial.scales());
            zeroPoint.getArray().set(initial.zeroPoints());
        }
    }

    /// Takes the first parameters for good.
    void freezeOnceKnown() {
        freezing = true;
    }

    @Override
    public boolean isKnown() {
        return range.isKnown();
    }

    @Override
    void observe(ParameterStore store, NDArray x) {
        if (freezing && isKnown()) {
            return;
        }
        range.update(store, x, constant);
        QuantParams params = site().params(range.min(), range.max());
        value(store, scale, x).set(params.scales());
        value(store, zeroPoint, x).set(params.zeroPoints());
    }

    @Override
    NDArray rounded(ParameterStore store, NDArray x) {
        return formula.apply(x, value(store, scale, x), value(store, zeroPoint, x));
    }

    @Override
    QuantParams currentParams() {
        return site().params(scale.getArray().toFloatArray(), zeroPoint.getArray().toIntArray());
    }
}
