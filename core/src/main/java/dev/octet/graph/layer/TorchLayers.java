package dev.octet.graph.layer;

import dev.octet.graph.GraphBuilder;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.ConvTranspose;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.MatMul;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Softmax;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes PyTorch's layers into a graph, module by module, with the weights of a model's `state_dict()`: a layer is
/// known by the name of its module, and finds `NAME.weight`, `NAME.bias` and so on under it. What the state does not
/// have, such as a bias, the layer is without.
///
/// ```java
/// TorchLayers net = new TorchLayers(builder, state);
/// String y = net.quantStub("quant", x);
/// y = net.relu("relu1", net.batchNorm("bn1", net.conv2d("conv1", y, 1, 1)));
/// y = net.linear("fc", net.flatten("flatten", net.globalAveragePool("pool", y)));
/// builder.output(net.deQuantStub("dequant", y));
/// ```
///
/// Each method returns the name of its result. A layer is one node of its name, or several in a scope of its name
/// (`fc/MatMul`), so rules and fusions can speak of it. Values have the shapes of PyTorch's documentation.
public final class TorchLayers {
    private static final float EPSILON = 1e-5f;

    private final GraphBuilder builder;
    private final LayerWriter writer;

    /// @param state tensors by their names in PyTorch's state dict
    public TorchLayers(GraphBuilder builder, Map<String, Tensor> state) {
        this.builder = builder;
        writer = new LayerWriter(builder, state);
    }

    /// Where the part begins that is to be quantized.
    public String quantStub(String name, String x) {
        return builder.quantStub(name, x);
    }

    /// Where that part ends.
    public String deQuantStub(String name, String x) {
        return builder.deQuantStub(name, x);
    }

    /// `x·Wᵀ + b` over the last axis.
    ///
    /// @throws IllegalArgumentException here and below, if the state lacks a weight or has one of another rank
    public String linear(String name, String x) {
        String weights = builder.constant(name + ".weight", transposed(writer.tensor(name + ".weight", 2)));
        String bias = writer.constant(name + ".bias", 1);
        if (bias.isEmpty()) {
            return add(name, new MatMul(), x, weights);
        }
        String product = add(name + "/MatMul", new MatMul(), x, weights);
        return add(name + "/Add", new Binary(BinaryFunction.ADD), product, bias);
    }

    private static Tensor transposed(Tensor weights) {
        long rows = weights.shape().dim(0);
        long columns = weights.shape().dim(1);
        Tensor result = Tensor.allocate(weights.dtype(), Shape.of(columns, rows));
        for (long i = 0; i < result.elementCount(); i++) {
            result.setFloat(i, weights.getFloat(i % rows * columns + i / rows));
        }
        return result;
    }

    public String conv1d(String name, String x, int stride, int padding) {
        return conv(name, x, window(1, stride, padding), 1);
    }

    public String conv2d(String name, String x, int stride, int padding) {
        return conv(name, x, window(2, stride, padding), 1);
    }

    public String conv3d(String name, String x, int stride, int padding) {
        return conv(name, x, window(3, stride, padding), 1);
    }

    /// Convolution with any window, over as many axes as its strides say.
    public String conv(String name, String x, Window window, int groups) {
        String weight = writer.required(name + ".weight", window.strides().size() + 2);
        return add(name, new Conv(window, groups), withBias(name, x, weight));
    }

    public String convTranspose1d(String name, String x, int stride, int padding) {
        return convTranspose(name, x, window(1, stride, padding), 1);
    }

    public String convTranspose2d(String name, String x, int stride, int padding) {
        return convTranspose(name, x, window(2, stride, padding), 1);
    }

    public String convTranspose3d(String name, String x, int stride, int padding) {
        return convTranspose(name, x, window(3, stride, padding), 1);
    }

    /// Transposed convolution with any window, over as many axes as its strides say.
    public String convTranspose(String name, String x, Window window, int groups) {
        String weight = writer.required(name + ".weight", window.strides().size() + 2);
        return add(name, new ConvTranspose(window, groups, List.of(), List.of()), withBias(name, x, weight));
    }

    private static Window window(int axes, long stride, long padding) {
        return new Window(
                Window.AutoPad.NOTSET, List.of(), repeated(axes, stride), repeated(2 * axes, padding), List.of());
    }

