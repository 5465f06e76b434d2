package dev.octet.data.image;

import dev.octet.data.DataException;
import java.util.Arrays;
import java.util.Locale;

/// How a picture becomes a float tensor: resize, centre crop, scale, normalize, order.
///
/// Each pixel value `v` in 0…255 becomes `(v·scale − mean[c]) / std[c]`.
///
/// @param width extents after resizing; 0 keeps the picture's
/// @param cropWidth extents of the centre crop; 0 for none
/// @param fit how the picture is brought to `width`×`height`
/// @param mean one per channel, in the order of the tensor's channels
/// @param bgr whether blue comes first
public record ImagePreprocess(
        int width,
        int height,
        Fit fit,
        int cropWidth,
        int cropHeight,
        float scale,
        float[] mean,
        float[] std,
        boolean bgr,
        Layout layout) {

    /// How a picture is brought to a size.
    public enum Fit {
        /// Both extents exactly; the aspect ratio may change.
        STRETCH,
        /// The shorter side to the smaller extent, keeping the aspect ratio (usual before a centre crop).
        SHORTEST,
        /// Inside the size, keeping the aspect ratio; the rest is filled with zeros on the right and below.
        PAD
    }

    /// Order of axes.
    public enum Layout {
        /// `[1, channels, height, width]`
        NCHW,
        /// `[1, height, width, channels]`
        NHWC
    }

    public ImagePreprocess {
        if (mean.length != 3 && mean.length != 1 || mean.length != std.length) {
            throw new DataException(
                    "preprocess: mean and std: expected 3 numbers (or 1 for grey), found "
                            + mean.length
                            + " and "
                            + std.length);
        }
        for (float s : std) {
            if (!(s > 0)) {
                throw new DataException("preprocess: std: expected positive numbers, found " + Arrays.toString(std));
            }
        }
        mean = mean.clone();
        std = std.clone();
    }

    /// Pixels in 0…1, nothing else.
    public static ImagePreprocess defaults() {
        return new ImagePreprocess(
                0, 0, Fit.STRETCH, 0, 0, 1 / 255f, new float[] {0, 0, 0}, new float[] {1, 1, 1}, false, Layout.NCHW);
    }

    /// What networks trained on ImageNet with torchvision expect: shorter side 256, crop 224, ImageNet's mean and std.
    public static ImagePreprocess imagenet() {
        return new ImagePreprocess(
                256,
                256,
                Fit.SHORTEST,
                224,
                224,
                1 / 255f,
                new float[] {0.485f, 0.456f, 0.406f},
                new float[] {0.229f, 0.224f, 0.225f},
                false,
                Layout.NCHW);
    }

    /// Number of channels of the tensor.
    public int channels() {
        return mean.length;
    }

    /// Reads the command line's form: `imagenet`, or settings separated by commas over the defaults, such as
    /// `resize=320x48:pad,mean=0.5:0.5:0.5,std=0.5:0.5:0.5,order=bgr,layout=nchw,crop=224x224,scale=0.00392`.
    ///
    /// @throws DataException naming the setting that is not understood
    public static ImagePreprocess parse(String text) {
        ImagePreprocess result = defaults();
        for (String setting : text.split(",", -1)) {
            String key = setting.strip();
            if (key.equals("imagenet")) {
                result = imagenet();
                continue;
            }
            int equals = key.indexOf('=');
            if (equals < 0) {
                throw new DataException("preprocess: expected imagenet or key=value, found '" + setting + "'");
            }
            result = result.with(key.substring(0, equals), key.substring(equals + 1));
        }
        return result;
    }

    private ImagePreprocess with(String key, String value) {
        return switch (key) {
            case "resize" -> withResize(value);
            case "crop" -> {
                int[] size = size(key, value);
                yield new ImagePreprocess(width, height, fit, size[0], size[1], scale, mean, std, bgr, layout);
            }
            case "scale" ->
                    new ImagePreprocess(
                            width, height, fit, cropWidth, cropHeight, floats(key, value)[0], mean, std, bgr, layout);
            case "mean" -> {
                float[] newMean = floats(key, value);
                // One number keeps meaning "grey" until std is given too, so lengths are brought together here.
                float[] newStd = std.length == newMean.length ? std : filled(newMean.length);
                yield new ImagePreprocess(
                        width, height, fit, cropWidth, cropHeight, scale, newMean, newStd, bgr, layout);
            }
            case "std" ->
                    new ImagePreprocess(
                            width, height, fit, cropWidth, cropHeight, scale, mean, floats(key, value), bgr, layout);
            case "order" ->
                    new ImagePreprocess(
                            width,
                            height,
                            fit,
                            cropWidth,
                            cropHeight,
                            scale,
                            mean,
                            std,
                            choose(key, value, "rgb", "bgr"),
                            layout);
            case "layout" ->
                    new ImagePreprocess(
                            width,
                            height,
                            fit,
                            cropWidth,
                            cropHeight,
                            scale,
                            mean,
                            std,
                            bgr,
                            choose(key, value, "nchw", "nhwc") ? Layout.NHWC : Layout.NCHW);
            default ->
                    throw new DataException(
                            "preprocess: unknown setting '"
                                    + key
                                    + "'; known are resize, crop, scale, mean, std, order, layout, imagenet");
        };
    }

    private ImagePreprocess withResize(String value) {
        int colon = value.indexOf(':');
        int[] size = size("resize", colon < 0 ? value : value.substring(0, colon));
        Fit newFit = fit;
        if (colon >= 0) {
            try {
                newFit = Fit.valueOf(value.substring(colon + 1).toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new DataException(
                        "preprocess: resize: expected stretch, shortest or pad after ':', found '" + value + "'", e);
            }
        }
        return new ImagePreprocess(size[0], size[1], newFit, cropWidth, cropHeight, scale, mean, std, bgr, layout);
    }

    private static float[] filled(int length) {
        float[] ones = new float[length];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static boolean choose(String key, String value, String first, String second) {
        if (value.equals(first) || value.equals(second)) {
            return value.equals(second);
        }
        throw new DataException(
                "preprocess: " + key + ": expected " + first + " or " + second + ", found '" + value + "'");
    }

    private static int[] size(String key, String value) {
        String[] parts = value.split("x", -1);
        try {
            int first = Integer.parseInt(parts[0]);
            int[] size = {first, parts.length == 2 ? Integer.parseInt(parts[1]) : first};
            if (parts.length <= 2 && size[0] > 0 && size[1] > 0) {
                return size;
            }
        } catch (NumberFormatException e) {
            throw new DataException("preprocess: " + key + ": expected WIDTHxHEIGHT, found '" + value + "'", e);
        }
        throw new DataException("preprocess: " + key + ": expected WIDTHxHEIGHT, found '" + value + "'");
    }

    private static float[] floats(String key, String value) {
        String[] parts = value.split(":", -1);
        float[] numbers = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                numbers[i] = Float.parseFloat(parts[i]);
            } catch (NumberFormatException e) {
                throw new DataException(
                        "preprocess: " + key + ": expected numbers separated by ':', found '" + value + "'", e);
            }
        }
        return numbers;
    }
}
