package dev.octet.qat;

import dev.octet.graph.Dim;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Flatten;
import dev.octet.graph.op.Gather;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.LayerNormalization;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// Builds a network layer by layer, with weights drawn from a seed. A value is known by its name; the first axis of
/// every value is the batch.
///
/// ```java
/// Layers net = new Layers("digits", 1);
/// String x = net.input("image", 1, 28, 28);
/// x = net.relu(net.batchNorm(net.conv(x, 16, 3, 1)));
/// x = net.maxPool(x, 2);
/// Graph graph = net.build(net.linear(net.flatten(x), 10));
/// ```
public final class Layers {
    private static final float EPSILON = 1e-5f;

    private final GraphBuilder builder;
    private final SplittableRandom random;
    private final Map<String, long[]> extents = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private WeightInit init = WeightInit.KAIMING_NORMAL;

    public Layers(String name, long seed) {
        builder = new GraphBuilder(name);
        random = new SplittableRandom(seed);
    }

    /// How the weights of layers from here on are drawn.
    public Layers init(WeightInit newInit) {
        init = newInit;
        return this;
    }

    /// A float input.
    ///
    /// @param sampleExtents of one sample: channels first
    public String input(String name, long... sampleExtents) {
        extents.put(name, sampleExtents.clone());
        return builder.input(name, DType.FLOAT32, batched(sampleExtents));
    }

    /// An input of integers, such as the numbers of words.
    public String indices(String name, long... sampleExtents) {
        extents.put(name, sampleExtents.clone());
        return builder.input(name, DType.INT64, batched(sampleExtents));
    }

    private static PartialShape batched(long[] sampleExtents) {
        List<Dim> dims = new ArrayList<>();
        dims.add(Dim.symbol("N"));
        for (long extent : sampleExtents) {
            dims.add(Dim.of(extent));
        }
        return new PartialShape(dims);
    }

    /// Convolution over `[C, H, W]` that keeps the extents but for the stride; no bias, since a batch normalization
    /// mostly follows.
    public String conv(String x, int channels, int kernel, int stride) {
        return conv(x, channels, kernel, stride, 1);
    }

    /// Convolution of each channel by itself.
    public String depthwise(String x, int kernel, int stride) {
        int channels = (int) sample(x)[0];
        return conv(x, channels, kernel, stride, channels);
    }

    private String conv(String x, int channels, int kernel, int stride, int group) {
        long[] in = sample(x);
        int pad = kernel / 2;
        Window window = Window.of(kernel, kernel).withStrides(stride, stride).withPads(pad, pad, pad, pad);
        long perGroup = in[0] / group;
        long area = (long) kernel * kernel;
        String name = next(group > 1 ? "depthwise" : "conv");
        String weight =
                weight(
                        name + ".weight",
                        perGroup * area,
                        channels * area / group,
                        Shape.of(channels, perGroup, kernel, kernel));
        return add(
                name,
                new Conv(window, group),
                new long[] {channels, strided(in[1], kernel, stride, pad), strided(in[2], kernel, stride, pad)},
                x,
                weight);
    }

    private static long strided(long extent, int kernel, int stride, int pad) {
        return (extent + 2L * pad - kernel) / stride + 1;
    }

    /// Batch normalization of channels.
    public String batchNorm(String x) {
        long[] in = sample(x);
        String name = next("norm");
        Shape channels = Shape.of(in[0]);
        return add(
                name,
                new BatchNormalization(EPSILON),
                in,
                x,
                filled(name + ".weight", channels, 1),
                filled(name + ".bias", channels, 0),
                filled(name + ".running_mean", channels, 0),
                filled(name + ".running_var", channels, 1));
    }

    /// Layer normalization over the last axis.
    public String layerNorm(String x) {
        long[] in = sample(x);
        String name = next("layernorm");
        Shape last = Shape.of(in[in.length - 1]);
        return add(
                name,
                new LayerNormalization(-1, EPSILON),
                in,
                x,
                filled(name + ".weight", last, 1),
                filled(name + ".bias", last, 0));
    }

    /// A product with weights and a bias, of values with one axis beside the batch.
    public String linear(String x, int outputs) {
        long[] in = sample(x);
        if (in.length != 1) {
            throw new IllegalArgumentException("linear: expected one axis beside the batch, found " + in.length);
        }
        String name = next("linear");
        String weight = weight(name + ".weight", in[0], outputs, Shape.of(outputs, in[0]));
        String bias = filled(name + ".bias", Shape.of(outputs), 0);
        return add(name, new Gemm(1, 1, false, true), new long[] {outputs}, x, weight, bias);
    }

