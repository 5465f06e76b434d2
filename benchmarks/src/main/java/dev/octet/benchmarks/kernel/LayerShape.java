package dev.octet.benchmarks.kernel;

import dev.octet.kernels.ConvGeometry;
import dev.octet.kernels.Layout;
import dev.octet.kernels.MatMulGeometry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Shape of a layer that benchmarks run: a matrix product or a convolution.
///
/// @param product extents, or null for a convolution
/// @param convolution extents, channels last, or null for a product
record LayerShape(@Nullable MatMulGeometry product, @Nullable ConvGeometry convolution) {
    private static final String FILE = "products.txt";

    long macs() {
        return product != null ? product.macs() : convolution == null ? 0 : convolution.macs();
    }

    /// Those of the file `products.txt`, by name.
    static Map<String, LayerShape> all() {
        Map<String, LayerShape> shapes = new LinkedHashMap<>();
        for (String line : lines()) {
            String[] words = line.split(" +", 3);
            int[] numbers = Arrays.stream(words[2].split("[ x>]+")).mapToInt(Integer::parseInt).toArray();
            LayerShape shape =
                    switch (words[1]) {
                        case "product" -> product(numbers);
                        case "depthwise" -> convolution(numbers, numbers[0]);
                        default -> convolution(numbers, 1);
                    };
            shapes.put(words[0], shape);
        }
        return shapes;
    }

    private static List<String> lines() {
        try (InputStream stream = LayerShape.class.getResourceAsStream(FILE)) {
            if (stream == null) {
                throw new IllegalStateException("no resource " + FILE);
            }
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LayerShape product(int[] n) {
        return new LayerShape(MatMulGeometry.of(n[0], n[2], n[1]), null);
    }

    private static LayerShape convolution(int[] n, int groups) {
        int window = n[4];
        int stride = n[5];
        int pad = n[6];
        int height = (n[1] + 2 * pad - window) / stride + 1;
        int width = (n[2] + 2 * pad - window) / stride + 1;
        ConvGeometry geometry =
                new ConvGeometry(
                        1,
                        groups,
                        n[0],
                        n[1],
                        n[2],
                        n[3],
                        height,
                        width,
                        window,
                        window,
                        stride,
                        stride,
                        pad,
                        pad,
                        1,
                        1,
                        Layout.CHANNELS_LAST);
        return new LayerShape(null, geometry);
    }
}
