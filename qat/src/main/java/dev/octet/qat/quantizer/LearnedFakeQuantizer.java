package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.quant.QuantParams;
import java.util.Arrays;
import java.util.List;

/// Fake quantization whose scale, and if wanted zero point, have gradients (PyTorch `_LearnableFakeQuantize`).
///
/// `d/ds = Σ dy·(q − z where clamped, else (ŷ − x)/s)` and `d/dz = Σ dy·(−s where clamped)`.
final class LearnedFakeQuantizer extends FakeQuantizer {
    /// PyTorch's smallest scale.
    private static final double SMALLEST = 0x1p-23;

    private final FakeQuantSpec.Learned spec;
    private final Parameter scale;
    private final Parameter zeroPoint;

    /// @param site a scale of 0 stands for one that is not known yet
    LearnedFakeQuantizer(QuantizedSite site, FakeQuantSpec.Learned spec) {
        super(site);
        this.spec = spec;
        QuantParams initial = site.initial();
        scale = parameter("scale", 0, true);
        zeroPoint = parameter("zero_point", 0, spec.zeroPoint() && !site.scheme().symmetric());
        if (initial != null) {
            set(initial);
        }
    }

    private void set(QuantParams params) {
        scale.getArray().set(params.scales());
        float[] zeroPoints = new float[params.zeroPoints().length];
        for (int i = 0; i < zeroPoints.length; i++) {
            zeroPoints[i] = params.zeroPoints()[i];
        }
        zeroPoint.getArray().set(zeroPoints);
    }

    @Override
    public boolean isKnown() {
        return scale.getArray().getFloat(0) > 0;
    }

    @Override
    void observe(ParameterStore store, NDArray x) {
        if (isKnown()) {
            return;
        }
        NDArray seen = x.stopGradient();
        QuantizedSite site = site();
        boolean perChannel = site.perChannel();
        NDArray rows =
                perChannel ? seen.swapAxes(0, site.channelAxis()).reshape(site.channels(), -1) : seen.reshape(1, -1);
        int[] last = {1};
        float[] mins = rows.min(last, false).toFloatArray();
        float[] maxs = rows.max(last, false).toFloatArray();
        QuantParams byRange = site.params(mins, maxs);
        if (!site.scheme().symmetric()) {
            set(byRange);
            return;
        }
        float[] scales = rows.abs().mean(last, false).toFloatArray();
        for (int i = 0; i < scales.length; i++) {
            scales[i] = (float) Math.max(2 * scales[i] / Math.sqrt(site.scheme().quantMax()), SMALLEST);
        }
        set(site.params(scales, byRange.zeroPoints()));
    }

    @Override
    NDArray rounded(ParameterStore store, NDArray x) {
        QuantizedSite site = site();
        int max = site.scheme().quantMax();
        double factor = spec.scaleGradients() ? 1 / Math.sqrt((double) x.size() * max) : 1;
        String operation =
                site.perChannel()
                        ? "per_channel_affine(x, s, z, %d, ".formatted(site.channelAxis())
                        : "per_tensor_affine(x, s, z, ";
        // As `.data`: a range of several values is rounded with one scale, and autograd has to overlook this change of
        // it.
        TorchFunction function =
                TorchFunction.of(
                        List.of("x", "s", "z"),
                        1,
                        "c = torch.clamp_(ops.prim.data(s), %s)\nreturn torch._fake_quantize_learnable_%s%d, %d, %s)"
                                .formatted(SMALLEST, operation, site.scheme().quantMin(), max, factor));
        return function.apply(x, value(store, scale, x), value(store, zeroPoint, x));
    }

    @Override
    QuantParams currentParams() {
        float[] scales = scale.getArray().toFloatArray();
        float[] trained = zeroPoint.getArray().toFloatArray();
        int[] zeroPoints = new int[trained.length];
        for (int i = 0; i < trained.length; i++) {
            scales[i] = Math.max(scales[i], (float) SMALLEST);
            double nearest = Math.rint(trained[i]);
            zeroPoints[i] = (int) Math.clamp(nearest, site().scheme().quantMin(), site().scheme().quantMax());
        }
        return site().params(Arrays.copyOf(scales, scales.length), zeroPoints);
    }
}
