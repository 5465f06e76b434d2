package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import java.util.List;

/// `y = round(clip(x, 0, α)·n/α)·α/n` with n steps: the gradient of α is the sum of those of values that it clips, and
/// rounding passes gradients through (PACT).
final class ClippedFakeQuantizer extends FakeQuantizer {
    private final TorchFunction function;
    private final Parameter bound;

    ClippedFakeQuantizer(QuantizedSite site, float start) {
        super(site);
        QuantScheme scheme = site.scheme();
        if (site.perChannel() || scheme.symmetric()) {
            throw new IllegalArgumentException(
                    "'" + site.name() + "': clipping is learned per tensor with an affine scheme");
        }
        QuantParams initial = site.initial();
        float known = initial == null ? start : (initial.quantMax() - initial.zeroPoint()) * initial.scale();
        bound = parameter("alpha", known, true);
        function =
                TorchFunction.of(
                        List.of("x", "a"),
                        1,
                        """
                        c = torch.where(torch.ge(x, a), a, torch.clamp(x, 0.))
                        s = torch.detach(torch.div(a, %d.))
                        y = torch.mul(torch.round(torch.div(torch.detach(c), s)), s)
                        return torch.add(y, torch.sub(c, torch.detach(c)))
                        """
                                .formatted(scheme.quantMax() - scheme.quantMin()));
    }

    @Override
    public boolean isKnown() {
        return true;
    }

    @Override
    void observe(ParameterStore store, NDArray x) {}

    @Override
    NDArray rounded(ParameterStore store, NDArray x) {
        return function.apply(x, value(store, bound, x));
    }

    @Override
    QuantParams currentParams() {
        int min = site().scheme().quantMin();
        float scale = bound.getArray().getFloat(0) / (site().scheme().quantMax() - min);
        return site().params(new float[] {scale}, new int[] {min});
    }
}
