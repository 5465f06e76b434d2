package dev.octet.quantize;

import dev.octet.quant.QuantParams;
import dev.octet.quantize.spec.TensorSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Values that are quantized with the same parameters: one value, and what is only rearranged from it.
///
/// @param name the first of the values, under which a calibration table has them
/// @param values all of them, in the order of the graph
/// @param watched those that an observer has to see; empty if the parameters are fixed
/// @param spec how they are observed and quantized
/// @param fixed parameters that need no observation; else null
public record SharedRange(
        String name, List<String> values, List<String> watched, TensorSpec spec, @Nullable QuantParams fixed) {
    public SharedRange {
        values = List.copyOf(values);
        watched = List.copyOf(watched);
    }
}
