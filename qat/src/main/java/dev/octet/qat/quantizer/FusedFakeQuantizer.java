package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.quant.QuantParams;
import java.util.List;

/// PyTorch's one operation that observes, chooses parameters and rounds (`FusedMovingAvgObsFakeQuantize`).
///
/// Converted networks get the parameters that training rounded by; PyTorch computes them anew from the range, by the
/// rule of its other observers.
final class FusedFakeQuantizer extends FakeQuantizer {
    private final FakeQuantFormula formula;
    private final TorchFunction observed;
    private final ObservedRange range;
    private final Parameter scale;
    private final Parameter zeroPoint;

    FusedFakeQuantizer(QuantizedSite site, double constant) {
        super(site);
        formula = new FakeQuantFormula(site);
        range = new ObservedRange(this);
        scale = parameter("scale", 1, false);
        zeroPoint = parameter("zero_point", site.manager().create(new int[site.channels()]), false);
        QuantParams initial = site.initial();
        if (initial != null) {
            scale.getArray().set(initial.scales());
            zeroPoint.getArray().set(initial.zeroPoints());
        }
        observed = TorchFunction.of(List.of("x", "low", "high", "s", "z"), 1, body(site, constant));
    }

    /// The operation knows channels on the first axis only.
    private static String body(QuantizedSite site, double constant) {
        String call =
                "torch.fused_moving_avg_obs_fake_quant(%s, on, on, low, high, s, z, %s, %d, %d, 0, %s, %s)"
                        .formatted(
                                site.channelAxis() > 0
                                        ? "torch.transpose(x, 0, %d)".formatted(site.channelAxis())
                                        : "x",
                                constant,
                                site.scheme().quantMin(),
                                site.scheme().quantMax(),
                                site.perChannel() ? "True" : "False",
                                site.scheme().symmetric() ? "True" : "False");
        String result =
                site.channelAxis() > 0 ? "torch.transpose(%s, 0, %d)".formatted(call, site.channelAxis()) : call;
        // On the device of the operands, where the operation wants its switches, too.
        return "on = torch.ones_like(torch.slice(z, 0, 0, 1), dtype=4)\nreturn " + result;
    }

    @Override
    public boolean isKnown() {
        return range.isKnown();
    }

    @Override
    void observe(ParameterStore store, NDArray x) {
        observedAndRounded(store, x.stopGradient());
    }

    @Override
    NDArray observedAndRounded(ParameterStore store, NDArray x) {
        return observed.apply(
                x,
                value(store, range.minParameter(), x),
                value(store, range.maxParameter(), x),
                value(store, scale, x),
                value(store, zeroPoint, x));
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
