package dev.octet.qat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Reduce;
import dev.octet.graph.op.ReduceFunction;
import dev.octet.graph.op.Reshape;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Variadic;
import dev.octet.graph.op.VariadicFunction;
import dev.octet.graph.op.Window;
import dev.octet.graph.op.Window.AutoPad;
import dev.octet.qat.BlockTrace.Traced;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// The nodes for the methods of DJL's arrays.
final class TracedSteps {
    private final GraphBuilder builder;
    private final Map<String, Bounded> bounded = new HashMap<>();
    private long batch;

    /// A value, and the name of its lower bound; "" for none.
    private record Bounded(String value, String low) {}

    TracedSteps(GraphBuilder builder) {
        this.builder = builder;
    }

    /// The extent that stands for the batch, wherever it leads.
    void batch(long extent) {
        batch = extent;
    }

    /// Adds what the method computes.
    ///
    /// @param a its arguments, with [Traced] for arrays and lists of these for lists
    /// @return the names of its results; null if it cannot be expressed
    @Nullable List<String> record(String method, Traced x, Object[] a, NDList results) {
        if (method.equals("lstm") || method.equals("gru")) {
            return recurrent(method.equals("lstm"), a, results);
        }
        String value = one(method, x, a, results.head());
        return value == null ? null : List.of(value);
    }

    /// Operands in DJL's order: x, initial states, weights, has biases, layers, dropout, training, bidirectional, batch
    /// first.
    @SuppressWarnings("unchecked")
    private List<String> recurrent(boolean lstm, Object[] a, NDList results) {
        List<String> values =
                new RecurrentSteps(builder)
                        .record(
                                lstm,
                                value(a[0]),
                                (List<Traced>) a[2],
                                (int) a[4],
                                (boolean) a[3],
                                (boolean) a[7],
                                (boolean) a[8]);
        return values.subList(0, results.size());
    }

    private @Nullable String one(String method, Traced x, Object[] a, NDArray result) {
        UnaryFunction function = function(method, a);
        if (function != null) {
            return add(Unary.of(function), x);
        }
        BinaryFunction binary = binary(method);
        if (binary != null) {
            return add(new Binary(binary), x.value(), operand(a[0]));
        }
        return switch (method) {
            case "convolution" -> convolution(a);
            case "deconvolution" -> deconvolution(a);
            case "linear" -> linear(a);
            case "batchNorm" -> batchNorm(a);
            case "layerNorm" -> layerNorm(a);
            case "embedding" -> add(new Gather(0), value(a[1]), value(a[0]));
            case "gatherNd" -> rows(x, (Traced) a[0]);
            case "maxPool" ->
                    pool(x, PoolFunction.MAX, (Shape) a[0], (Shape) a[1], (Shape) a[2], (boolean) a[3], false);
            case "avgPool" ->
                    pool(
                            x,
                            PoolFunction.AVERAGE,
                            (Shape) a[0],
                            (Shape) a[1],
                            (Shape) a[2],
                            (boolean) a[3],
                            // DJL's PyTorch engine counts padding, whatever the block says.
                            true);
            case "globalAvgPool" -> reshaped(add(new GlobalPool(PoolFunction.AVERAGE), x), x.array(), result);
            case "globalMaxPool" -> reshaped(add(new GlobalPool(PoolFunction.MAX), x), x.array(), result);
            case "leakyRelu" -> add(new Unary(UnaryFunction.LEAKY_RELU, (float) a[0], 0), x);
            case "elu" -> add(new Unary(UnaryFunction.ELU, (float) a[0], 0), x);
            case "swish" -> add(new Unary(UnaryFunction.SWISH, (float) a[0], 0), x);
            case "prelu" -> add(new Binary(BinaryFunction.PRELU), value(a[0]), slope((Traced) a[1], x));
            case "clip" -> add(new Clip(), x.value(), scalar((Number) a[0]), scalar((Number) a[1]));
            case "maximum" -> a[0] instanceof Number bound ? atLeast(x, bound) : extreme(VariadicFunction.MAX, x, a[0]);
            case "minimum" -> a[0] instanceof Number bound ? atMost(x, bound) : extreme(VariadicFunction.MIN, x, a[0]);
            case "mish" -> mish(x);
            case "square" -> add(new Binary(BinaryFunction.MUL), x.value(), x.value());
            case "dropout", "stopGradient", "duplicate" -> x.value();
            case "matMul", "dot" -> add(new MatMul(), x.value(), value(a[0]));
            case "softmax" -> add(new Softmax((int) a[0], false, false), x);
            case "logSoftmax" -> add(new Softmax((int) a[0], true, false), x);
            case "concat" -> concat(x, a);
            case "reshape" -> reshaped(x.value(), x.array(), result, a);
            case "flatten", "squeeze", "expandDims" -> reshaped(x.value(), x.array(), result);
            case "transpose", "swapAxes" -> transpose(x, method, a);
            case "mean" -> reduce(ReduceFunction.MEAN, x, a);
            case "sum" -> reduce(ReduceFunction.SUM, x, a);
            default -> null;
        };
    }

