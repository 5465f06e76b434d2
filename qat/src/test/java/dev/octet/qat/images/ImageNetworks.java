package dev.octet.qat.images;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.BatchNormalization;
import dev.octet.qat.Layers;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// Two small networks for images of 28×28, as they are found in larger ones.
final class ImageNetworks {
    private static final double UNEVEN = 64;

    private ImageNetworks() {}

    /// Residual blocks: 46 thousand weights.
    static Graph residual(long seed) {
        Layers net = new Layers("resnet", seed);
        String x = net.relu(net.batchNorm(net.conv(net.input("image", 1, 28, 28), 16, 3, 2)));
        x = block(net, x, 16, 1);
        x = block(net, x, 32, 2);
        x = block(net, x, 32, 1);
        return head(net, x);
    }

    private static String block(Layers net, String x, int channels, int stride) {
        String y = net.relu(net.batchNorm(net.conv(x, channels, 3, stride)));
        y = net.batchNorm(net.conv(y, channels, 3, 1));
        String shortcut = stride == 1 ? x : net.batchNorm(net.conv(x, channels, 1, stride));
        return net.relu(net.add(y, shortcut));
    }

    /// Depthwise and pointwise convolutions with ReLU6 (MobileNet): 19 thousand weights.
    static Graph depthwise(long seed) {
        Layers net = new Layers("depthwise", seed);
        String x = net.relu6(net.batchNorm(net.conv(net.input("image", 1, 28, 28), 16, 3, 2)));
        x = separable(net, x, 32, 2);
        x = separable(net, x, 64, 1);
        x = separable(net, x, 64, 1);
        x = separable(net, x, 128, 2);
        return head(net, x);
    }

    private static String separable(Layers net, String x, int channels, int stride) {
        String y = net.relu6(net.batchNorm(net.depthwise(x, 3, stride)));
        return net.relu6(net.batchNorm(net.conv(y, channels, 1, 1)));
    }

    /// The depthwise network after training, with every eighth channel before a depthwise convolution made 64 times
    /// smaller. The batch normalization behind evens that out, so the function is the same, but for ReLU6's bound; the
    /// folded weights of these channels are 64 times larger than those of their neighbours. Networks come out of long
    /// training like this (arXiv 1906.04721, figure 2).
    static Graph uneven(Graph trained) {
        GraphBuilder builder = trained.toBuilder();
        List<Node> norms = trained.nodes().stream().filter(n -> n.op() instanceof BatchNormalization).toList();
        for (int i = 0; i + 2 < norms.size(); i += 2) {
            Node before = norms.get(i);
            Node after = norms.get(i + 1);
            double epsilon = ((BatchNormalization) after.op()).epsilon();
            scaleSome(trained, builder, before.input(1), v -> v / UNEVEN);
            scaleSome(trained, builder, before.input(2), v -> v / UNEVEN);
            scaleSome(trained, builder, after.input(3), v -> v / UNEVEN);
            scaleSome(trained, builder, after.input(4), v -> (v + epsilon) / (UNEVEN * UNEVEN) - epsilon);
        }
        return builder.build();
    }

    private static void scaleSome(Graph graph, GraphBuilder builder, String constant, DoubleUnaryOperator change) {
        Tensor tensor = graph.constant(constant).orElseThrow();
        Tensor changed = Tensor.allocate(DType.FLOAT32, tensor.shape());
        for (long i = 0; i < tensor.elementCount(); i++) {
            double value = tensor.getDouble(i);
            changed.setDouble(i, i % 8 == 0 ? change.applyAsDouble(value) : value);
        }
        builder.constant(constant, changed);
    }

    private static Graph head(Layers net, String x) {
        return net.build(net.linear(net.flatten(net.globalAveragePool(x)), 10));
    }
}
