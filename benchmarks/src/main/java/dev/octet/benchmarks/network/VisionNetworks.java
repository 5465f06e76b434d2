package dev.octet.benchmarks.network;

import dev.octet.graph.Graph;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Pool;
import dev.octet.graph.op.PoolFunction;
import dev.octet.graph.op.Window;
import dev.octet.tensor.Tensor;

/// Classifiers of pictures `[1, 3, 224, 224]` with 1000 classes, in the topology of torchvision.
public final class VisionNetworks {
    private static final int CLASSES = 1000;
    private static final int EXTENT = 224;

    /// Gain of the last normalization of a residual branch, so that sums over many blocks do not grow.
    private static final double BRANCH_GAIN = 0.3;

    private VisionNetworks() {}

    /// ResNet-18: basic blocks.
    ///
    /// @see "He et al., Deep Residual Learning for Image Recognition, 2016"
    public static Graph resNet18(long seed) {
        return resNet("resnet18", seed, false, 2, 2, 2, 2);
    }

    /// ResNet-50: bottlenecks, with the stride at the 3×3 convolution.
    public static Graph resNet50(long seed) {
        return resNet("resnet50", seed, true, 3, 4, 6, 3);
    }

    private static Graph resNet(String name, long seed, boolean bottleneck, int... depths) {
        NetworkBuilder b = new NetworkBuilder(name, seed);
        String x = b.input("x", 1, 3, EXTENT, EXTENT);
        x = b.relu(b.convBn(x, 3, 64, 7, 2, 1, 1));
        Window window = Window.of(3, 3).withStrides(2, 2).withPads(1, 1, 1, 1);
        x = b.graph.add(new Pool(PoolFunction.MAX, window, false, false, false, 2), x);
        int channels = 64;
        for (int stage = 0; stage < depths.length; stage++) {
            int width = 64 << stage;
            int out = bottleneck ? 4 * width : width;
            for (int block = 0; block < depths[stage]; block++) {
                int stride = block == 0 && stage > 0 ? 2 : 1;
                String shortcut = stride == 1 && channels == out ? x : b.convBn(x, channels, out, 1, stride, 1, 1);
                String branch =
                        bottleneck ? bottleneck(b, x, channels, width, stride) : basic(b, x, channels, width, stride);
                x = b.relu(b.add(branch, shortcut));
                channels = out;
            }
        }
        return b.build(b.classifier(x, channels, CLASSES));
    }

    private static String basic(NetworkBuilder b, String x, int in, int width, int stride) {
        String first = b.relu(b.convBn(x, in, width, 3, stride, 1, 1));
        return b.convBn(first, width, width, 3, 1, 1, BRANCH_GAIN);
    }

    private static String bottleneck(NetworkBuilder b, String x, int in, int width, int stride) {
        String narrow = b.relu(b.convBn(x, in, width, 1, 1, 1, 1));
        String middle = b.relu(b.convBn(narrow, width, width, 3, stride, 1, 1));
        return b.convBn(middle, width, 4 * width, 1, 1, 1, BRANCH_GAIN);
    }

    /// MobileNetV2 of width 1: inverted residual blocks with ReLU6.
    ///
    /// @see "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, table 2"
    public static Graph mobileNetV2(long seed) {
        int[][] stages = {
            {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
        };
        NetworkBuilder b = new NetworkBuilder("mobilenetv2", seed);
        String low = b.graph.constant("zero", Tensor.scalar(0f));
        String high = b.graph.constant("six", Tensor.scalar(6f));
        String x = relu6(b, b.convBn(b.input("x", 1, 3, EXTENT, EXTENT), 3, 32, 3, 2, 1, 1), low, high);
        int channels = 32;
        for (int[] stage : stages) {
            for (int block = 0; block < stage[2]; block++) {
                int stride = block == 0 ? stage[3] : 1;
                int hidden = channels * stage[0];
                String wide = stage[0] == 1 ? x : relu6(b, b.convBn(x, channels, hidden, 1, 1, 1, 1), low, high);
                String deep = relu6(b, b.convBn(wide, hidden, hidden, 3, stride, hidden, 1), low, high);
                boolean residual = stride == 1 && channels == stage[1];
                String narrow = b.convBn(deep, hidden, stage[1], 1, 1, 1, residual ? BRANCH_GAIN : 1);
                x = residual ? b.add(x, narrow) : narrow;
                channels = stage[1];
            }
        }
        x = relu6(b, b.convBn(x, channels, 1280, 1, 1, 1, 1), low, high);
        return b.build(b.classifier(x, 1280, CLASSES));
    }

    private static String relu6(NetworkBuilder b, String x, String low, String high) {
        return b.graph.add(new Clip(), x, low, high);
    }
}
