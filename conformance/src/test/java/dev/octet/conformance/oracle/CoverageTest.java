package dev.octet.conformance.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.OperatorTypes;
import dev.octet.test.Generator;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoverageTest {
    /// Written by no case of its own: Dropout is read as Identity, see [OldOpsets].
    private static final Set<String> ELSEWHERE = Set.of("Dropout");

    /// Newer than the judge's newest operator set; the standard's own evaluator judges them, in `OperatorCasesTest`.
    private static final Set<String> TOO_NEW =
            Set.of("BitCast", "CausalConvWithState", "CumProd", "LinearAttention", "SwiGLU", "Swish", "TensorScatter");

    /// ONNX Runtime has none; judged in `ImageDecoderTest` and `CodebookTest`.
    private static final Set<String> NOT_IN_RUNTIME = Set.of("ImageDecoder", "MatMulCodebook");

    /// What is drawn differs from runtime to runtime; their distributions are judged in `RandomOperatorsTest`.
    private static final Set<String> RANDOM =
            Set.of(
                    "Bernoulli",
                    "Multinomial",
                    "RandomNormal",
                    "RandomNormalLike",
                    "RandomUniform",
                    "RandomUniformLike");

    @Test
    void everyOperatorHasACase() {
        Set<String> without = new TreeSet<>(OperatorTypes.all());
        without.removeAll(OperatorCases.TABLE.keySet());
        without.removeAll(TOO_NEW);
        without.removeAll(NOT_IN_RUNTIME);
        without.removeAll(RANDOM);
        assertThat(without).as("operators that are not compared with ONNX Runtime").isEqualTo(ELSEWHERE);
    }

    /// Operators that ONNX Runtime's optimizer and quantizer write into files, under the domain that those have.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Attention",
                "BiasGelu",
                "DynamicQuantizeLSTM",
                "DynamicQuantizeMatMul",
                "EmbedLayerNormalization",
                "FastGelu",
                "FusedConv",
                "FusedGemm",
                "FusedMatMul",
                "GatherBlockQuantized",
                "Gelu",
                "MatMulIntegerToFloat",
                "MatMulNBits",
                "MultiHeadAttention",
                "QAttention",
                "QGemm",
                "QLinearAdd",
                "QLinearAveragePool",
                "QLinearConcat",
                "QLinearGlobalAveragePool",
                "QLinearLeakyRelu",
                "QLinearMul",
                "QLinearSigmoid",
                "QLinearSoftmax",
                "RotaryEmbedding",
                "SkipLayerNormalization"
            })
    void operatorsOfTheRuntimeHaveACaseInTheirDomain(String type) {
        String own = type + " (com.microsoft)";
        Function<Generator, OracleCase> draw = OperatorCases.TABLE.getOrDefault(own, OperatorCases.TABLE.get(type));
        assertThat(draw).as(type).isNotNull();
        assertThat(draw.apply(Generator.of(1)).graph().nodes())
                .anyMatch(n -> n.op().domain().equals("com.microsoft") && n.op().type().equals(type));
    }
}