    private static @Nullable UnaryFunction function(String method, Object[] a) {
        if (a.length > 0) {
            return null;
        }
        return switch (method) {
            case "relu" -> UnaryFunction.RELU;
            case "sigmoid" -> UnaryFunction.SIGMOID;
            case "tanh" -> UnaryFunction.TANH;
            case "softPlus" -> UnaryFunction.SOFTPLUS;
            case "softSign" -> UnaryFunction.SOFTSIGN;
            case "selu" -> UnaryFunction.SELU;
            case "gelu" -> UnaryFunction.GELU;
            case "exp" -> UnaryFunction.EXP;
            case "log" -> UnaryFunction.LOG;
            case "sqrt" -> UnaryFunction.SQRT;
            case "abs" -> UnaryFunction.ABS;
            case "neg" -> UnaryFunction.NEG;
            case "erf" -> UnaryFunction.ERF;
            default -> null;
        };
    }

    private static @Nullable BinaryFunction binary(String method) {
        return switch (method) {
            case "add", "addi" -> BinaryFunction.ADD;
            case "sub", "subi" -> BinaryFunction.SUB;
            case "mul", "muli" -> BinaryFunction.MUL;
            case "div", "divi" -> BinaryFunction.DIV;
            case "pow" -> BinaryFunction.POW;
            default -> null;
        };
    }

    private String add(Op op, Traced x) {
        return builder.add(op, x.value());
    }

    private String add(Op op, String... operands) {
        return builder.add(op, operands);
    }

    private static String value(Object argument) {
        return ((Traced) argument).value();
    }

    /// DJL's, which takes the binary logarithm where the function has the natural one: `x·tanh(log₂(1 + exp(x)))`.
    private String mish(Traced x) {
        String binary =
                add(new Binary(BinaryFunction.DIV), add(Unary.of(UnaryFunction.SOFTPLUS), x), scalar(Math.log(2)));
        return add(new Binary(BinaryFunction.MUL), x.value(), add(Unary.of(UnaryFunction.TANH), binary));
    }

    /// Rows by number, `[1, N]` of them.
    private @Nullable String rows(Traced table, Traced indices) {
        if (indices.array().getShape().get(0) != 1) {
            return null;
        }
        String numbers = builder.freshConstant("shape", Tensor.vector(-1));
        return add(new Gather(0), table.value(), add(new Reshape(false), indices.value(), numbers));
    }

    private String extreme(VariadicFunction function, Traced x, Object other) {
        return add(new Variadic(function), x.value(), value(other));
    }

    private String atLeast(Traced x, Number bound) {
        String low = scalar(bound);
        String clipped = add(new Clip(), x.value(), low, "");
        bounded.put(clipped, new Bounded(x.value(), low));
        return clipped;
    }

    /// One Clip with the bound below, if there is one: so a block's ReLU6 is one operator.
    private String atMost(Traced x, Number bound) {
        Bounded below = bounded.getOrDefault(x.value(), new Bounded(x.value(), ""));
        return add(new Clip(), below.value(), below.low(), scalar(bound));
    }

    private String operand(Object argument) {
        return argument instanceof Number number ? scalar(number) : value(argument);
    }

    private String scalar(Number number) {
        return builder.freshConstant("number", Tensor.scalar(number.floatValue()));
    }

    private String convolution(Object[] a) {
        Window window = window((Shape) a[3], (Shape) a[4], (Shape) a[5]);
        Conv conv = new Conv(window, (int) a[6]);
        return a[2] == null ? add(conv, value(a[0]), value(a[1])) : add(conv, value(a[0]), value(a[1]), value(a[2]));
    }

    private String deconvolution(Object[] a) {
        Traced weight = (Traced) a[1];
        ConvTranspose op = TransposedBlocks.op(a);
        Tensor ordered = TransposedBlocks.weights(weight.array(), op.group());
        String weights = builder.freshConstant(weight.value() + "_transposed", ordered);
        return a[2] == null ? add(op, value(a[0]), weights) : add(op, value(a[0]), weights, value(a[2]));
    }

    private static Window window(Shape stride, Shape padding, Shape dilation) {
        List<Long> pads = new ArrayList<>(boxed(padding));
        pads.addAll(boxed(padding));
        return new Window(AutoPad.NOTSET, List.of(), boxed(stride), pads, boxed(dilation));
    }

    private static List<Long> boxed(Shape shape) {
        return Arrays.stream(shape.getShape()).boxed().toList();
    }

