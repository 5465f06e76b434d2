package dev.octet.qat.quantizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.octet.qat.torch.TorchFunction;
import dev.octet.quant.QuantParams;
import java.util.List;

/// The smallest and largest value that were seen, or moving averages of these; saved with the network.
final class ObservedRange {
    private final QuantizedSite site;
    private final TorchFunction extremes;
    private final Parameter min;
    private final Parameter max;

    ObservedRange(FakeQuantizer owner) {
        this(owner, false);
    }

    /// @param trained whether gradients change the range
    ObservedRange(FakeQuantizer owner, boolean trained) {
        site = owner.site();
        extremes = TorchFunction.of(List.of("x"), 2, body(site));
        min = owner.parameter("min", Float.POSITIVE_INFINITY, trained);
        max = owner.parameter("max", Float.NEGATIVE_INFINITY, trained);
        QuantParams initial = site.initial();
        if (initial != null) {
            float[] lows = new float[site.channels()];
            float[] highs = new float[site.channels()];
            for (int i = 0; i < lows.length; i++) {
                lows[i] = (initial.quantMin() - initial.zeroPoints()[i]) * initial.scales()[i];
                highs[i] = (initial.quantMax() - initial.zeroPoints()[i]) * initial.scales()[i];
            }
            min.getArray().set(lows);
            max.getArray().set(highs);
        }
    }

    private static String body(QuantizedSite site) {
        return site.perChannel()
                ? "return torch.aminmax(torch.flatten(torch.transpose(x, 0, %d), 1), dim=1)"
                        .formatted(site.channelAxis())
                : "return torch.aminmax(x)";
    }

    Parameter minParameter() {
        return min;
    }

    Parameter maxParameter() {
        return max;
    }

    boolean isKnown() {
        return min.getArray().getFloat(0) <= max.getArray().getFloat(0);
    }

    float[] min() {
        return min.getArray().toFloatArray();
    }

    float[] max() {
        return max.getArray().toFloatArray();
    }

    /// @param constant weight of the new batch in the moving average; 0 for the range of all batches
    void update(ParameterStore store, NDArray x, double constant) {
        if (x.size() == 0) {
            return;
        }
        NDArray seen = x.stopGradient();
        NDList found = extremes.applyAll(seen);
        NDArray lowArray = FakeQuantizer.value(store, min, x);
        NDArray highArray = FakeQuantizer.value(store, max, x);
        float[] lows = lowArray.toFloatArray();
        float[] highs = highArray.toFloatArray();
        float[] newLows = found.get(0).toFloatArray();
        float[] newHighs = found.get(1).toFloatArray();
        // PyTorch multiplies by the constant as a float.
        float c = (float) constant;
        for (int i = 0; i < lows.length; i++) {
            boolean first = lows[i] > highs[i];
            lows[i] =
                    first ? newLows[i] : c == 0 ? Math.min(lows[i], newLows[i]) : lows[i] + c * (newLows[i] - lows[i]);
            highs[i] =
                    first
                            ? newHighs[i]
                            : c == 0 ? Math.max(highs[i], newHighs[i]) : highs[i] + c * (newHighs[i] - highs[i]);
        }
        lowArray.set(lows);
        highArray.set(highs);
        found.close();
        seen.close();
    }
}
