package dev.octet.quantize.spec;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Specifications by name, each as faithful to the system it is named after as ONNX's operators allow.
///
/// | name | activations | weights | numerics |
/// |---|---|---|---|
/// | `x86` | histogram, UINT8 in `[0, 127]` | INT8 symmetric per channel | PyTorch |
/// | `qnnpack` | histogram, UINT8 | INT8 symmetric per tensor | PyTorch, QNNPACK |
/// | `default` | min/max, UINT8 in `[0, 127]` | INT8 symmetric per tensor | PyTorch |
/// | `onnxruntime` | min/max, INT8 | INT8 symmetric in `[-127, 127]` per tensor | ONNX Runtime |
///
/// All store biases as INT32, since that is what ONNX has, although PyTorch's x86 engine adds them in float.
public final class Presets {
    private static final Set<String> OPERATORS =
            Set.of(
                    "Conv",
                    "ConvTranspose",
                    "Gemm",
                    "MatMul",
                    "Gather",
                    "Add",
                    "Mul",
                    "GlobalAveragePool",
                    "AveragePool",
                    "Relu",
                    "Clip",
                    "LeakyRelu",
                    "Elu",
                    "HardSwish",
                    "HardSigmoid",
                    "Sigmoid",
                    "Tanh",
                    "Gelu",
                    "Mish",
                    "Softplus");

    private static final Set<String> SHARING =
            Set.of(
                    "MaxPool",
                    "GlobalMaxPool",
                    "Reshape",
                    "Flatten",
                    "Squeeze",
                    "Unsqueeze",
                    "Transpose",
                    "Slice",
                    "Split",
                    "Gather",
                    "Expand",
                    "Tile",
                    "Pad",
                    "Resize",
                    "Identity",
                    "Concat");

    private static final Set<String> EPILOGUES =
            Set.of(
                    "Relu",
                    "Clip",
                    "LeakyRelu",
                    "Elu",
                    "HardSwish",
                    "HardSigmoid",
                    "Sigmoid",
                    "Tanh",
                    "Gelu",
                    "Mish",
                    "Softplus");

    private static final QuantScheme WEIGHT = QuantScheme.symmetric(DType.INT8);

    /// PyTorch's default on x86, and Octet's.
    public static final QuantizationSpec X86 =
            new QuantizationSpec(
                    "x86",
                    new TensorSpec(ObserverSpec.HISTOGRAM, QuantScheme.affine(DType.UINT8).reduced()),
                    new TensorSpec(ObserverSpec.PER_CHANNEL, WEIGHT),
                    NumericsProfile.PYTORCH,
                    BiasRule.INT32,
                    OPERATORS,
                    SHARING,
                    EPILOGUES,
                    false,
                    pytorchFixedOutputs(),
                    QuantFormat.QDQ,
                    // PyTorch's engine has no transposed convolution with a scale per channel.
                    List.of(
                            new NodeRule(
                                    new NodeSelector.OperatorType("ConvTranspose"),
                                    NodeConfig.ofWeight(new TensorSpec(ObserverSpec.MIN_MAX, WEIGHT)))));

    /// PyTorch's default on ARM.
    public static final QuantizationSpec QNNPACK =
            X86.withName("qnnpack")
                    .withActivation(new TensorSpec(ObserverSpec.HISTOGRAM, QuantScheme.affine(DType.UINT8)))
                    .withWeight(new TensorSpec(ObserverSpec.MIN_MAX, WEIGHT))
                    .withNumerics(NumericsProfile.QNNPACK)
                    .withRules(List.of());

    /// PyTorch's `default_qconfig`.
    public static final QuantizationSpec DEFAULT =
            X86.withName("default")
                    .withActivation(new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.affine(DType.UINT8).reduced()))
                    .withWeight(new TensorSpec(ObserverSpec.MIN_MAX, WEIGHT))
                    .withRules(List.of());

    /// The defaults of ONNX Runtime's `quantize_static`.
    public static final QuantizationSpec ONNXRUNTIME =
            X86.withName("onnxruntime")
                    .withActivation(
                            new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.onnxRuntime(DType.INT8, false, false)))
                    .withWeight(new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.onnxRuntime(DType.INT8, true, false)))
                    .withNumerics(NumericsProfile.ONNX)
                    .withFixedOutputs(Map.of("Softmax", QuantParams.perTensor(DType.INT8, 1f / 255, -128)))
                    .withRules(List.of());

    private static final Map<String, QuantizationSpec> ALL = table(X86, QNNPACK, DEFAULT, ONNXRUNTIME);

    private Presets() {}

    /// Names of all presets, the default one first.
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /// The preset of that name.
    ///
    /// @throws IllegalArgumentException if there is none; the message names those that exist
    public static QuantizationSpec named(String name) {
        QuantizationSpec spec = ALL.get(name);
        if (spec == null) {
            throw new IllegalArgumentException("preset: expected one of " + ALL.keySet() + ", found '" + name + "'");
        }
        return spec;
    }

    private static Map<String, QuantizationSpec> table(QuantizationSpec... specs) {
        Map<String, QuantizationSpec> table = new LinkedHashMap<>();
        for (QuantizationSpec spec : specs) {
            table.put(spec.name(), spec);
        }
        return table;
    }

    /// PyTorch's `default_fixed_qparams_range_0to1` and `…_neg1to1`.
    private static Map<String, QuantParams> pytorchFixedOutputs() {
        QuantParams zeroToOne = QuantParams.perTensor(DType.UINT8, 1f / 256, 0);
        QuantParams minusOneToOne = QuantParams.perTensor(DType.UINT8, 2f / 256, 128);
        return Map.of("Sigmoid", zeroToOne, "HardSigmoid", zeroToOne, "Softmax", zeroToOne, "Tanh", minusOneToOne);
    }
}
