package dev.octet.qat.images;

import dev.octet.graph.Graph;
import dev.octet.qat.Layers;

/// Two small networks for images of 28×28, as they are found in larger ones.
final class ImageNetworks {
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

    private static Graph head(Layers net, String x) {
        return net.build(net.linear(net.flatten(net.globalAveragePool(x)), 10));
    }
}
