package dev.octet.quantize.observer;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// Observers by the names that files and commands give them: those that find ranges, and PyTorch's for nodes that are
/// to stay in float (`placeholder`, `noop`), to be looked at (`recording`) or to keep their input's parameters
/// (`reuse-input`).
public final class ObserverNames {
    private static final Map<String, ObserverSpec> OF_RANGES =
            Collections.unmodifiableMap(
                    new TreeMap<>(
                            Map.ofEntries(
                                    Map.entry("minmax", ObserverSpec.MIN_MAX),
                                    Map.entry("moving-average", ObserverSpec.MOVING_AVERAGE),
                                    Map.entry("per-channel-minmax", ObserverSpec.PER_CHANNEL),
                                    Map.entry("moving-average-per-channel", ObserverSpec.MOVING_AVERAGE_PER_CHANNEL),
                                    Map.entry("histogram", ObserverSpec.HISTOGRAM),
                                    Map.entry("absmax", ObserverSpec.ABS_MAX),
                                    Map.entry("tensorrt-entropy", ObserverSpec.TENSORRT_ENTROPY),
                                    Map.entry("tensorrt-mse", ObserverSpec.TENSORRT_MSE),
                                    Map.entry("tensorrt-percentile", ObserverSpec.TENSORRT_PERCENTILE),
                                    Map.entry("onnxruntime-average", ObserverSpec.ONNXRUNTIME_AVERAGE),
                                    Map.entry("onnxruntime-entropy", ObserverSpec.ONNXRUNTIME_ENTROPY),
                                    Map.entry("onnxruntime-percentile", ObserverSpec.ONNXRUNTIME_PERCENTILE),
                                    Map.entry("ncnn-kl", ObserverSpec.NCNN_KL),
                                    Map.entry("ncnn-aciq", ObserverSpec.NCNN_ACIQ),
                                    Map.entry("aciq-laplace", ObserverSpec.ACIQ_LAPLACE))));

    private static final Map<String, ObserverSpec> OTHERS =
            Map.of(
                    "placeholder", ObserverSpec.PLACEHOLDER,
                    "noop", ObserverSpec.PLACEHOLDER,
                    "recording", new ObserverSpec.Recording(),
                    "reuse-input", ObserverSpec.REUSE_INPUT);

    private ObserverNames() {}

    /// The observer of a name, with its usual settings.
    ///
    /// @throws IllegalArgumentException if there is none; the message names those that exist
    public static ObserverSpec named(String name) {
        Map<String, ObserverSpec> all = new TreeMap<>(OF_RANGES);
        all.putAll(OTHERS);
        return find(name, all);
    }

    /// Likewise, of those that find ranges.
    public static ObserverSpec ofRanges(String name) {
        return find(name, OF_RANGES);
    }

    private static ObserverSpec find(String name, Map<String, ObserverSpec> among) {
        ObserverSpec spec = among.get(name);
        if (spec == null) {
            throw new IllegalArgumentException(
                    "observer: expected one of " + among.keySet() + ", found '" + name + "'");
        }
        return spec;
    }
}
