package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.octet.graph.Attributes;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.GraphException;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Operators;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.qat.op.TensorArrays;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import dev.octet.test.ReferenceInterpreter;
import dev.octet.test.TensorAssert;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GraphBlockTest {
    private final Generator random = Generator.of(11);

    @Test
    void computesWhatTheGraphComputes() {
        assertEqual(Models.tinyConvNet(3), Map.of("image", random.normals(Shape.of(2, 3, 16, 16), 0, 1)));
        assertEqual(
                Models.tinyTransformer(3),
                Map.of("ids", random.integers(DType.INT64, Shape.of(2, 7), 0, Models.VOCABULARY - 1)));
    }

    private static void assertEqual(Graph graph, Map<String, Tensor> inputs) {
        Map<String, Tensor> expected = ReferenceInterpreter.run(graph, inputs);
        GraphBlock block = GraphBlock.of(graph);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDList arrays = new NDList();
            graph.inputs().forEach(i -> arrays.add(TensorArrays.toArray(manager, inputs.get(i.name()))));
            NDList outputs = block.forward(new ParameterStore(manager, false), arrays, false);
            for (int i = 0; i < outputs.size(); i++) {
                TensorAssert.assertThat(TensorArrays.toTensor(outputs.get(i)))
                        .as(graph.name())
                        .isCloseTo(expected.get(graph.outputs().get(i).name()), 2e-5, 2e-5);
            }
        }
    }

    /// A graph of one node, whose first operand is the input and whose others are constants.
    private void check(String type, Attributes attributes, int outputs, Tensor x, Tensor... operands) {
        Op op = Operators.read("", type, attributes);
        GraphBuilder builder = new GraphBuilder(type + " " + attributes);
        List<String> inputs = new ArrayList<>();
        inputs.add(builder.input("x", x.dtype(), PartialShape.of(x.shape())));
        for (int i = 0; i < operands.length; i++) {
            inputs.add(operands[i] == null ? "" : builder.constant("c" + i, operands[i]));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            names.add("y" + i);
        }
        builder.add(new Node("node", op, inputs, names));
        names.forEach(builder::output);
        Map<String, Tensor> values = new LinkedHashMap<>();
        values.put("x", x);
        assertEqual(builder.build(), values);
        GradientCheck.assertGradients(builder.build(), x);
    }

    private static Attributes ints(Object... pairs) {
        Attributes.Builder builder = Attributes.builder();
        for (int i = 0; i < pairs.length; i += 2) {
            String name = (String) pairs[i];
            switch (pairs[i + 1]) {
                case Long value -> builder.put(name, value);
                case String value -> builder.put(name, value);
                case long[] values -> builder.put(name, java.util.Arrays.stream(values).boxed().toList());
                default -> throw new IllegalArgumentException(name);
            }
        }
        return builder.build();
    }

    private Tensor normal(long... dims) {
        return random.normals(Shape.of(dims), 0, 1);
    }

    private static long[] of(long... values) {
        return values;
    }

    @Test
    void convolves() {
        check("Conv", ints("pads", of(1, 1, 1, 1)), 1, normal(2, 3, 6, 7), normal(4, 3, 3, 3), normal(4));
        check("Conv", ints("pads", of(0, 1, 2, 1), "strides", of(2, 1)), 1, normal(1, 3, 6, 7), normal(4, 3, 3, 3));
        check("Conv", ints("auto_pad", "SAME_UPPER", "strides", of(2, 2)), 1, normal(1, 2, 6, 7), normal(4, 2, 2, 3));
        check("Conv", ints("group", 4L, "dilations", of(2, 2)), 1, normal(1, 4, 8, 8), normal(8, 1, 3, 3), normal(8));
        check("Conv", ints("pads", of(2, 2)), 1, normal(2, 3, 9), normal(4, 3, 5), normal(4));
        check("ConvTranspose", ints("strides", of(2, 2)), 1, normal(1, 4, 3, 4), normal(4, 2, 2, 2), normal(2));
        check("ConvTranspose", ints("pads", of(1, 1, 1, 1)), 1, normal(2, 8, 5, 5), normal(8, 12, 3, 3));
        check(
                "ConvTranspose",
                ints("strides", of(2, 2), "pads", of(1, 0, 0, 1), "output_padding", of(1, 1), "group", 2L),
                1,
                normal(2, 4, 3, 4),
                normal(4, 3, 3, 3),
                normal(6));
    }

    @Test
    void pools() {
        Attributes plain = ints("kernel_shape", of(2, 2), "strides", of(2, 2));
        Attributes padded = ints("kernel_shape", of(3, 3), "strides", of(2, 2), "pads", of(1, 1, 1, 1));
        Attributes ceiled =
                ints("kernel_shape", of(3, 2), "strides", of(2, 2), "pads", of(1, 0, 0, 1), "ceil_mode", 1L);
        Attributes counted =
                ints("kernel_shape", of(3, 2), "strides", of(2, 2), "pads", of(1, 0, 0, 1), "count_include_pad", 1L);
        for (String type : List.of("MaxPool", "AveragePool")) {
            check(type, plain, 1, normal(2, 3, 6, 6));
            check(type, padded, 1, normal(2, 3, 7, 6));
            check(type, ceiled, 1, normal(2, 3, 8, 7));
        }
        check("AveragePool", counted, 1, normal(2, 3, 8, 7));
        check("MaxPool", ints("kernel_shape", of(2, 2), "dilations", of(2, 2)), 1, normal(1, 2, 6, 6));
        check("GlobalAveragePool", Attributes.EMPTY, 1, normal(2, 3, 4, 5));
        check("GlobalMaxPool", Attributes.EMPTY, 1, normal(2, 3, 4, 5));
    }

    @Test
    void multipliesMatrices() {
        Attributes gemm = Attributes.builder().put("alpha", 0.5f).put("beta", 2f).put("transB", 1L).build();
        check("Gemm", gemm, 1, normal(3, 4), normal(5, 4), normal(5));
        check("Gemm", ints("transA", 1L), 1, normal(4, 3), normal(4, 5), normal(3, 5));
        check("MatMul", Attributes.EMPTY, 1, normal(2, 3, 4), normal(4, 5));
        check("MatMul", Attributes.EMPTY, 1, normal(2, 1, 3, 4), normal(5, 4, 6));
        check("MatMul", Attributes.EMPTY, 1, normal(4), normal(4, 5));
    }

    @Test
    void appliesFunctions() {
        for (UnaryFunction function : UnaryFunction.values()) {
            boolean trainable =
                    switch (function) {
                        case NOT, SHRINK, CLIP, IDENTITY, ACOSH, ACOS, ASIN, ATANH, LOG, SQRT -> false;
                        default -> true;
                    };
            if (trainable) {
                Op op = Unary.of(function);
                check(op.type(), op.attributes(), 1, normal(3, 9));
            }
        }
        check("Log", Attributes.EMPTY, 1, random.floats(Shape.of(9), 0.1f, 3));
        check("Sqrt", Attributes.EMPTY, 1, random.floats(Shape.of(9), 0.1f, 3));
        check("Acosh", Attributes.EMPTY, 1, random.floats(Shape.of(9), 1.1f, 3));
        check("Asin", Attributes.EMPTY, 1, random.floats(Shape.of(9), -0.9f, 0.9f));
        check("Gelu", ints("approximate", "tanh"), 1, normal(3, 9));
        check("Clip", Attributes.EMPTY, 1, normal(20), Tensor.scalar(-0.5f), Tensor.scalar(0.7f));
        for (String type : List.of("Add", "Sub", "Mul", "Div", "PRelu")) {
            check(type, Attributes.EMPTY, 1, normal(2, 3, 4), random.floats(Shape.of(3, 1), 0.5f, 2));
        }
        for (String type : List.of("Min", "Max", "Sum", "Mean")) {
            check(type, Attributes.EMPTY, 1, normal(2, 3), normal(2, 3), normal(3));
        }
        check("Pow", Attributes.EMPTY, 1, random.floats(Shape.of(3, 4), 0.1f, 3), random.floats(Shape.of(4), 1, 2));
    }

    @Test
    void normalizes() {
        check("LayerNormalization", ints("axis", -1L), 1, normal(2, 3, 8), normal(8), normal(8));
        check("LayerNormalization", ints("axis", 1L), 1, normal(2, 3, 8), normal(3, 8));
        check("InstanceNormalization", Attributes.EMPTY, 1, normal(2, 3, 4, 4), normal(3), normal(3));
        check(
                "BatchNormalization",
                Attributes.EMPTY,
                1,
                normal(2, 3, 4, 4),
                normal(3),
                normal(3),
                normal(3),
                random.floats(Shape.of(3), 0.5f, 2));
        check("Softmax", ints("axis", 1L), 1, normal(2, 3, 4));
        check("LogSoftmax", ints("axis", -1L), 1, normal(2, 3, 4));
    }

    @Test
    void reduces() {
        for (String type :
                List.of(
                        "ReduceSum",
                        "ReduceMean",
                        "ReduceMax",
                        "ReduceMin",
                        "ReduceProd",
                        "ReduceL1",
                        "ReduceL2",
                        "ReduceLogSumExp",
                        "ReduceSumSquare")) {
            check(type, Attributes.EMPTY, 1, normal(2, 3, 4), Tensor.vector(0, -1));
            check(type, ints("keepdims", 0L), 1, normal(2, 3, 4), Tensor.vector(1));
            check(type, ints("keepdims", 0L), 1, normal(2, 3));
        }
    }

    @Test
    void rearranges() {
        check("Reshape", Attributes.EMPTY, 1, normal(2, 3, 4), Tensor.vector(0, -1));
        check("Flatten", ints("axis", 1L), 1, normal(2, 3, 4));
        check("Transpose", ints("perm", of(2, 0, 1)), 1, normal(2, 3, 4));
        check("Unsqueeze", Attributes.EMPTY, 1, normal(2, 3), Tensor.vector(1));
        check("Squeeze", Attributes.EMPTY, 1, normal(2, 1, 3), Tensor.vector(1));
        check("Concat", ints("axis", 1L), 1, normal(2, 3), normal(2, 4));
        check(
                "Slice",
                Attributes.EMPTY,
                1,
                normal(4, 6),
                Tensor.vector(1, -1),
                Tensor.vector(4, -7),
                Tensor.vector(0, 1),
                Tensor.vector(2, -2));
        check("Split", ints("axis", 1L), 2, normal(3, 5), Tensor.vector(2, 3));
        check("Gather", ints("axis", 1L), 1, normal(3, 5), Tensor.of(Shape.of(2, 2), 4L, 0L, -1L, 2L));
        check("Expand", Attributes.EMPTY, 1, normal(3, 1), Tensor.vector(2, 3, 4));
        check("Tile", Attributes.EMPTY, 1, normal(2, 3), Tensor.vector(2, 3));
        check("Pad", Attributes.EMPTY, 1, normal(2, 3), Tensor.vector(1, 0, 0, 2), Tensor.scalar(0.5f));
        check("Pad", ints("mode", "reflect"), 1, normal(2, 5), Tensor.vector(0, 2, 0, 1));
        check("DepthToSpace", ints("blocksize", 2L), 1, normal(1, 8, 2, 3));
        check("Cast", ints("to", 1L), 1, normal(2, 3));
    }

    @Test
    void resizes() {
        for (String mode : List.of("nearest", "linear", "cubic")) {
            Tensor twice = Tensor.of(Shape.of(4), 1f, 1f, 2f, 1.5f);
            check("Resize", ints("mode", mode), 1, normal(1, 2, 4, 6), null, twice);
            Attributes corners = ints("mode", mode, "coordinate_transformation_mode", "align_corners");
            check("Resize", corners, 1, normal(1, 2, 4, 6), null, null, Tensor.vector(1, 2, 7, 9));
        }
    }

    @Test
    void unrollsRecurrence() {
        for (String direction : List.of("forward", "reverse", "bidirectional")) {
            long d = direction.equals("bidirectional") ? 2 : 1;
            Attributes common = ints("hidden_size", 5L, "direction", direction);
            check("LSTM", common, 3, normal(4, 2, 3), normal(d, 20, 3), normal(d, 20, 5), normal(d, 40));
            check("GRU", common, 2, normal(4, 2, 3), normal(d, 15, 3), normal(d, 15, 5), normal(d, 30));
            check("RNN", common, 2, normal(4, 2, 3), normal(d, 5, 3), normal(d, 5, 5));
        }
        Attributes reset = ints("hidden_size", 5L, "linear_before_reset", 1L);
        check("GRU", reset, 1, normal(4, 2, 3), normal(1, 15, 3), normal(1, 15, 5), normal(1, 30));
        check(
                "LSTM",
                ints("hidden_size", 5L, "layout", 1L),
                3,
                normal(2, 4, 3),
                normal(1, 20, 3),
                normal(1, 20, 5),
                null,
                null,
                normal(2, 1, 5),
                normal(2, 1, 5));
    }

    @Test
    void gradientsReachThroughRearrangedElements() {
        GraphBuilder b = new GraphBuilder("pad");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(1, 4));
        Op pad = Operators.read("", "Pad", ints("mode", "reflect"));
        b.output(b.add(pad, x, b.constant("pads", Tensor.vector(0, 2, 0, 1))));
        GraphBlock block = GraphBlock.of(b.build());
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            NDArray array = manager.create(new float[] {1, 2, 3, 4}).reshape(1, 4);
            Gradients found =
                    Gradients.of(
                            array,
                            new float[] {1, 2, 3, 4, 5, 6, 7},
                            v ->
                                    block.forward(new ParameterStore(manager, false), new NDList(v), true)
                                            .singletonOrThrow());
            assertThat(found.y()).containsExactly(3, 2, 1, 2, 3, 4, 3);
            assertThat(found.dx()).containsExactly(3, 2 + 4, 1 + 5 + 7, 6);
        }
    }

    /// PyTorch's own kernels give wrong gradients for some of these.
    @Test
    void gradientsOfConvolutionsAreThoseOfTheirFormula() {
        for (long[] shape :
                List.of(of(3, 4, 3), of(8, 8, 3), of(12, 24, 3), of(16, 16, 3), of(8, 8, 5), of(8, 10, 1))) {
            Tensor x = normal(2, shape[0], 6, 6);
            Tensor w = normal(shape[1], shape[0], shape[2], shape[2]);
            long pad = shape[2] / 2;
            GraphBuilder b = new GraphBuilder("conv");
            Op conv = Operators.read("", "Conv", ints("pads", of(pad, pad, pad, pad)));
            b.output(b.add(conv, b.input("x", DType.FLOAT32, PartialShape.of(x.shape())), b.constant("w", w)));
            GraphBlock block = GraphBlock.of(b.build());
            Tensor upstream = normal(2, shape[1], 6, 6);
            Tensor expected = gradient(x, w, upstream, (int) pad);
            try (NDManager manager = TrainingEngine.get().newBaseManager()) {
                NDArray array = TensorArrays.toArray(manager, x);
                ParameterStore store = new ParameterStore(manager, false);
                Gradients found =
                        Gradients.of(
                                array,
                                upstream.toFloatArray(),
                                v -> block.forward(store, new NDList(v), true).singletonOrThrow());
                TensorAssert.assertThat(Tensor.of(x.shape(), found.dx())).isCloseTo(expected, 1e-4, 1e-4);
            }
        }
    }

    private static Tensor gradient(Tensor x, Tensor w, Tensor upstream, int pad) {
        Tensor dx = Tensor.allocate(DType.FLOAT64, x.shape());
        Shape in = x.shape();
        Shape k = w.shape();
        for (long n = 0; n < in.dim(0); n++) {
            for (long m = 0; m < k.dim(0); m++) {
                for (long c = 0; c < k.dim(1); c++) {
                    for (long at = 0; at < 36 * k.dim(2) * k.dim(3); at++) {
                        long tap = at / 36;
                        long row = at % 36 / 6 + tap / k.dim(3) - pad;
                        long column = at % 6 + tap % k.dim(3) - pad;
                        if (row >= 0 && row < 6 && column >= 0 && column < 6) {
                            long to = ((n * in.dim(1) + c) * 6 + row) * 6 + column;
                            double up = upstream.getDouble((n * k.dim(0) + m) * 36 + at % 36);
                            double weight = w.getDouble((m * k.dim(1) + c) * k.dim(2) * k.dim(3) + tap);
                            dx.setDouble(to, dx.getDouble(to) + up * weight);
                        }
                    }
                }
            }
        }
        return dx.cast(DType.FLOAT32);
    }

    @Test
    void namesWhatCannotBeTrained() {
        GraphBuilder b = new GraphBuilder("odd");
        String x = b.input("x", DType.FLOAT32, PartialShape.of(3, 3));
        Op op = Operators.read("", "Det", Attributes.EMPTY);
        b.add(new Node("strange", op, List.of(x), List.of("y")));
        b.output("y");
        Graph graph = b.build();
        assertThatThrownBy(() -> GraphBlock.of(graph))
                .isInstanceOf(GraphException.class)
                .hasMessage("graph 'odd': cannot be trained: Det 'strange'");
    }
}