    private static List<Long> repeated(int count, long value) {
        Long[] values = new Long[count];
        Arrays.fill(values, value);
        return List.of(values);
    }

    private String[] withBias(String name, String x, String weight) {
        String bias = writer.constant(name + ".bias", 1);
        return bias.isEmpty() ? new String[] {x, weight} : new String[] {x, weight, bias};
    }

    /// BatchNorm1d, 2d and 3d, with their running statistics. Without `weight` and `bias` (`affine=False`) they are 1
    /// and 0.
    public String batchNorm(String name, String x) {
        String mean = writer.required(name + ".running_mean", 1);
        String variance = writer.required(name + ".running_var", 1);
        long channels = writer.tensor(name + ".running_mean", 1).elementCount();
        return add(
                name,
                new BatchNormalization(EPSILON),
                x,
                writer.constantOr(name + ".weight", channels, 1),
                writer.constantOr(name + ".bias", channels, 0),
                mean,
                variance);
    }

    /// LayerNorm over as many last axes as its weight has.
    public String layerNorm(String name, String x) {
        Tensor weight = writer.tensor(name + ".weight", -1);
        String[] operands = {x, writer.required(name + ".weight", -1), writer.constant(name + ".bias", -1)};
        int count = operands[2].isEmpty() ? 2 : 3;
        return add(name, new LayerNormalization(-weight.shape().rank(), EPSILON), Arrays.copyOf(operands, count));
    }

    public String relu(String name, String x) {
        return activation(name, UnaryFunction.RELU, x);
    }

    /// `min(max(x, 0), 6)`.
    public String relu6(String name, String x) {
        return add(
                name,
                new Clip(),
                x,
                builder.freshConstant(name + ".min", Tensor.scalar(0f)),
                builder.freshConstant(name + ".max", Tensor.scalar(6f)));
    }

    public String leakyRelu(String name, String x, float slope) {
        return add(name, new Unary(UnaryFunction.LEAKY_RELU, slope, 0), x);
    }

    /// ELU with `alpha` 1.
    public String elu(String name, String x) {
        return activation(name, UnaryFunction.ELU, x);
    }

    public String sigmoid(String name, String x) {
        return activation(name, UnaryFunction.SIGMOID, x);
    }

    public String tanh(String name, String x) {
        return activation(name, UnaryFunction.TANH, x);
    }

    public String hardswish(String name, String x) {
        return activation(name, UnaryFunction.HARD_SWISH, x);
    }

    public String gelu(String name, String x) {
        return activation(name, UnaryFunction.GELU, x);
    }

    /// Any function of single elements, with its default parameters.
    public String activation(String name, UnaryFunction function, String x) {
        return add(name, Unary.of(function), x);
    }

    public String softmax(String name, String x, int axis) {
        return add(name, new Softmax(axis, false, false), x);
    }

    /// MaxPool2d.
    public String maxPool2d(String name, String x, int size, int stride, int padding) {
        return pool(name, x, PoolFunction.MAX, size, stride, padding);
    }

    /// AvgPool2d; padding counts.
    public String avgPool2d(String name, String x, int size, int stride, int padding) {
        return pool(name, x, PoolFunction.AVERAGE, size, stride, padding);
    }

    private String pool(String name, String x, PoolFunction function, int size, int stride, int padding) {
        Window window = Window.of(size, size).withStrides(stride, stride).withPads(padding, padding, padding, padding);
        return add(name, new Pool(function, window, false, function == PoolFunction.AVERAGE, false, 2), x);
    }

    /// AdaptiveAvgPool to one element per channel.
    public String globalAveragePool(String name, String x) {
        return add(name, new GlobalPool(PoolFunction.AVERAGE), x);
    }

    /// All axes but the first as one.
    public String flatten(String name, String x) {
        return add(name, new Flatten(1), x);
    }

    /// FloatFunctional's `add`, under the name of its module.
    public String add(String name, String a, String b) {
        return add(name, new Binary(BinaryFunction.ADD), a, b);
    }

    /// FloatFunctional's `mul`.
    public String mul(String name, String a, String b) {
        return add(name, new Binary(BinaryFunction.MUL), a, b);
    }

    /// FloatFunctional's `matmul`.
    public String matmul(String name, String a, String b) {
        return add(name, new MatMul(), a, b);
    }

