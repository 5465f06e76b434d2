package dev.octet.conformance;

import static dev.octet.conformance.RealModels.CLASSIFICATION;
import static dev.octet.conformance.RealModels.DETECTION;
import static dev.octet.conformance.RealModels.RECOGNITION;
import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.PlanDescription;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.onnx.OnnxReader;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/// Networks that people use, planned channels last: the results of ONNX Runtime, and nothing transposed between
/// convolutions.
class RealModelLayoutTest {
    private static final String PROPERTY = "octet.layout";

    /// Transpositions allowed: that of the input, and those by which the attention of recognition moves its heads.
    static final List<Arguments> PICTURES =
            List.of(
                    Arguments.of(DETECTION, Shape.of(1, 3, 64, 192), 1),
                    Arguments.of(RECOGNITION, Shape.of(2, 3, 48, 96), 7),
                    Arguments.of(CLASSIFICATION, Shape.of(3, 3, 48, 128), 1));

    private String before;

    @BeforeEach
    void preferChannelsLast() {
        before = System.getProperty(PROPERTY, "");
        System.setProperty(PROPERTY, "channels-last");
    }

    @AfterEach
    void restore() {
        System.setProperty(PROPERTY, before);
    }

    @ParameterizedTest
    @FieldSource("PICTURES")
    void convolutionsFollowEachOtherWithoutTransposition(String model, Shape shape, int transpositions)
            throws IOException {
        byte[] file = RealModels.read(model);
        Map<String, Tensor> inputs = Map.of("x", RealModels.strokes(Generator.of(11), shape, 7));
        try (Session session = Session.open(OnnxReader.read(file), SessionOptions.defaults().withThreads(2));
                OnnxRuntimeOracle oracle = OnnxRuntimeOracle.open(file)) {
            Map<String, Tensor> truth = oracle.run(inputs);
            session.run(inputs)
                    .forEach((name, tensor) ->
                            TensorAssert.assertThat(tensor).as(name).isCloseTo(truth.get(name), 1e-3, 1e-3));
            List<String> operators =
                    session.describe(Map.of("x", shape)).steps().stream().map(PlanDescription.Step::operator).toList();
            assertThat(operators.stream().filter("Transpose"::equals)).hasSizeLessThanOrEqualTo(transpositions);
        }
    }
}
