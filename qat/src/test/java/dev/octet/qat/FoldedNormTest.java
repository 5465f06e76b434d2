package dev.octet.qat;

import static dev.octet.qat.Goldens.assertClose;
import static dev.octet.qat.Goldens.flag;
import static dev.octet.qat.Goldens.floats;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Window;
import dev.octet.qat.QatSpec.NormTraining;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class FoldedNormTest {
    private static final double TOLERANCE = 1e-6;

    private static Graph graph(JsonNode start, boolean linear) {
        GraphBuilder b = new GraphBuilder("bn");
        String x = b.input("x", DType.FLOAT32, linear ? PartialShape.of(-1, 6) : PartialShape.of(-1, 3, 5, 5));
        Op op = linear ? new Gemm(1, 1, false, true) : new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1);
        String w = linear ? constant(b, start, "weight", 4, 6) : constant(b, start, "weight", 4, 3, 3, 3);
        boolean bias = !start.get("bias").isEmpty();
        String y = bias ? b.add(op, x, w, constant(b, start, "bias", 4)) : b.add(op, x, w);
        b.output(
                b.add(
                        new BatchNormalization((float) start.get("epsilon").asDouble()),
                        y,
                        constant(b, start, "gamma", 4),
                        constant(b, start, "beta", 4),
                        constant(b, start, "mean", 4),
                        constant(b, start, "variance", 4)));
        return b.build();
    }

    private static String constant(GraphBuilder b, JsonNode start, String name, long... dims) {
        return b.constant(name, Tensor.of(dev.octet.tensor.Shape.of(dims), floats(start, name)));
    }

    @Test
    void trainsAsPyTorch() {
        for (JsonNode golden : Goldens.of("norm")) {
            String name = golden.get("name").asString();
            QatSpec spec =
                    new QatSpec(
                            QatPresets.X86.quantization(),
                            new FakeQuantSpec.MovingAverage(0.01),
                            new FakeQuantSpec.MovingAverage(0.01),
                            flag(golden, "exact") ? NormTraining.EXACT : NormTraining.APPROXIMATE);
            QatBlock block = Qat.prepare(graph(golden.get("start"), flag(golden, "linear")), spec);
            block.freezeBatchNorm(flag(golden, "frozen"));
            // PyTorch's module rounds its weights only.
            block.quantizeActivations(false);
            for (JsonNode round : golden.get("rounds")) {
                check(name, block, round, flag(golden, "linear") ? new Shape(8, 6) : new Shape(2, 3, 5, 5));
            }
        }
    }

    private static void check(String name, QatBlock block, JsonNode round, Shape shape) {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            ParameterStore store = new ParameterStore(manager, false);
            NDArray x = manager.create(floats(round, "x"), shape);
            Gradients found =
                    Gradients.of(
                            x,
                            floats(round, "weights"),
                            v -> block.forward(store, new NDList(v), true).singletonOrThrow());
            assertClose(found.y(), floats(round, "y"), TOLERANCE, name + " y");
            assertClose(found.dx(), floats(round, "dx"), TOLERANCE, name + " dx");
            assertClose(gradient(block, "weight"), floats(round, "dweight"), TOLERANCE, name + " dweight");
            assertClose(gradient(block, ".gamma"), floats(round, "dgamma"), TOLERANCE, name + " dgamma");
            assertClose(gradient(block, ".beta"), floats(round, "dbeta"), TOLERANCE, name + " dbeta");
            assertClose(array(block, ".running_mean").toFloatArray(), floats(round, "mean"), TOLERANCE, name + " mean");
            assertClose(
                    array(block, ".running_var").toFloatArray(),
                    floats(round, "variance"),
                    TOLERANCE,
                    name + " variance");
        }
    }

    private static NDArray array(QatBlock block, String suffix) {
        return block.getParameters().values().stream()
                .filter(p -> p.getName().endsWith(suffix))
                .findFirst()
                .orElseThrow()
                .getArray();
    }

    private static float[] gradient(QatBlock block, String suffix) {
        NDArray gradient = array(block, suffix).getGradient();
        float[] values = gradient.toFloatArray();
        // The next round starts from zero.
        gradient.muli(0);
        return values;
    }
}