    /// FloatFunctional's `add_relu`.
    public String addRelu(String name, String a, String b) {
        return relu(name + "/Relu", add(name + "/Add", a, b));
    }

    /// FloatFunctional's `add_scalar`.
    public String addScalar(String name, String x, float number) {
        return add(name, x, builder.freshConstant(name + ".number", Tensor.scalar(number)));
    }

    /// FloatFunctional's `mul_scalar`.
    public String mulScalar(String name, String x, float number) {
        return mul(name, x, builder.freshConstant(name + ".number", Tensor.scalar(number)));
    }

    /// FloatFunctional's `cat`.
    public String cat(String name, int axis, List<String> parts) {
        return add(name, new Concat(axis), parts.toArray(String[]::new));
    }

    /// Rows of the table by number.
    public String embedding(String name, String indices) {
        return new TorchEmbedding(writer).rows(name, indices);
    }

    /// EmbeddingBag: one vector for each bag of rows.
    ///
    /// @param indices `[bags, size]`; or `[count]` with offsets
    /// @param offsets where each bag begins, INT64 `[bags]`; null for bags of one size
    public String embeddingBag(String name, String indices, @Nullable String offsets, BagMode mode) {
        return new TorchEmbedding(writer).bags(name, indices, offsets, mode);
    }

    /// What an EmbeddingBag makes of the rows of a bag.
    public enum BagMode {
        SUM,
        MEAN,
        /// For bags of one size only.
        MAX
    }

    /// LSTM over a sequence, of as many layers and directions as the state has.
    ///
    /// @param batchFirst whether `x` is `[batch, steps, inputs]` and not `[steps, batch, inputs]`
    public Recurrent lstm(String name, String x, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.LSTM, batchFirst).sequence(name, x, List.of());
    }

    /// LSTM from given states `[layers·directions, batch, hidden]`.
    public Recurrent lstm(String name, String x, String hidden, String cell, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.LSTM, batchFirst).sequence(name, x, List.of(hidden, cell));
    }

    public Recurrent gru(String name, String x, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.GRU, batchFirst).sequence(name, x, List.of());
    }

    public Recurrent gru(String name, String x, String hidden, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.GRU, batchFirst).sequence(name, x, List.of(hidden));
    }

    /// RNN with tanh.
    public Recurrent rnn(String name, String x, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.RNN, batchFirst).sequence(name, x, List.of());
    }

    public Recurrent rnn(String name, String x, String hidden, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.RNN, batchFirst).sequence(name, x, List.of(hidden));
    }

    /// RNN with `nonlinearity='relu'`.
    public Recurrent rectifiedRnn(String name, String x, boolean batchFirst) {
        return recurrence(TorchRecurrence.Kind.RECTIFIED_RNN, batchFirst).sequence(name, x, List.of());
    }

    /// One step of an LSTM: `x` `[batch, inputs]`, states `[batch, hidden]`.
    public Recurrent lstmCell(String name, String x, String hidden, String cell) {
        return recurrence(TorchRecurrence.Kind.LSTM, false).step(name, x, List.of(hidden, cell));
    }

    public String gruCell(String name, String x, String hidden) {
        return recurrence(TorchRecurrence.Kind.GRU, false).step(name, x, List.of(hidden)).hidden();
    }

    /// RNNCell with tanh.
    public String rnnCell(String name, String x, String hidden) {
        return recurrence(TorchRecurrence.Kind.RNN, false).step(name, x, List.of(hidden)).hidden();
    }

    /// RNNCell with `nonlinearity='relu'`.
    public String rectifiedRnnCell(String name, String x, String hidden) {
        return recurrence(TorchRecurrence.Kind.RECTIFIED_RNN, false).step(name, x, List.of(hidden)).hidden();
    }

    /// Results of a recurrent layer.
    ///
    /// @param output of the last layer at every step, directions side by side
    /// @param hidden last hidden states
    /// @param cell last cell states; empty but for an LSTM
    public record Recurrent(String output, String hidden, String cell) {}

    private TorchRecurrence recurrence(TorchRecurrence.Kind kind, boolean batchFirst) {
        return new TorchRecurrence(writer, kind, batchFirst);
    }

    private String add(String name, Op op, String... operands) {
        return writer.add(name, op, operands);
    }
}
