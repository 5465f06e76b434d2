package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.Attributes.GraphValue;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.tensor.DType;
import dev.octet.tensor.NarrowFloat;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OperatorsTest {
    static List<Op> table() {
        return Operators.names().stream()
                .map(name -> Operators.read(name.getKey(), name.getValue(), required(name.getValue())))
                .toList();
    }

    private static Attributes required(String type) {
        return switch (type) {
            case "Cast", "BitCast" -> Attributes.builder().put("to", 7).build();
            case "If" ->
                    Attributes.builder()
                            .put("then_branch", new GraphValue(identity()))
                            .put("else_branch", new GraphValue(identity()))
                            .build();
            case "Loop", "SequenceMap" -> Attributes.builder().put("body", new GraphValue(identity())).build();
            case "Scan" ->
                    Attributes.builder().put("body", new GraphValue(identity())).put("num_scan_inputs", 1).build();
            case "BitShift" -> Attributes.builder().put("direction", "LEFT").build();
            default -> Attributes.EMPTY;
        };
    }

    private static Graph identity() {
        GraphBuilder builder = new GraphBuilder("body");
        builder.output(builder.add(new Identity(), builder.input("x", DType.FLOAT32, null)));
        return builder.build();
    }

    @Test
    void everyRecordHasARow() {
        Set<Class<?>> reached = table().stream().map(Op::getClass).collect(Collectors.toSet());

        List<Class<?>> records = new ArrayList<>(List.of(Op.class.getPermittedSubclasses()));
        records.addAll(List.of(StructuredOp.class.getPermittedSubclasses()));
        records.removeAll(List.of(Opaque.class, StructuredOp.class, LoweredOp.class));
        assertThat(reached).containsAll(records);
        assertThat(reached).doesNotContain(Opaque.class);
    }

    @ParameterizedTest
    @MethodSource("table")
    void isReadFromItsOwnAttributes(Op op) {
        Op read = Operators.read(op.domain(), op.type(), op.attributes());

        if (op instanceof ConstantOfShape(Tensor value)) {
            // Tensors are compared by identity.
            assertThat(((ConstantOfShape) read).value().toFloatArray()).isEqualTo(value.toFloatArray());
        } else {
            assertThat(read).isEqualTo(op);
        }
    }

    static Stream<Op> withParameters() {
        return Stream.of(
                new Unary(UnaryFunction.LEAKY_RELU, 0.3f, 0),
                new Unary(UnaryFunction.GELU, 1, 0),
                new Unary(UnaryFunction.HARD_SIGMOID, 0.3f, 0.4f),
                new Binary(BinaryFunction.FMOD),
                new Reduce(ReduceFunction.L1, false, true),
                new ArgReduce(false, 2, false, true),
                new Softmax(1, true, false),
                new Pool(PoolFunction.MAX, Window.of(2, 3).withStrides(2, 1), true, false, true, 2),
                new Pool(PoolFunction.AVERAGE, Window.of(2, 3).withPads(1, 0, 0, 1), false, true, false, 2),
                new Pool(PoolFunction.LP, Window.of(3), false, false, false, 3),
                new Conv(Window.of(3, 3).withDilations(2, 1), 4),
                new ConvTranspose(Window.of(3), 2, List.of(1L), List.of(7L)),
                new Gemm(0.5f, 2, true, true),
                new BatchNormalization(1e-3f),
                new LayerNormalization(1, 1e-3f),
                new InstanceNormalization(1e-3f),
                new ShapeOf(1, -1L),
                new Binary(BinaryFunction.SHIFT_RIGHT),
                new Unary(UnaryFunction.SHRINK, 0.3f, 0.1f),
                new Cast(DType.FLOAT8E8M0, new Narrowing(false, NarrowFloat.Rounding.NEAREST)),
                new QuantizeLinear(0, 8, DType.FLOAT8E5M2, DType.FLOAT16, false),
                new DequantizeLinear(0, 8, DType.FLOAT16),
                new FloatTest(false, true, false),
                new GatherElements(1),
                new GatherND(1),
                new ScatterElements(1, ScatterReduction.MIN),
                new ScatterND(ScatterReduction.ADD),
                new TensorScatter(-1, true),
                new Trilu(false),
                new EyeLike(DType.INT64, -1),
                new OneHot(1),
                new TopK(0, false, false),
                new Unique(1L, false),
                new Compress(-1L),
                new Cumulative(true, true, true),
                new ReverseSequence(0, 1),
                new DepthSpace(true, 2, true),
                new CenterCropPad(List.of(1L)),
                new Reshape(true),
                new Transpose(List.of(1L, 0L)),
                new Flatten(2),
                new Concat(-1),
                new Split(1, 3),
                new Gather(2),
                new Pad(Pad.PadMode.REFLECT),
                new Resize(
                        Resize.ResizeMode.CUBIC,
                        Resize.CoordinateTransformation.ALIGN_CORNERS,
                        Resize.NearestMode.CEIL,
                        -0.5f,
                        true,
                        3,
                        true,
                        List.of(2L, 3L),
                        Resize.AspectPolicy.NOT_LARGER));
    }

    @ParameterizedTest
    @MethodSource("withParameters")
    void keepsItsParametersInItsAttributes(Op op) {
        assertThat(Operators.read(op.domain(), op.type(), op.attributes())).isEqualTo(op);
    }

    @Test
    void namesThatAreRecordsOfTheirOwn() {
        assertThat(Operators.read("", "Clip", Attributes.EMPTY)).isEqualTo(new Clip());
        assertThat(Operators.read("ai.onnx", "Identity", Attributes.EMPTY)).isEqualTo(new Identity());
        assertThat(Operators.read("", "Dropout", Attributes.EMPTY)).isEqualTo(new Identity());
    }

    @Test
    void batchNormalizationInTrainingIsAnother() {
        Attributes training = Attributes.builder().put("training_mode", 1).build();

        assertThat(Operators.read("", "BatchNormalization", training))
                .isEqualTo(new Composite(Composition.TRAINING_BATCH_NORMALIZATION, training));
    }

    @Test
    void carriesWhatItDoesNotKnow() {
        assertThat(Operators.read("my.domain", "Conv", Attributes.EMPTY))
                .isEqualTo(new Opaque("my.domain", "Conv", Attributes.EMPTY));
    }

    @Test
    void refusesAttributesOutOfRange() {
        assertThatThrownBy(() -> new Conv(Window.of(3), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("attribute group: expected at least 1, found 0");
        assertThatThrownBy(() -> Operators.read("", "Pad", Attributes.builder().put("mode", "mirror").build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("attribute mode: unknown value 'mirror'");
        assertThatThrownBy(() -> Window.of(3, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kernel_shape");
    }
}
