package dev.octet.conformance;

import static dev.octet.conformance.RealModels.CLASSIFICATION;
import static dev.octet.conformance.RealModels.MINILM;
import static dev.octet.conformance.RealModels.RECOGNITION;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.octet.engine.Session;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.Qat;
import dev.octet.qat.QatBlock;
import dev.octet.qat.QatPresets;
import dev.octet.qat.TrainingEngine;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.TensorAssert;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Models that people use can be trained: they compute in training what the engine computes, and gradients reach their
/// weights.
class TrainingBlockTest {
    private static Map<String, Tensor> picture(long width) {
        return Map.of("x", RealModels.strokes(Generator.of(11), Shape.of(1, 3, 48, width), 7));
    }

    private static NDList arrays(Graph graph, Map<String, Tensor> inputs, NDManager manager) {
        NDList arrays = new NDList();
        graph.inputs().forEach(i -> arrays.add(TensorArrays.toArray(manager, inputs.get(i.name()))));
        return arrays;
    }

    private static void assertSame(String model, Map<String, Tensor> inputs) throws IOException {
        Graph graph = OnnxReader.read(RealModels.read(model));
        try (Session session = Session.open(graph);
                NDManager manager = TrainingEngine.get().newBaseManager()) {
            Map<String, Tensor> expected = session.run(inputs);
            GraphBlock block = GraphBlock.of(graph);
            NDList found = block.forward(new ParameterStore(manager, false), arrays(graph, inputs, manager), false);
            for (int i = 0; i < found.size(); i++) {
                Tensor truth = expected.get(graph.outputs().get(i).name());
                TensorAssert.assertThat(TensorArrays.toTensor(found.get(i))).hasSqnrAtLeast(truth, 80);
            }
        }
    }

    @Test
    void directionOfText() throws IOException {
        assertSame(CLASSIFICATION, picture(192));
    }

    @Test
    void recognitionOfText() throws IOException {
        assertSame(RECOGNITION, picture(96));
    }

    @Test
    void sentenceEmbeddings() throws IOException {
        assertSame(MINILM, RealModels.bothSentences());
    }

    @Test
    void gradientsReachTheWeightsOfARealModel() throws IOException {
        Graph graph = OnnxReader.read(RealModels.read(CLASSIFICATION));
        QatBlock block = Qat.prepare(graph, QatPresets.X86);
        try (NDManager manager = TrainingEngine.get().newBaseManager();
                GradientCollector collector = TrainingEngine.get().newGradientCollector()) {
            ParameterStore store = new ParameterStore(manager, false);
            NDArray scores = block.forward(store, arrays(graph, picture(192), manager), true).head();
            collector.backward(scores.log().mul(manager.create(new float[] {1, -2})).sum());
            List<String> unreached =
                    block.getParameters().values().stream()
                            .filter(Parameter::requiresGradient)
                            .filter(p -> p.getArray().getGradient().abs().sum().getFloat() == 0)
                            .map(Parameter::getName)
                            .toList();
            long trained = block.getParameters().values().stream().filter(Parameter::requiresGradient).count();
            // A unit that is off for this one picture has no gradient.
            assertThat(unreached).hasSizeLessThan((int) (trained / 10));
        }
        assertThat(block.convert().nodes()).anyMatch(n -> n.op().type().equals("QuantizeLinear"));
    }
}
