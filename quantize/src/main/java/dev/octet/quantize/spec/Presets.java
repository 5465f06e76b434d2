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
import java.util.TreeSet;

/// Specifications by name, each as faithful to the system it is named after as ONNX's operators allow.
///
/// | name | activations | weights | numerics |
/// |---|---|---|---|
/// | `x86`, `fbgemm` | histogram, UINT8 in `[0, 127]` | INT8 symmetric per channel | PyTorch |
/// | `onednn` | histogram, UINT8 | INT8 symmetric per channel | PyTorch |
/// | `qnnpack` | histogram, UINT8 | INT8 symmetric per tensor | PyTorch, QNNPACK |
/// | `default` | min/max, UINT8 in `[0, 127]` | INT8 symmetric per tensor | PyTorch |
/// | `default_symmetric_qnnpack` | histogram, INT8 | INT8 symmetric in `[-127, 127]` per tensor | QNNPACK, eps 2⁻¹² |
/// | `onnxruntime` | min/max, INT8 | INT8 symmetric in `[-127, 127]` per tensor | ONNX Runtime |
/// | `tensorrt` | entropy, INT8 symmetric | INT8 symmetric per channel | TensorRT |
/// | `ncnn` | KL, INT8 in `[-127, 127]`, inputs of weighted operators only | INT8 per channel, 6 bits where Winograd | ncnn |
/// | `tflite` | min/max, INT8 | INT8 symmetric in `[-127, 127]` per channel | TFLite |
///
/// All but `tensorrt` and `ncnn` store biases as INT32, since that is what ONNX's integer operators have, although
/// PyTorch's x86 engine adds them in float.
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
                    "BatchNormalization",
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

    /// PyTorch's list of operators that share their observer with their input's.
    private static final Set<String> PYTORCH_SHARING =
            with(SHARING, "AveragePool", "GlobalAveragePool", "Relu", "Clip");

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
                    PYTORCH_SHARING,
                    EPILOGUES,
                    false,
                    Placement.BETWEEN,
                    false,
                    pytorchFixedOutputs(),
                    Map.of(),
                    false,
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
                    .withPlacement(Placement.EVERYWHERE)
                    .withOperators(
                            Set.of(
                                    "Conv",
                                    "ConvTranspose",
                                    "Gemm",
                                    "MatMul",
                                    "Gather",
                                    "Add",
                                    "Mul",
                                    "BatchNormalization",
                                    "GlobalAveragePool",
                                    "Concat",
                                    "Relu",
                                    "Clip",
                                    "LeakyRelu",
                                    "Sigmoid",
                                    "Softmax",
                                    "LayerNormalization",
                                    "InstanceNormalization",
                                    "Where",
                                    "CumSum",
                                    "ArgMax",
                                    "GatherElements"))
                    .withSharing(
                            Set.of(
                                    "MaxPool",
                                    "AveragePool",
                                    "Gather",
                                    "GatherElements",
                                    "TopK",
                                    "Reshape",
                                    "Flatten",
                                    "Squeeze",
                                    "Unsqueeze",
                                    "Transpose",
                                    "Slice",
                                    "Split",
                                    "Pad",
                                    "Resize"))
                    .withEpilogues(Set.of("Relu", "Clip"))
                    .withFixedOutputs(Map.of("Softmax", QuantParams.perTensor(DType.INT8, 1f / 255, -128)))
                    .withRules(List.of());

    /// Likewise with `QuantFormat.QOperator`, where the tool has rules for other operators. Softmax stays as it is: the
    /// tool writes QLinearSoftmax in steps of 1/256, which in ONNX Runtime 1.26 gives 0 in INT8 where a probability
    /// rounds to 1 (QLinearSoftmaxTest).
    private static final QuantizationSpec ONNXRUNTIME_QOPERATOR =
            ONNXRUNTIME
                    .withFormat(QuantFormat.QOPERATOR)
                    .withOperators(
                            Set.of(
                                    "Conv",
                                    "Gemm",
                                    "MatMul",
                                    "Gather",
                                    "Add",
                                    "Mul",
                                    "GlobalAveragePool",
                                    "AveragePool",
                                    "Concat",
                                    "Relu",
                                    "Clip",
                                    "LeakyRelu",
                                    "Sigmoid",
                                    "Softmax"))
                    .withSharing(
                            Set.of(
                                    "MaxPool",
                                    "Reshape",
                                    "Flatten",
                                    "Squeeze",
                                    "Unsqueeze",
                                    "Transpose",
                                    "Split",
                                    "Pad",
                                    "Resize"));

    /// PyTorch's older name of `x86`.
    public static final QuantizationSpec FBGEMM = X86.withName("fbgemm");

    /// PyTorch with oneDNN, whose instructions take all 8 bits of activations.
    public static final QuantizationSpec ONEDNN =
            X86.withName("onednn")
                    .withActivation(new TensorSpec(ObserverSpec.HISTOGRAM, QuantScheme.affine(DType.UINT8)))
                    .withResidualEpilogue(true)
                    .withRules(List.of());

    /// PyTorch's `default_symmetric_qnnpack_qconfig`: INT8 for XNNPACK, which needs scales of products in `[2⁻³²,
    /// 256)`.
    public static final QuantizationSpec DEFAULT_SYMMETRIC_QNNPACK =
            X86.withName("default_symmetric_qnnpack")
                    .withActivation(new TensorSpec(ObserverSpec.HISTOGRAM, QuantScheme.affine(DType.INT8)))
                    .withWeight(new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.narrow(DType.INT8)))
                    .withNumerics(NumericsProfile.QNNPACK.withSmallestScale(0x1p-12))
                    .withRules(List.of());

    /// TensorRT with Q/DQ on the inputs of weighted operators and of additions that join them.
    public static final QuantizationSpec TENSORRT =
            X86.withName("tensorrt")
                    .withActivation(new TensorSpec(ObserverSpec.TENSORRT_ENTROPY, QuantScheme.symmetric(DType.INT8)))
                    .withWeight(new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.symmetric(DType.INT8)))
                    .withNumerics(NumericsProfile.TENSORRT)
                    .withBias(BiasRule.FLOAT32)
                    .withOperators(
                            Set.of(
                                    "Conv",
                                    "ConvTranspose",
                                    "Gemm",
                                    "MatMul",
                                    "Add",
                                    "AveragePool",
                                    "GlobalAveragePool"))
                    .withSharing(SHARING)
                    .withResidualEpilogue(true)
                    .withInputsOnly(true)
                    .withFixedOutputs(Map.of())
                    .withRules(List.of());

    /// ncnn's `ncnn2table method=kl`: convolutions and inner products, everything between them in float.
    public static final QuantizationSpec NCNN =
            X86.withName("ncnn")
                    .withActivation(new TensorSpec(ObserverSpec.NCNN_KL, QuantScheme.narrow(DType.INT8)))
                    .withWeight(new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.narrow(DType.INT8)))
                    .withNumerics(NumericsProfile.NCNN)
                    .withBias(BiasRule.FLOAT32)
                    .withOperators(Set.of("Conv", "Gemm", "MatMul"))
                    .withSharing(Set.of())
                    .withInputsOnly(true)
                    .withEpilogues(Set.of("Relu", "Clip", "LeakyRelu", "Sigmoid", "Mish", "HardSwish"))
                    .withFixedOutputs(Map.of())
                    .withRules(
                            List.of(
                                    new NodeRule(new NodeSelector.ActivationProduct(), NodeConfig.FLOAT),
                                    new NodeRule(
                                            new NodeSelector.WinogradConv(),
                                            NodeConfig.ofWeight(
                                                    new TensorSpec(
                                                            ObserverSpec.PER_CHANNEL,
                                                            new QuantScheme(DType.INT8, true, -31, 31))))));

    /// TFLite's INT8 specification, all of the graph.
    public static final QuantizationSpec TFLITE =
            X86.withName("tflite")
                    .withActivation(new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.affine(DType.INT8)))
                    .withWeight(new TensorSpec(ObserverSpec.PER_CHANNEL, QuantScheme.narrow(DType.INT8)))
                    .withNumerics(NumericsProfile.TFLITE)
                    .withOperators(with(OPERATORS, "Softmax", "LogSoftmax", "Sub"))
                    .withSharing(with(SHARING, "AveragePool"))
                    .withPlacement(Placement.WHOLE_GRAPH)
                    .withEpilogues(Set.of("Relu", "Clip"))
                    .withFixedOutputs(
                            Map.of(
                                    "Sigmoid", QuantParams.perTensor(DType.INT8, 1f / 256, -128),
                                    "Softmax", QuantParams.perTensor(DType.INT8, 1f / 256, -128),
                                    "LogSoftmax", QuantParams.perTensor(DType.INT8, 16f / 256, 127),
                                    "Tanh", QuantParams.perTensor(DType.INT8, 1f / 128, 0),
                                    "LpNormalization", QuantParams.perTensor(DType.INT8, 1f / 128, 0)))
                    .withRules(List.of());

    private static final Map<String, QuantizationSpec> ALL =
            table(
                    X86,
                    FBGEMM,
                    ONEDNN,
                    QNNPACK,
                    DEFAULT,
                    DEFAULT_SYMMETRIC_QNNPACK,
                    ONNXRUNTIME,
                    TENSORRT,
                    NCNN,
                    TFLITE);

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

    /// A specification in another form. What ONNX Runtime's tool quantizes depends on it.
    public static QuantizationSpec inFormat(QuantizationSpec spec, QuantFormat format) {
        QuantizationSpec other = spec.withFormat(format);
        if (!spec.name().equals(ONNXRUNTIME.name())) {
            return other;
        }
        QuantizationSpec tool = format == QuantFormat.QOPERATOR ? ONNXRUNTIME_QOPERATOR : ONNXRUNTIME;
        return other.withOperators(tool.operators()).withSharing(tool.sharing());
    }

    /// A specification with operators of little work quantized elsewhere. What is quantized at all depends on it, for
    /// PyTorch's presets.
    ///
    /// @throws IllegalArgumentException if it is PyTorch's placement and the specification is not one of PyTorch's
    public static QuantizationSpec inPlacement(QuantizationSpec spec, Placement placement) {
        if (placement != Placement.FX) {
            return spec.withPlacement(placement);
        }
        if (!spec.sharing().equals(PYTORCH_SHARING)) {
            throw new IllegalArgumentException("placement: fx is PyTorch's, and preset " + spec.name() + " is not");
        }
        return FxPlacement.of(spec);
    }

    private static Set<String> with(Set<String> types, String... more) {
        Set<String> all = new TreeSet<>(types);
        all.addAll(List.of(more));
        return all;
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