    /// `x·Wᵀ + b` over the last axis, whatever stands before it.
    private String linear(Object[] a) {
        Traced weight = (Traced) a[1];
        String transposed = builder.freshConstant(weight.value() + "_transposed", transposed(weight.array()));
        String product = add(new MatMul(), value(a[0]), transposed);
        return a[2] == null ? product : add(new Binary(BinaryFunction.ADD), product, value(a[2]));
    }

    private static Tensor transposed(NDArray matrix) {
        try (NDArray transposed = matrix.transpose(1, 0).duplicate()) {
            return dev.octet.qat.op.TensorArrays.toTensor(transposed);
        }
    }

    /// Operands in DJL's order: x, mean, variance, γ, β, axis, momentum, ε.
    private @Nullable String batchNorm(Object[] a) {
        if ((int) a[5] != 1) {
            return null;
        }
        return add(
                new BatchNormalization((float) a[7]), value(a[0]), value(a[3]), value(a[4]), value(a[1]), value(a[2]));
    }

    private String layerNorm(Object[] a) {
        int axes = ((Shape) a[1]).dimension();
        return add(new LayerNormalization(-axes, (float) a[4]), value(a[0]), value(a[2]), value(a[3]));
    }

    private String pool(
            Traced x, PoolFunction function, Shape kernel, Shape stride, Shape padding, boolean ceil, boolean counted) {
        Window plain = window(stride, padding, new Shape());
        Window window = new Window(AutoPad.NOTSET, boxed(kernel), plain.strides(), plain.pads(), List.of());
        return add(new Pool(function, window, ceil, counted, false, 2), x);
    }

    /// One slope for all channels, or one for each.
    private String slope(Traced slope, Traced x) {
        if (slope.array().size() == 1) {
            return slope.value();
        }
        long[] dims = new long[x.array().getShape().dimension() - 1];
        Arrays.fill(dims, 1);
        dims[0] = slope.array().size();
        return add(new Reshape(false), slope.value(), builder.freshConstant("shape", Tensor.vector(dims)));
    }

    private String concat(Traced x, Object[] a) {
        List<String> parts = new ArrayList<>();
        // Of NDArrayEx the list holds all parts, of NDArray the argument is the one after this.
        if (a[0] instanceof List<?> list) {
            parts.add(x.value());
            list.forEach(p -> parts.add(value(p)));
        } else {
            parts.add(x.value());
            parts.add(value(a[0]));
        }
        int axis = a.length > 1 ? (int) a[1] : 0;
        return add(new Concat(axis), parts.toArray(String[]::new));
    }

    /// The result's shape, with the batch left open.
    private String reshaped(String value, NDArray before, NDArray result, Object... a) {
        long[] dims = result.getShape().getShape().clone();
        int open = openAxis(a);
        if (leads(before, batch) && leads(result, batch)) {
            dims[0] = 0;
        } else if (open < 0) {
            // The batch went into an axis together with others, as recurrent layers do with their steps.
            open =
                    IntStream.range(0, dims.length)
                            .filter(i -> dims[i] > 0 && dims[i] % batch == 0)
                            .findFirst()
                            .orElse(-1);
        }
        if (open >= 0) {
            dims[open] = -1;
        }
        return add(new Reshape(false), value, builder.freshConstant("shape", Tensor.vector(dims)));
    }

    private static boolean leads(NDArray array, long extent) {
        return array.getShape().dimension() > 0 && array.getShape().get(0) == extent;
    }

    /// The axis that the block leaves open in a shape it asks for; -1 if none.
    private static int openAxis(Object[] a) {
        long[] asked =
                switch (a.length == 1 ? a[0] : null) {
                    case Shape shape -> shape.getShape();
                    case long[] dims -> dims;
                    case null, default -> new long[0];
                };
        return Arrays.stream(asked).boxed().toList().indexOf(-1L);
    }

    private String transpose(Traced x, String method, Object[] a) {
        int rank = x.array().getShape().dimension();
        long[] order = LongStream.range(0, rank).toArray();
        if (method.equals("swapAxes")) {
            int from = Math.floorMod((int) a[0], rank);
            int to = Math.floorMod((int) a[1], rank);
            order[from] = to;
            order[to] = from;
        } else if (a.length == 0 || ((int[]) a[0]).length == 0) {
            for (int i = 0; i < rank; i++) {
                order[i] = rank - 1L - i;
            }
        } else {
            order = Arrays.stream((int[]) a[0]).asLongStream().toArray();
        }
        return add(new Transpose(Arrays.stream(order).boxed().toList()), x);
    }

    private @Nullable String reduce(ReduceFunction function, Traced x, Object[] a) {
        if (a.length == 0 || !(a[0] instanceof int[] axes)) {
            return null;
        }
        boolean keep = a.length > 1 && (boolean) a[1];
        long[] dims = Arrays.stream(axes).asLongStream().toArray();
        return add(new Reduce(function, keep, false), x.value(), builder.freshConstant("axes", Tensor.vector(dims)));
    }
}
