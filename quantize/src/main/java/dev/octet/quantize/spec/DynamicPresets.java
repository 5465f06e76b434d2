package dev.octet.quantize.spec;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Dynamic specifications by name.
///
/// | name | activations | weights | operators |
/// |---|---|---|---|
/// | `octet` | INT8 per row | INT8 symmetric per channel | products, convolutions |
/// | `x86`, `fbgemm`, `onednn`, `default` | UINT8 in `[0, 127]` per tensor | INT8 symmetric per tensor | products (PyTorch's Linear) |
/// | `qnnpack` | UINT8 per tensor | INT8 symmetric per tensor | products |
/// | `onnxruntime` | UINT8 per tensor | INT8 symmetric in `[-127, 127]` per tensor | products, convolutions, tables |
/// | `ncnn`, `tflite` | INT8 per row | INT8 symmetric in `[-127, 127]` per channel | products |
/// | `float16` | float | FLOAT16 | products |
/// | `embedding` | float | UINT8 with a floating zero point per row (PyTorch's `float_qparams_weight_only_qconfig`) | tables |
///
/// Products are those of MatMul, Gemm, LSTM, GRU and RNN with constant weights.
public final class DynamicPresets {
    private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm", "LSTM", "GRU", "RNN");
    private static final QuantScheme FULL = QuantScheme.symmetric(DType.INT8);
    private static final QuantScheme NARROW = QuantScheme.narrow(DType.INT8);

    private static final Map<String, DynamicSpec> ALL = all();

    private DynamicPresets() {}

    private static Map<String, DynamicSpec> all() {
        Map<String, DynamicSpec> all = new LinkedHashMap<>();
        TensorSpec perTensor = new TensorSpec(ObserverSpec.MIN_MAX, FULL);
        TensorSpec narrowChannels = new TensorSpec(ObserverSpec.PER_CHANNEL, NARROW);
        add(
                all,
                "octet",
                DynamicActivations.ROW,
                narrowChannels,
                NumericsProfile.ONNX,
                Set.of("MatMul", "Gemm", "Conv", "LSTM", "GRU", "RNN"));
        for (String name : List.of("x86", "fbgemm", "onednn", "default")) {
            add(all, name, DynamicActivations.TENSOR_7_BIT, perTensor, NumericsProfile.PYTORCH, PRODUCTS);
        }
        add(all, "qnnpack", DynamicActivations.TENSOR, perTensor, NumericsProfile.QNNPACK, PRODUCTS);
        add(
                all,
                "onnxruntime",
                DynamicActivations.TENSOR,
                new TensorSpec(ObserverSpec.MIN_MAX, NARROW),
                NumericsProfile.ONNX,
                Set.of("MatMul", "Gemm", "Conv", "Gather"));
        add(all, "ncnn", DynamicActivations.ROW, narrowChannels, NumericsProfile.NCNN, PRODUCTS);
        add(all, "tflite", DynamicActivations.ROW, narrowChannels, NumericsProfile.TFLITE, PRODUCTS);
        add(all, "float16", DynamicActivations.FLOAT, perTensor, NumericsProfile.PYTORCH, PRODUCTS);
        TensorSpec rows = new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.affine(DType.UINT8));
        add(all, "embedding", DynamicActivations.FLOAT, rows, NumericsProfile.PYTORCH, Set.of("Gather"));
        return all;
    }

    private static void add(
            Map<String, DynamicSpec> all,
            String name,
            DynamicActivations activations,
            TensorSpec weight,
            NumericsProfile numerics,
            Set<String> operators) {
        QuantizationSpec spec =
                Presets.X86
                        .withName(name)
                        .withActivation(Presets.X86.activation().withObserver(ObserverSpec.PLACEHOLDER))
                        .withWeight(weight)
                        .withNumerics(numerics)
                        .withBias(BiasRule.FLOAT32)
                        .withOperators(operators)
                        .withSharing(Set.of())
                        .withEpilogues(Set.of())
                        .withFixedOutputs(Map.of())
                        .withRules(List.of());
        all.put(name, new DynamicSpec(spec, activations));
    }

    /// Names of all presets, the default one first.
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /// The preset of that name.
    ///
    /// @throws IllegalArgumentException if there is none; the message names those that exist
    public static DynamicSpec named(String name) {
        DynamicSpec spec = ALL.get(name);
        if (spec == null) {
            throw new IllegalArgumentException(
                    "preset for dynamic quantization: expected one of " + ALL.keySet() + ", found '" + name + "'");
        }
        return spec;
    }
}
