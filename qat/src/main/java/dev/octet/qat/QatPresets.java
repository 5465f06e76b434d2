package dev.octet.qat;

import dev.octet.qat.QatSpec.NormTraining;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Specifications of training by name, after the systems whose defaults they are.
///
/// | name | integers | parameters in training |
/// |---|---|---|
/// | `x86`, `fbgemm` | as [Presets#X86] | PyTorch's `get_default_qat_qconfig`: fused moving averages, constant 0.01 |
/// | `qnnpack` | as [Presets#QNNPACK] | likewise |
/// | `tensorrt` | as [Presets#TENSORRT] | values fixed at those of calibration, by the largest magnitude; weights follow their range |
/// | `tflite` | as [Presets#TFLITE] | moving averages, constant 0.001 (TensorFlow's decay 0.999); weights follow their range |
/// | `lsq` | as [Presets#QNNPACK], weights per channel | all scales trained |
public final class QatPresets {
    /// The whole range of the weights as they are.
    private static final FakeQuantSpec CURRENT_RANGE = new FakeQuantSpec.MovingAverage(1);

    /// PyTorch's on x86, and Octet's default.
    public static final QatSpec X86 =
            new QatSpec(Presets.X86, FakeQuantSpec.FUSED, FakeQuantSpec.FUSED, NormTraining.APPROXIMATE);

    /// PyTorch's on ARM.
    public static final QatSpec QNNPACK = X86.withQuantization(Presets.QNNPACK);

    /// TensorRT's: symmetric everywhere, scales of values from calibration. What entropy cuts off there, training
    /// cannot bring back, so ranges are those of the largest magnitude (`max`, the default of NVIDIA's own training
    /// toolkit).
    public static final QatSpec TENSORRT =
            new QatSpec(
                    Presets.TENSORRT.withActivation(Presets.TENSORRT.activation().withObserver(ObserverSpec.ABS_MAX)),
                    new FakeQuantSpec.Fixed(),
                    CURRENT_RANGE,
                    NormTraining.APPROXIMATE);

    /// TFLite's (arXiv 1712.05877 and 1806.08342).
    public static final QatSpec TFLITE =
            new QatSpec(Presets.TFLITE, new FakeQuantSpec.MovingAverage(0.001), CURRENT_RANGE, NormTraining.EXACT);

    /// Learned step sizes (arXiv 1902.08153).
    public static final QatSpec LSQ =
            new QatSpec(
                    Presets.QNNPACK
                            .withName("lsq")
                            .withWeight(new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.symmetric(DType.INT8))),
                    new FakeQuantSpec.Learned(true, true),
                    new FakeQuantSpec.Learned(true, false),
                    NormTraining.APPROXIMATE);

    private static final Map<String, QatSpec> ALL = table();

    private QatPresets() {}

    private static Map<String, QatSpec> table() {
        Map<String, QatSpec> table = new LinkedHashMap<>();
        table.put("x86", X86);
        table.put("fbgemm", X86.withQuantization(Presets.FBGEMM));
        table.put("qnnpack", QNNPACK);
        table.put("tensorrt", TENSORRT);
        table.put("tflite", TFLITE);
        table.put("lsq", LSQ);
        return table;
    }

    /// Names of all presets, the default one first.
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /// The preset of that name.
    ///
    /// @throws IllegalArgumentException if there is none; the message names those that exist
    public static QatSpec named(String name) {
        QatSpec spec = ALL.get(name);
        if (spec == null) {
            throw new IllegalArgumentException("preset: expected one of " + ALL.keySet() + ", found '" + name + "'");
        }
        return spec;
    }

    /// A preset with weights of fewer bits, symmetric per channel.
    ///
    /// @param bits 2, 4 or 8
    public static QatSpec withWeightBits(QatSpec spec, int bits) {
        DType type =
                switch (bits) {
                    case 2 -> DType.INT2;
                    case 4 -> DType.INT4;
                    case 8 -> DType.INT8;
                    default -> throw new IllegalArgumentException("weight bits: expected 2, 4 or 8, found " + bits);
                };
        QuantizationSpec quantization =
                spec.quantization()
                        .withWeight(new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.symmetric(type)))
                        .withRules(List.of());
        return spec.withQuantization(quantization);
    }
}