    /// Vectors by number: `[…]` becomes `[…, size]`.
    public String embedding(String indices, int rows, int size) {
        long[] in = sample(indices);
        long[] out = java.util.Arrays.copyOf(in, in.length + 1);
        out[in.length] = size;
        String name = next("embedding");
        Tensor table = WeightInit.XAVIER_NORMAL.draw(random, Shape.of(rows, size), rows, size);
        return add(name, new Gather(0), out, builder.constant(name + ".weight", table), indices);
    }

    public String relu(String x) {
        return activation(x, UnaryFunction.RELU);
    }

    /// `min(max(x, 0), 6)`.
    public String relu6(String x) {
        return add(next("relu6"), new Clip(), sample(x), x, scalar("zero", 0), scalar("six", 6));
    }

    /// Any element-wise function, with its default parameters.
    public String activation(String x, UnaryFunction function) {
        return add(next(function.type().toLowerCase(java.util.Locale.ROOT)), Unary.of(function), sample(x), x);
    }

    /// Largest value of each square, which do not overlap.
    public String maxPool(String x, int size) {
        return pool(x, PoolFunction.MAX, size);
    }

    /// Average of each square, which do not overlap.
    public String averagePool(String x, int size) {
        return pool(x, PoolFunction.AVERAGE, size);
    }

    private String pool(String x, PoolFunction function, int size) {
        long[] in = sample(x);
        Window window = Window.of(size, size).withStrides(size, size);
        return add(
                next("pool"),
                new Pool(function, window, false, false, false, 2),
                new long[] {in[0], in[1] / size, in[2] / size},
                x);
    }

    /// Average of each channel: `[C, H, W]` becomes `[C, 1, 1]`.
    public String globalAveragePool(String x) {
        return add(next("pool"), new GlobalPool(PoolFunction.AVERAGE), new long[] {sample(x)[0], 1, 1}, x);
    }

    /// All axes beside the batch as one.
    public String flatten(String x) {
        long count = 1;
        for (long extent : sample(x)) {
            count *= extent;
        }
        return add(next("flatten"), new Flatten(1), new long[] {count}, x);
    }

    /// Sum of two values of one shape.
    public String add(String a, String b) {
        return add(next("add"), new Binary(BinaryFunction.ADD), sample(a), a, b);
    }

    /// Values side by side along their channels.
    public String concat(String... parts) {
        long[] out = sample(parts[0]).clone();
        out[0] = 0;
        for (String part : parts) {
            out[0] += sample(part)[0];
        }
        return add(next("concat"), new Concat(1), out, parts);
    }

    /// Where the part that is to be quantized begins, if that is not the whole network.
    public String quantStub(String x) {
        return stub(x, builder.quantStub(next("quant"), x));
    }

    /// Where that part ends.
    public String deQuantStub(String x) {
        return stub(x, builder.deQuantStub(next("dequant"), x));
    }

    private String stub(String before, String after) {
        extents.put(after, sample(before));
        return after;
    }

    /// The network with these outputs.
    public Graph build(String... outputs) {
        for (String output : outputs) {
            builder.output(output);
        }
        return builder.build();
    }

    private long[] sample(String value) {
        long[] known = extents.get(value);
        if (known == null) {
            throw new IllegalArgumentException("'" + value + "' is no value of this network");
        }
        return known;
    }

    /// `conv1`, `conv2`, ….
    private String next(String kind) {
        return kind + counts.merge(kind, 1, Integer::sum);
    }

    private String add(String name, Op op, long[] out, String... operands) {
        builder.add(new Node(name, op, List.of(operands), List.of(name + "_output")));
        extents.put(name + "_output", out);
        return name + "_output";
    }

    private String weight(String name, long fanIn, long fanOut, Shape shape) {
        return builder.constant(name, init.draw(random, shape, fanIn, fanOut));
    }

    private String filled(String name, Shape shape, float value) {
        return builder.constant(name, (value == 0 ? WeightInit.ZEROS : WeightInit.ONES).draw(random, shape, 1, 1));
    }

    private String scalar(String name, float value) {
        return builder.constant(name, Tensor.scalar(value));
    }
}
