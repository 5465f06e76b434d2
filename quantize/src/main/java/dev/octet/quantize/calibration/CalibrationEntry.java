package dev.octet.quantize.calibration;

import dev.octet.quant.QuantParams;
import dev.octet.quantize.observer.ObserverState;
import org.jspecify.annotations.Nullable;

/// What is known of one value.
///
/// @param params its quantization parameters
/// @param statistics what was observed; null where the parameters come from elsewhere
public record CalibrationEntry(QuantParams params, @Nullable ObserverState statistics) {}
