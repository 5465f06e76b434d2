package dev.octet.graph.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.graph.Attributes;
import dev.octet.graph.TypeInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Operands that do not fit are refused in words, whatever a hostile model says.
class RefusalsTest {
    private static void refuses(String message, Op op, Object... operands) {
        assertThatThrownBy(() -> TypeRules.types(op, 2, operands))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void otherTypes() {
        refuses("type of b: expected FLOAT32, found INT64", new Binary(BinaryFunction.ADD), "3", Tensor.vector(1));
        refuses("found INT32", Unary.of(UnaryFunction.EXP), TypeRules.of(DType.INT32, "3"));
        refuses("type of condition: expected BOOL, found FLOAT32", new Where(), "1", "1", "1");
        refuses("type of shape: expected [INT32, INT64], found FLOAT32", new Reshape(false), "3", "1");
        refuses(
                "type of weights: expected FLOAT32, found FLOAT64",
                new Conv(Window.of(), 1),
                "1x1x3",
                TypeRules.of(DType.FLOAT64, "1x1x3"));
    }

    @Test
    void missingOperands() {
        refuses("input 1 is missing", new MatMul(), "2x3");
        refuses("neither scales nor sizes are given", Operators.read("", "Resize", Attributes.EMPTY), "1x2");
    }

    @Test
    void otherShapes() {
        refuses("shapes 3 and 4 do not broadcast", new Binary(BinaryFunction.MUL), "3", "4");
        refuses("one that broadcasts to that of x", new Binary(BinaryFunction.PRELU), "3", "2x3");
        refuses("inner extents of 2x3 and 4x5: expected 3, found 4", new MatMul(), "2x3", "4x5");
        refuses(
                "channels of input: expected 2 groups of the weights' 3, found 4",
                new Conv(Window.of(), 2),
                "1x4x5",
                "2x3x1");
        refuses("output channels: expected a multiple of group 2, found 3", new Conv(Window.of(), 2), "1x4x5", "3x2x1");
        refuses("extent of bias: expected 2, found 3", new Conv(Window.of(), 1), "1x1x5", "2x1x1", "3");
        refuses("does not fit in an extent of 3", new Conv(Window.of(), 1), "1x1x3", "1x1x4");
        refuses("attribute kernel_shape[0]: expected the weights' 2", new Conv(Window.of(3), 1), "1x1x9", "1x1x2");
        refuses("attribute strides: expected 1 numbers", new Conv(Window.of().withStrides(1, 1), 1), "1x1x9", "1x1x2");
        refuses("extent 0 of input 1: expected 2, found 3", new Concat(1), "2x1", "3x1");
        refuses("extent of axis 1 of 2x3: expected 1, found 3", new Squeeze(), "2x3", Tensor.vector(1));
        refuses("one of as many elements as 2x3, found [4, -1]", new Reshape(false), "2x3", Tensor.vector(4, -1));
        refuses("one of as many elements as 2x3, found [5]", new Reshape(false), "2x3", Tensor.vector(5));
        refuses("at most one -1", new Reshape(false), "2x3", Tensor.vector(-1, -1));
        refuses("an order of 2 axes", new Transpose(List.of(0L)), "2x3");
        refuses("axis 0 is given twice", new Transpose(List.of(0L, 0L)), "2x3");
        refuses("axis 5 is outside [-2, 2)", new Gather(5), "2x3", Tensor.vector(0));
        refuses("index: expected one in [-2, 2), found 2", new Gather(0), "2x3", Tensor.vector(2));
        refuses(
                "numbers other than 0",
                new Slice(),
                "9",
                Tensor.vector(0),
                Tensor.vector(1),
                Tensor.vector(0),
                Tensor.vector(0));
        refuses("extents that add up to 6", new Split(0, 0), "6", Tensor.vector(1, 2));
        refuses("split: expected 2 extents", new Split(0, 0), "6", Tensor.vector(6));
        refuses("a multiple of 2, found 5", new Split(0, 0), "5");
        refuses("to leave some of 3", new Pad(Pad.PadMode.CONSTANT), "3", Tensor.vector(-2, -2));
        refuses("pads: expected 2 numbers", new Pad(Pad.PadMode.CONSTANT), "3", Tensor.vector(1));
        refuses("by 0 has no end", new Range(), Tensor.scalar(0L), Tensor.scalar(1L), Tensor.scalar(0L));
        refuses("has no end", new Range(), Tensor.scalar(0f), Tensor.scalar(0f), Tensor.scalar(0f));
    }

    @Test
    void extentsThatCannotExist() {
        long huge = Long.MAX_VALUE / 2;

        refuses("overflow", new Expand(), "3", Tensor.vector(huge, huge, 3));
        refuses("too large to exist", new ConstantOfShape(Tensor.scalar(0L)), Tensor.vector(Long.MAX_VALUE));
        refuses("overflows", new Tile(), "4", Tensor.vector(huge));
        refuses("overflows", new Pad(Pad.PadMode.CONSTANT), "4", Tensor.vector(huge, Long.MAX_VALUE));
        refuses("overflows", new Concat(0), "" + Long.MAX_VALUE, "1");
        refuses("overflows", new Flatten(0), huge + "x" + huge);
        refuses(
                "overflows",
                new Range(),
                Tensor.scalar(Long.MIN_VALUE),
                Tensor.scalar(Long.MAX_VALUE),
                Tensor.scalar(1L));
        refuses(
                "rank: expected at most 64, found " + huge,
                new ConstantOfShape(Tensor.scalar(0L)),
                TypeRules.of(DType.INT64, "" + huge));
        refuses("negative extent", new Expand(), "3", Tensor.vector(-1));
    }

    @Test
    void divisionOfIntegersByZero() {
        Tensor zero = Tensor.vector(0);
        Tensor result = Tensor.vector(0);

        assertThatThrownBy(
                        () -> new Binary(BinaryFunction.DIV).evaluate(List.of(Tensor.vector(5), zero), List.of(result)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("integer 5 is divided by zero");
    }

    static List<Op> operators() {
        return Stream.concat(OperatorsTest.table().stream(), OperatorsTest.withParameters()).toList();
    }

    /// Operands drawn at random may be refused, but in one way only.
    @ParameterizedTest
    @MethodSource("operators")
    void failsInNoOtherWay(Op op) {
        for (long seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            Object[] operands = new Object[random.nextInt(6)];
            for (int i = 0; i < operands.length; i++) {
                operands[i] = operand(random);
            }
            try {
                assertThat(TypeRules.types(op, 1 + random.nextInt(3), operands)).isNotNull();
            } catch (IllegalArgumentException | UnsupportedOperationException e) {
                assertThat(e.getMessage()).as("seed " + seed).isNotBlank();
            } catch (RuntimeException e) {
                throw new AssertionError(op + " of " + List.of(operands) + ", seed " + seed, e);
            }
        }
    }

    private static final long[] EXTENTS = {0, 1, 1, 2, 3, 4, 7, 1L << 31, 1L << 40, Long.MAX_VALUE};
    private static final long[] NUMBERS = {
        -3, -2, -1, -1, 0, 0, 1, 1, 2, 3, 5, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
    };

    private static Object operand(Random random) {
        if (random.nextInt(3) == 0) {
            long[] values = random.longs(random.nextInt(5), 0, NUMBERS.length).map(i -> NUMBERS[(int) i]).toArray();
            return random.nextInt(4) == 0
                    ? Tensor.scalar(NUMBERS[random.nextInt(NUMBERS.length)])
                    : Tensor.vector(values);
        }
        List<String> dims = new ArrayList<>();
        for (int axis = random.nextInt(5); axis > 0; axis--) {
            int kind = random.nextInt(6);
            dims.add(kind == 0 ? "?" : kind == 1 ? "N" : "" + EXTENTS[random.nextInt(EXTENTS.length)]);
        }
        DType[] types = {DType.FLOAT32, DType.FLOAT32, DType.FLOAT32, DType.INT64, DType.INT8, DType.BOOL};
        String shape = random.nextInt(8) == 0 ? "*" : String.join("x", dims);
        return TypeRules.of(types[random.nextInt(types.length)], shape);
    }

    static List<Op> operatorsOfTensors() {
        return operators().stream().filter(op -> !(op instanceof StructuredOp)).toList();
    }

    /// What a rule accepts can be evaluated.
    @ParameterizedTest
    @MethodSource("operatorsOfTensors")
    void evaluatesWhatItAccepts(Op op) {
        for (long seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            List<Tensor> operands = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                operands.add(tensor(random));
            }
            try {
                List<Tensor> results = new ArrayList<>();
                for (TypeInfo type :
                        TypeRules.types(op, op instanceof DynamicQuantizeLinear ? 3 : 1, operands.toArray())) {
                    assertThat(type.isFixed()).as(type.toString()).isTrue();
                    Shape shape = type.shape().toShape();
                    if (shape.elementCount() > 1000) {
                        throw new IllegalArgumentException("more than a test wants");
                    }
                    results.add(Tensor.allocate(type.dtype(), shape));
                }
                op.evaluate(operands, results);
            } catch (IllegalArgumentException | UnsupportedOperationException e) {
                assertThat(e.getMessage()).as("seed " + seed).isNotBlank();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(op + " of " + operands + ", seed " + seed, e);
            }
        }
    }

    private static Tensor tensor(Random random) {
        DType[] types = {
            DType.FLOAT32, DType.FLOAT32, DType.FLOAT16, DType.INT64, DType.INT64, DType.UINT4, DType.BOOL
        };
        DType dtype = types[random.nextInt(types.length)];
        long[] dims = random.longs(random.nextInt(5), 0, 5).toArray();
        Tensor tensor = Tensor.allocate(dtype, Shape.of(dims));
        for (long i = 0; i < tensor.elementCount(); i++) {
            tensor.setLong(i, random.nextInt(-2, 4));
        }
        return tensor;
    }

    @Test
    void evaluatesEmptyTensors() {
        Tensor none = Tensor.allocate(DType.FLOAT32, Shape.of(0, 3));
        Tensor y = Tensor.allocate(DType.FLOAT32, Shape.of(0, 3));

        new Softmax(1, false, false).evaluate(List.of(none), List.of(y));
        new LayerNormalization(1, 1e-5f).evaluate(List.of(none, Tensor.of(Shape.of(3), 1f, 1f, 1f)), List.of(y));
        new Transpose(List.of()).evaluate(List.of(none), List.of(Tensor.allocate(DType.FLOAT32, Shape.of(3, 0))));
    }
}
