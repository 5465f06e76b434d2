package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.op.Operators;
import dev.octet.quantize.spec.NodeConfig;
import dev.octet.quantize.spec.NodeSelector;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PrepareTest {
    private static String decisions(PreparedGraph prepared) {
        StringBuilder text = new StringBuilder();
        for (Decision d : prepared.decisions()) {
            text.append(d.quantized() ? "int8  " : "float ")
                    .append(d.node())
                    .append(": ")
                    .append(d.reason())
                    .append('\n');
        }
        return text.toString();
    }

    private static String ranges(PreparedGraph prepared) {
        StringBuilder text = new StringBuilder();
        for (SharedRange r : prepared.ranges()) {
            text.append(r.values()).append(r.fixed() == null ? " watching " + r.watched() : " fixed").append('\n');
        }
        return text.toString();
    }

    private static PreparedGraph prepare(Graph graph) {
        return Quantizer.prepare(graph, Presets.X86);
    }

    @Test
    void quantizesAConvolutionalNetworkFromInputToClassifier() {
        PreparedGraph prepared = prepare(TinyGraphs.cnn());
        assertThat(decisions(prepared))
                .isEqualTo(
                        """
                        int8  Conv 'stem': multiplies by weights in 8 bits
                        int8  Relu 'relu': joins Conv 'stem'
                        int8  MaxPool 'pool': passes quantized values on
                        int8  Conv 'branch': multiplies by weights in 8 bits
                        int8  Add 'sum': lies between quantized operators
                        int8  Relu 'rectified': joins Add 'sum'
                        int8  Conv 'wide': multiplies by weights in 8 bits
                        int8  HardSwish 'swish': joins Conv 'wide'
                        int8  GlobalAveragePool 'squeezed': passes quantized values on
                        int8  Conv 'narrow': multiplies by weights in 8 bits
                        int8  Relu 'narrow_relu': joins Conv 'narrow'
                        int8  Conv 'expand': multiplies by weights in 8 bits
                        int8  HardSigmoid 'gate': joins Conv 'expand'
                        int8  Mul 'scaled': lies between quantized operators
                        int8  GlobalAveragePool 'mean_pool': passes quantized values on
                        int8  Flatten 'flat': passes quantized values on
                        int8  Gemm 'logits': multiplies by weights in 8 bits
                        float Softmax 'probabilities': the specification does not quantize Softmax
                        """);
    }

    @Test
    void observesAfterEpiloguesAndNotAfterPooling() {
        assertThat(ranges(prepare(TinyGraphs.cnn())))
                .isEqualTo(
                        """
                        [x] watching [x]
                        [relu, pool] watching [relu]
                        [branch] watching [branch]
                        [rectified] watching [rectified]
                        [swish, squeezed] watching [swish]
                        [narrow_relu] watching [narrow_relu]
                        [gate] fixed
                        [scaled, mean_pool, flat] watching [scaled]
                        """);
    }

    @Test
    void keepsLayerNormAndSoftmaxOfATransformerInFloat() {
        assertThat(decisions(prepare(TinyGraphs.transformer())))
                .isEqualTo(
                        """
                        float LayerNormalization 'norm0': the specification does not quantize LayerNormalization
                        int8  MatMul 'q': multiplies by weights in 8 bits
                        int8  Add 'q.sum': joins MatMul 'q'
                        int8  Reshape 'q_split': passes quantized values on
                        int8  Transpose 'q_heads': passes quantized values on
                        int8  MatMul 'k': multiplies by weights in 8 bits
                        int8  Add 'k.sum': joins MatMul 'k'
                        int8  Reshape 'k_split': passes quantized values on
                        int8  Transpose 'k_heads': passes quantized values on
                        int8  MatMul 'v': multiplies by weights in 8 bits
                        int8  Add 'v.sum': joins MatMul 'v'
                        int8  Reshape 'v_split': passes quantized values on
                        int8  Transpose 'v_heads': passes quantized values on
                        int8  MatMul 'scores': multiplies activations in 8 bits
                        float Div 'scores_scaled': the specification does not quantize Div
                        float Softmax 'attention': the specification does not quantize Softmax
                        int8  MatMul 'mixed': multiplies activations in 8 bits
                        int8  Transpose 'mixed_rows': passes quantized values on
                        int8  Reshape 'joined': passes quantized values on
                        int8  MatMul 'out': multiplies by weights in 8 bits
                        int8  Add 'out.sum': joins MatMul 'out'
                        float Add 'residual1': nothing takes its result in 8 bits
                        float LayerNormalization 'norm1': the specification does not quantize LayerNormalization
                        int8  MatMul 'up': multiplies by weights in 8 bits
                        int8  Add 'up.sum': joins MatMul 'up'
                        int8  Gelu 'gelu': joins MatMul 'up'
                        int8  MatMul 'down': multiplies by weights in 8 bits
                        int8  Add 'down.sum': joins MatMul 'down'
                        float Add 'residual2': nothing takes its result in 8 bits
                        float LayerNormalization 'norm2': the specification does not quantize LayerNormalization
                        """);
    }

    @Test
    void observesTheMatricesOfATransformer() {
        assertThat(ranges(prepare(TinyGraphs.transformer())))
                .isEqualTo(
                        """
                        [norm0] watching [norm0]
                        [q.sum, q_split, q_heads] watching [q.sum]
                        [k.sum, k_split, k_heads] watching [k.sum]
                        [v.sum, v_split, v_heads] watching [v.sum]
                        [attention] fixed
                        [mixed, mixed_rows, joined] watching [mixed]
                        [norm1] watching [norm1]
                        [gelu] watching [gelu]
                        """);
    }

    @Test
    void leavesExcludedNodesInFloat() {
        QuantizationSpec spec =
                Presets.X86
                        .excluding(new NodeSelector.Name("stem"))
                        .excluding(new NodeSelector.NamePattern("narrow.*"))
                        .excluding(new NodeSelector.OperatorType("Gemm"))
                        .withRule(new NodeSelector.Name("logits"), NodeConfig.INHERITED);
        PreparedGraph prepared = Quantizer.prepare(TinyGraphs.cnn(), spec);
        assertThat(decisions(prepared))
                .isEqualTo(
                        """
                        float Conv 'stem': excluded by the specification
                        float Relu 'relu': 'norm' is not there in 8 bits
                        float MaxPool 'pool': 'relu' is not there in 8 bits
                        int8  Conv 'branch': multiplies by weights in 8 bits
                        int8  Add 'sum': lies between quantized operators
                        int8  Relu 'rectified': joins Add 'sum'
                        int8  Conv 'wide': multiplies by weights in 8 bits
                        int8  HardSwish 'swish': joins Conv 'wide'
                        float GlobalAveragePool 'squeezed': nothing takes its result in 8 bits
                        float Conv 'narrow': excluded by the specification
                        float Relu 'narrow_relu': excluded by the specification
                        int8  Conv 'expand': multiplies by weights in 8 bits
                        int8  HardSigmoid 'gate': joins Conv 'expand'
                        int8  Mul 'scaled': lies between quantized operators
                        int8  GlobalAveragePool 'mean_pool': passes quantized values on
                        int8  Flatten 'flat': passes quantized values on
                        int8  Gemm 'logits': multiplies by weights in 8 bits
                        float Softmax 'probabilities': the specification does not quantize Softmax
                        """);
    }

    @Test
    void quantizesAConstantOnlyIfItKeepsEnough() {
        assertThat(decisions(prepare(scaledBetweenConvolutions(TinyGraphs.filled(0.3f, 1)))))
                .contains("int8  Mul 'scaled': lies between");
        Tensor uneven = TinyGraphs.filled(0.01f, 4, 1, 1);
        uneven.setFloat(2, 30);
        uneven.setFloat(3, 17.123f);
        assertThat(decisions(prepare(scaledBetweenConvolutions(uneven))))
                .contains("float Mul 'scaled': constant 'factor' would be too coarse in 8 bits: off by 100 %");
    }

    private static Graph scaledBetweenConvolutions(Tensor factor) {
        TinyGraphs g = new TinyGraphs("scaled");
        String first = g.conv("first", g.input("x", 1, 2, 4, 4), 2, 4, 3);
        // Read twice, so that no pass folds the factor into a convolution.
        String scaled = g.add("scaled", "Mul", first, g.constant("factor", factor));
        return g.build(
                g.conv("second", scaled, 4, 2, 1), g.conv("third", g.add("both", "Add", scaled, first), 4, 2, 1));
    }

    @Test
    void concatenationSharesOneRange() {
        TinyGraphs g = new TinyGraphs("concat");
        String x = g.input("x", 1, 2, 4, 4);
        String a = g.conv("a", x, 2, 3, 1);
        String b = g.add("b_relu", "Relu", g.conv("b", x, 2, 5, 3));
        String both = g.add("both", Operators.read("", "Concat", Attributes.builder().put("axis", 1).build()), a, b);
        PreparedGraph prepared = prepare(g.build(g.conv("last", both, 8, 2, 1)));
        assertThat(ranges(prepared))
                .isEqualTo(
                        """
                        [x] watching [x]
                        [a, b_relu, both] watching [a, b_relu]
                        """);
    }

    @Test
    void leavesNodesThatItCannotQuantizeInFloatAndSaysWhy() {
        TinyGraphs g = new TinyGraphs("odd");
        String x = g.input("x", 1, 2, 4, 4);
        String kernels = g.input("kernels", 3, 2, 1, 1);
        String y = g.add("dynamic", Operators.read("", "Conv", Attributes.EMPTY), x, kernels);
        assertThat(decisions(prepare(g.build(y)))).isEqualTo("float Conv 'dynamic': its weights are not constant\n");
    }
}
