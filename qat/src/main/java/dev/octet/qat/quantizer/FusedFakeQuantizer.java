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
/// rule of its other observers. As there, what is observed but not rounded moves the range only, and rounding chooses
/// the parameters by the range, whether that still moves or not. Of a value that was never rounded they are those that
/// PyTorch would compute on conversion.
final class FusedFakeQuantizer extends FakeQuantizer {
    /// Stands for a scale before training has rounded by one.
    private static final float NONE = 0;

    private final double constant;
    private final TorchFunction observing;
    private final TorchFunction frozen;
    private final ObservedRange range;
    private final Parameter scale;
    private final Parameter zeroPoint;

    FusedFakeQuantizer(QuantizedSite site, double constant) {
        super(site);
        this.constant = constant;
        range = new ObservedRange(this);
        scale = parameter("scale", NONE, false);
        zeroPoint = parameter("zero_point", site.manager().create(new int[site.channels()]), false);
        QuantParams initial = site.initial();
        if (initial != null) {
            scale.getArray().set(initial.scales());
            zeroPoint.getArray().set(initial.zeroPoints());
        }
        observing = function(site, constant, true);
        frozen = function(site, constant, false);
    }

    /// The operation knows channels on the first axis only.
    private static TorchFunction function(QuantizedSite site, double constant, boolean observing) {
        String call =
                "torch.fused_moving_avg_obs_fake_quant(%s, observe, round, low, high, s, z, %s, %d, %d, 0, %s, %s)"
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
        String body =
                """
                round = torch.ones_like(torch.slice(z, 0, 0, 1), dtype=4)
                observe = torch.mul(round, %d)
                return %s
                """
                        .formatted(observing ? 1 : 0, result);
        return TorchFunction.of(List.of("x", "low", "high", "s", "z"), 1, body);
    }

    @Override
    public boolean isKnown() {
        return range.isKnown();
    }

    @Override
    void observe(ParameterStore store, NDArray x) {
        range.update(store, x, constant);
    }

    @Override
    NDArray observedAndRounded(ParameterStore store, NDArray x) {
        return rounded(store, x, observing);
    }

    @Override
    NDArray rounded(ParameterStore store, NDArray x) {
        return rounded(store, x, frozen);
    }

    private NDArray rounded(ParameterStore store, NDArray x, TorchFunction function) {
        return function.apply(
                x,
                value(store, range.minParameter(), x),
                value(store, range.maxParameter(), x),
                value(store, scale, x),
                value(store, zeroPoint, x));
    }

    @Override
    QuantParams currentParams() {
        return scale.getArray().getFloat(0) == NONE
                ? site().params(range.min(), range.max())
                : site().params(scale.getArray().toFloatArray(), zeroPoint.getArray().toIntArray());
    }
}
