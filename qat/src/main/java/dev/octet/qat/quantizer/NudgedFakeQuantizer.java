package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quant.Rounding;
import java.util.List;

/// TensorFlow's fake quantization: `⌊(clamp(x) − low)·(1/s) + ½⌋·s + low` with the range `[low, high]` moved so that
/// zero is an integer. Values below the range give their gradient to its minimum, those above it to its maximum.
final class NudgedFakeQuantizer extends FakeQuantizer {
    private static final String BODY =
            """
            below = torch.lt(x, low)
            above = torch.gt(x, high)
            clamped = torch.where(below, low, torch.where(above, high, torch.detach(x)))
            steps = torch.floor(torch.add(torch.mul(torch.sub(clamped, low), torch.reciprocal(s)), 0.5))
            y = torch.add(torch.mul(steps, s), low)
            bounds = torch.where(below, min, torch.where(above, max, x))
            return torch.add(y, torch.sub(bounds, torch.detach(bounds)))
            """;

    private final double constant;
    private final TorchFunction function;
    private final ObservedRange range;

    NudgedFakeQuantizer(QuantizedSite site, double constant) {
        super(site);
        if (site.perChannel() || site.scheme().symmetric()) {
            throw new IllegalArgumentException("'" + site.name() + "': nudged ranges are affine, one per tensor");
        }
        this.constant = constant;
        range = new ObservedRange(this, constant == 0);
        function = TorchFunction.of(List.of("x", "min", "max", "low", "high", "s"), 1, BODY);
    }

    @Override
    public boolean isKnown() {
        return range.isKnown();
    }

    @Override
    void observe(ParameterStore store, NDArray x) {
        if (constant > 0 || !isKnown()) {
            range.update(store, x, constant);
        }
    }

    @Override
    NDArray rounded(ParameterStore store, NDArray x) {
        QuantParams params = currentParams();
        float low = (params.quantMin() - params.zeroPoint()) * params.scale();
        float high = (params.quantMax() - params.zeroPoint()) * params.scale();
        return function.apply(
                x,
                value(store, range.minParameter(), x),
                value(store, range.maxParameter(), x),
                x.getManager().create(new float[] {low}),
                x.getManager().create(new float[] {high}),
                x.getManager().create(new float[] {params.scale()}));
    }

    /// TensorFlow's `Nudge`, in float.
    @Override
    QuantParams currentParams() {
        QuantScheme scheme = site().scheme();
        float min = Math.min(range.min()[0], 0);
        float max = Math.max(range.max()[0], 0);
        float scale = Math.max((max - min) / (scheme.quantMax() - scheme.quantMin()), Float.MIN_NORMAL);
        double zeroPoint = Rounding.HALF_AWAY_FROM_ZERO.round(scheme.quantMin() - min / scale);
        int nudged = (int) Math.clamp(zeroPoint, scheme.quantMin(), scheme.quantMax());
        return site().params(new float[] {scale}, new int[] {nudged});
    }
}
