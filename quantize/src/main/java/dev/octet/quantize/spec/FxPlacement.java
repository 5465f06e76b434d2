package dev.octet.quantize.spec;

import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What PyTorch's FX flow quantizes with its native backend (`get_native_backend_config`), in ONNX's terms.
final class FxPlacement {
    private static final Set<String> OPERATORS =
            Set.of(
                    "Conv",
                    "ConvTranspose",
                    "Gemm",
                    "MatMul",
                    "Add",
                    "Mul",
                    "BatchNormalization",
                    "LayerNormalization",
                    "InstanceNormalization",
                    "GroupNormalization",
                    "LeakyRelu",
                    "Elu",
                    "PRelu",
                    "HardSwish",
                    "HardSigmoid",
                    "Sigmoid",
                    "Tanh",
                    "Softmax");

    private static final Set<String> SHARING =
            Set.of(
                    "MaxPool",
                    "AveragePool",
                    "GlobalAveragePool",
                    "Relu",
                    "Clip",
                    "Identity",
                    "Reshape",
                    "Flatten",
                    "Squeeze",
                    "Unsqueeze",
                    "Transpose",
                    "Resize",
                    "ReduceMean",
                    "Tile",
                    "DepthToSpace",
                    "SpaceToDepth",
                    "Concat");

    private FxPlacement() {}

    /// One of PyTorch's presets so placed. PReLU has a configuration of its own: slopes and results in all of UINT8.
    static QuantizationSpec of(QuantizationSpec preset) {
        QuantScheme bytes = QuantScheme.affine(DType.UINT8);
        NodeConfig prelu =
                new NodeConfig(
                        true,
                        new TensorSpec(ObserverSpec.HISTOGRAM, bytes),
                        new TensorSpec(ObserverSpec.MIN_MAX, bytes));
        List<NodeRule> rules = new ArrayList<>(preset.rules());
        rules.add(new NodeRule(new NodeSelector.OperatorType("PRelu"), prelu));
        return preset.withPlacement(Placement.FX)
                .withOperators(OPERATORS)
                .withSharing(SHARING)
                .withEpilogues(Set.of("Relu"))
                .withRules(rules);
    }
}
