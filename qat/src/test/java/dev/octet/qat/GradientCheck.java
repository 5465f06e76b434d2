package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.op.Resize;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;

/// Gradients against difference quotients of the reference operators in double precision: along a random direction of
/// the input and all weights at once.
final class GradientCheck {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 1e-3;

    private final String what;
    private final Graph graph;
    private final GraphBlock block;
    private final boolean training;
    private final Generator random = Generator.of(17);

    private GradientCheck(String what, Graph graph, GraphBlock block, boolean training) {
        this.what = what;
        this.graph = graph;
        this.block = block;
        this.training = training;
    }

    /// @param x the float input of a graph with one
    static void assertGradients(Graph graph, Tensor x) {
        new GradientCheck(graph.name(), graph, GraphBlock.of(graph), false).check(x);
    }

    /// Of a training step of a block that computes what its graph does: one that rounds nothing, with batch
    /// normalizations frozen.
    static void assertGradients(String what, QatBlock block, Tensor x) {
        new GradientCheck(what, block.original(), block, true).check(x);
    }

    private void check(Tensor x) {
        String output = graph.outputs().getFirst().name();
        Tensor y = ReferenceInterpreter.run(graph, Map.of("x", x)).get(output);
        Tensor upstream = random.normals(y.shape(), 0, 1);
        Map<String, Tensor> gradients = gradients(x, upstream);
        Map<String, Tensor> direction = new LinkedHashMap<>();
        gradients.forEach((name, g) -> direction.put(name, random.normals(g.shape(), 0, 1).cast(DType.FLOAT64)));
        double found = 0;
        double scale = 0;
        for (Map.Entry<String, Tensor> gradient : gradients.entrySet()) {
            found += dot(gradient.getValue(), direction.get(gradient.getKey()));
            scale +=
                    Math.sqrt(
                            dot(gradient.getValue(), gradient.getValue())
                                    * dot(direction.get(gradient.getKey()), direction.get(gradient.getKey())));
        }
        double ahead = dot(upstream, moved(x, direction, STEP, output));
        double behind = dot(upstream, moved(x, direction, -STEP, output));
        double quotient = (ahead - behind) / (2 * STEP);
        assertThat(found)
                .as("%s: derivative along a direction of %s", what, gradients.keySet())
                .isCloseTo(quotient, Offset.offset(TOLERANCE * scale + 1e-4));
    }

    /// Of the input and each trained constant.
    private Map<String, Tensor> gradients(Tensor x, Tensor upstream) {
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDArray array = TensorArrays.toArray(manager, x);
            ParameterStore store = new ParameterStore(manager, false);
            Gradients found =
                    Gradients.of(
                            array, upstream.toFloatArray(), v -> block.forward(store, new NDList(v), training).head());
            Map<String, Tensor> gradients = new LinkedHashMap<>();
            gradients.put("x", Tensor.of(x.shape(), found.dx()));
            block.trainedParameters()
                    .forEach((name, parameter) -> {
                        if (parameter.requiresGradient()) {
                            gradients.put(name, TensorArrays.toTensor(parameter.getArray().getGradient()));
                        }
                    });
            return gradients;
        }
    }

    private Tensor moved(Tensor x, Map<String, Tensor> direction, double step, String output) {
        GraphBuilder builder = new GraphBuilder(graph.name());
        builder.input("x", DType.FLOAT64, graph.inputs().getFirst().type().shape());
        for (Map.Entry<String, Tensor> constant : graph.constants().entrySet()) {
            String name = constant.getKey();
            Tensor tensor = constant.getValue();
            // Resize wants its factors in single precision.
            boolean asItIs =
                    tensor.dtype() != DType.FLOAT32
                            || graph.consumers(name).stream().anyMatch(n -> n.op() instanceof Resize);
            builder.constant(name, asItIs ? tensor : moved(tensor, direction.get(name), step));
        }
        builder.nodes(graph.nodes()).output(output);
        return ReferenceInterpreter.run(builder.build(), Map.of("x", moved(x, direction.get("x"), step))).get(output);
    }

    private static Tensor moved(Tensor tensor, @Nullable Tensor direction, double step) {
        Tensor moved = Tensor.allocate(DType.FLOAT64, tensor.shape());
        for (long i = 0; i < tensor.elementCount(); i++) {
            moved.setDouble(i, tensor.getDouble(i) + (direction == null ? 0 : step * direction.getDouble(i)));
        }
        return moved;
    }

    private static double dot(Tensor a, Tensor b) {
        double sum = 0;
        for (long i = 0; i < a.elementCount(); i++) {
            sum += a.getDouble(i) * b.getDouble(i);
        }
        return sum;
    }
}
