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
/// | `octet` | INT8 per row | INT8 symmetric per channel | products |
/// | `x86`, `fbgemm`, `onednn`, `default` | UINT8 in `[0, 127]` per tensor | INT8 symmetric per tensor | products (PyTorch's Linear) |
/// | `qnnpack` | UINT8 per tensor | INT8 symmetric per tensor | products |
/// | `onnxruntime` | UINT8 per tensor | INT8 symmetric in `[-127, 127]` per tensor, tables UINT8 | MatMul, Gemm, convolutions, LSTM, attention, tables, transpositions |
/// | `ncnn`, `tflite` | INT8 per row | INT8 symmetric in `[-127, 127]` per channel | products |
/// | `float16` | float | FLOAT16 | products |
/// | `embedding` | float | UINT8 with a floating zero point per row (PyTorch's `float_qparams_weight_only_qconfig`) | tables |
/// | `embedding4` | float | the same in UINT4 with FLOAT16 scales (PyTorch's `…_4bit`, for `quint4x2`) | tables |
///
/// Products are those of MatMul, Gemm, LSTM, GRU and RNN with constant weights; with `ncnn` those of two activations,
/// too. Convolutions of activations with one scale may lose much, so that only `onnxruntime` quantizes them by itself;
/// [QConfigMapping#withType] adds them to any other. `onnxruntime` leaves the graphs inside If, Loop and Scan as they
/// are, as its tool does by itself.
public final class DynamicPresets {
    private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm", "LSTM", "GRU", "RNN");
    private static final QuantScheme FULL = QuantScheme.symmetric(DType.INT8);
    private static final QuantScheme NARROW = QuantScheme.narrow(DType.INT8);

    private static final Map<String, DynamicSpec> ALL = all();

    private DynamicPresets() {}

    private static Map<String, DynamicSpec> all() {
        Map<String, DynamicSpec> all = new LinkedHashMap<>();
        TensorSpec perTensor = new TensorSpec(ObserverSpec.MIN_MAX, FULL);
        TensorSpec channels = new TensorSpec(ObserverSpec.PER_CHANNEL, NARROW);
        put(all, "octet", DynamicActivations.ROW, weights(channels, NumericsProfile.ONNX, PRODUCTS));
        for (String name : List.of("x86", "fbgemm", "onednn", "default")) {
            put(all, name, DynamicActivations.TENSOR_7_BIT, weights(perTensor, NumericsProfile.PYTORCH, PRODUCTS));
        }
        put(all, "qnnpack", DynamicActivations.TENSOR, weights(perTensor, NumericsProfile.QNNPACK, PRODUCTS));
        put(all, "onnxruntime", DynamicActivations.TENSOR, onnxRuntime());
        all.computeIfPresent("onnxruntime", (_, s) -> s.withForm(DynamicForm.ONNX_RUNTIME).withBodies(false));
        put(all, "ncnn", DynamicActivations.ROW, weights(channels, NumericsProfile.NCNN, PRODUCTS));
        all.computeIfPresent("ncnn", (_, s) -> s.withActivationProducts(true));
        put(all, "tflite", DynamicActivations.ROW, weights(channels, NumericsProfile.TFLITE, PRODUCTS));
        put(all, "float16", DynamicActivations.FLOAT, weights(perTensor, NumericsProfile.PYTORCH, PRODUCTS));
        TensorSpec rows = new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.affine(DType.UINT8));
        put(all, "embedding", DynamicActivations.FLOAT, weights(rows, NumericsProfile.PYTORCH, Set.of("Gather")));
        TensorSpec nibbles = rows.withScheme(QuantScheme.affine(DType.UINT4));
        put(all, "embedding4", DynamicActivations.FLOAT, weights(nibbles, NumericsProfile.PYTORCH, Set.of("Gather")));
        return all;
    }

    /// Tables are quantized as ONNX Runtime's tool quantizes activations.
    private static QuantizationSpec onnxRuntime() {
        TensorSpec table = new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.affine(DType.UINT8));
        return weights(
                        new TensorSpec(ObserverSpec.MIN_MAX, NARROW),
                        NumericsProfile.ONNX,
                        Set.of("MatMul", "Gemm", "Conv", "LSTM", "Attention", "Gather", "Transpose"))
                .withRule(new NodeSelector.OperatorType("Gather"), NodeConfig.ofWeight(table));
    }

    private static QuantizationSpec weights(TensorSpec weight, NumericsProfile numerics, Set<String> operators) {
        return Presets.X86
                .withActivation(Presets.X86.activation().withObserver(ObserverSpec.PLACEHOLDER))
                .withWeight(weight)
                .withNumerics(numerics)
                .withBias(BiasRule.FLOAT32)
                .withOperators(operators)
                .withSharing(Set.of())
                .withEpilogues(Set.of())
                .withFixedOutputs(Map.of())
                .withRules(List.of());
    }

    private static void put(
            Map<String, DynamicSpec> all, String name, DynamicActivations activations, QuantizationSpec weights) {
        all.put(name, new DynamicSpec(weights.withName(name), activations));
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
