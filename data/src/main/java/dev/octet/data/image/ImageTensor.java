package dev.octet.data.image;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;

/// Pictures as float tensors.
public final class ImageTensor {
    private ImageTensor() {}

    /// Applies the preprocessing to one picture: FLOAT32 `[1, C, H, W]` or `[1, H, W, C]`.
    public static Tensor of(BufferedImage image, ImagePreprocess preprocess) {
        Planes planes = Planes.of(image, preprocess.channels(), preprocess.bgr());
        Planes sized = crop(resize(planes, preprocess), preprocess);
        return normalize(sized, preprocess);
    }

    private static Planes resize(Planes planes, ImagePreprocess p) {
        if (p.width() == 0) {
            return planes;
        }
        return switch (p.fit()) {
            case STRETCH -> planes.resize(p.width(), p.height());
            case SHORTEST -> {
                double ratio = Math.min(p.width(), p.height()) / (double) Math.min(planes.width(), planes.height());
                yield planes.resize(extent(planes.width() * ratio), extent(planes.height() * ratio));
            }
            case PAD -> {
                double ratio = Math.min(p.width() / (double) planes.width(), p.height() / (double) planes.height());
                int width = Math.min(p.width(), extent(planes.width() * ratio));
                int height = Math.min(p.height(), extent(planes.height() * ratio));
                yield planes.resize(width, height).window(0, 0, p.width(), p.height());
            }
        };
    }

    private static int extent(double size) {
        return Math.max(1, (int) Math.round(size));
    }

    private static Planes crop(Planes planes, ImagePreprocess p) {
        if (p.cropWidth() == 0) {
            return planes;
        }
        int left = Math.floorDiv(planes.width() - p.cropWidth(), 2);
        int top = Math.floorDiv(planes.height() - p.cropHeight(), 2);
        return planes.window(left, top, p.cropWidth(), p.cropHeight());
    }

    private static Tensor normalize(Planes planes, ImagePreprocess p) {
        int channels = p.channels();
        int pixels = planes.width() * planes.height();
        boolean channelsFirst = p.layout() == ImagePreprocess.Layout.NCHW;
        float[] values = new float[channels * pixels];
        for (int c = 0; c < channels; c++) {
            float[] plane = planes.plane(c);
            float mean = p.mean().get(c);
            float std = p.std().get(c);
            for (int i = 0; i < pixels; i++) {
                float value = (plane[i] * p.scale() - mean) / std;
                values[channelsFirst ? c * pixels + i : i * channels + c] = value;
            }
        }
        Shape shape =
                channelsFirst
                        ? Shape.of(1, channels, planes.height(), planes.width())
                        : Shape.of(1, planes.height(), planes.width(), channels);
        Tensor tensor = Tensor.allocate(DType.FLOAT32, shape);
        tensor.data().copyFrom(MemorySegment.ofArray(values));
        return tensor;
    }
}
