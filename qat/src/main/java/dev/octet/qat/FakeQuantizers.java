package dev.octet.qat;

import ai.djl.ndarray.NDManager;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.qat.quantizer.FakeQuantizer;
import dev.octet.qat.quantizer.QuantizedSite;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.QuantizedNode;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The fake quantizations of a prepared graph: one for each range of values, for each quantized weight and for each
/// small constant.
final class FakeQuantizers {
    private final Map<String, FakeQuantizer> ofRange = new LinkedHashMap<>();
    private final Map<String, FakeQuantizer> ofValue = new HashMap<>();
    private final Map<WeightUse, FakeQuantizer> ofUse = new LinkedHashMap<>();
    private final Map<String, FakeQuantizer> ofWeight = new HashMap<>();
    private final Map<String, FakeQuantizer> ofConstant = new LinkedHashMap<>();

    /// A constant and how it is quantized; nodes that agree in both share.
    private record WeightUse(String constant, int channelAxis) {}

    FakeQuantizers(PreparedGraph prepared, QatSpec spec, @Nullable CalibrationTable start, NDManager manager) {
        QuantizationSpec quantization = spec.quantization();
        for (SharedRange range : prepared.ranges()) {
            QuantParams known = range.fixed() != null ? range.fixed() : params(start, range.name());
            FakeQuantSpec how = range.fixed() != null ? new FakeQuantSpec.Fixed() : spec.activation();
            // Fixed parameters may be of other integers than the specification's.
            QuantScheme scheme = range.fixed() != null ? scheme(range.fixed()) : range.spec().scheme();
            FakeQuantizer quantizer =
                    how.create(
                            new QuantizedSite(
                                    range.name(), scheme, quantization.numerics(), -1, 1, false, known, manager));
            ofRange.put(range.name(), quantizer);
            range.values().forEach(v -> ofValue.put(v, quantizer));
        }
        prepared.quantizedNodes().forEach((node, how) -> addConstants(prepared, spec, start, manager, node, how));
    }

    private void addConstants(
            PreparedGraph prepared,
            QatSpec spec,
            @Nullable CalibrationTable start,
            NDManager manager,
            String node,
            QuantizedNode how) {
        QuantizationSpec quantization = spec.quantization();
        QuantizedNode.Weight weight = how.weight();
        if (weight != null) {
            Shape shape = prepared.graph().constant(weight.value()).orElseThrow().shape();
            int axis = weight.channelAxis();
            int channels = axis < 0 ? 1 : (int) shape.dim(axis);
            FakeQuantizer quantizer =
                    ofUse.computeIfAbsent(
                            new WeightUse(weight.value(), axis),
                            _ ->
                                    spec.weight()
                                            .create(
                                                    new QuantizedSite(
                                                            weight.value(),
                                                            weight.spec().scheme(),
                                                            quantization.numerics(),
                                                            axis,
                                                            channels,
                                                            true,
                                                            params(start, weight.value()),
                                                            manager)));
            ofWeight.put(node, quantizer);
        }
        QuantScheme full = QuantScheme.affine(quantization.activation().scheme().dtype());
        for (String constant : how.constants()) {
            ofConstant.computeIfAbsent(
                    constant,
                    _ ->
                            new FakeQuantSpec.MovingAverage(1)
                                    .create(
                                            new QuantizedSite(
                                                    constant,
                                                    full,
                                                    quantization.numerics(),
                                                    -1,
                                                    1,
                                                    true,
                                                    null,
                                                    manager)));
        }
    }

    private static QuantScheme scheme(QuantParams params) {
        return new QuantScheme(params.dtype(), false, params.quantMin(), params.quantMax());
    }

    private static @Nullable QuantParams params(@Nullable CalibrationTable table, String name) {
        CalibrationEntry entry = table == null ? null : table.entries().get(name);
        return entry == null ? null : entry.params();
    }

    @Nullable FakeQuantizer ofValue(String name) {
        return ofValue.get(name);
    }

    @Nullable FakeQuantizer ofWeight(String node) {
        return ofWeight.get(node);
    }

    @Nullable FakeQuantizer ofConstant(String name) {
        return ofConstant.get(name);
    }

    /// Those of values between operators.
    List<FakeQuantizer> activations() {
        return List.copyOf(ofRange.values());
    }

    /// Those of weights and other constants.
    List<FakeQuantizer> constants() {
        List<FakeQuantizer> all = new ArrayList<>(ofUse.values());
        all.addAll(ofConstant.values());
        return all;
    }

    /// Those whose parameters are found in training and kept. Of small constants conversion takes the range as it is in
    /// the end.
    List<FakeQuantizer> observed() {
        List<FakeQuantizer> all = new ArrayList<>(ofRange.values());
        all.addAll(ofUse.values());
        return all;
    }

    List<FakeQuantizer> all() {
        List<FakeQuantizer> all = new ArrayList<>(ofRange.values());
        all.addAll(constants());
        return all;
    }
}
