package dev.octet.data.image;

import dev.octet.data.DataException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

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
        List<Float> mean,
        List<Float> std,
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
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != 3 && mean.size() != 1 || mean.size() != std.size()) {
            throw new DataException(
                    "preprocess: mean and std: expected 3 numbers (or 1 for grey), found "
                            + mean.size()
                            + " and "
                            + std.size());
        }
        for (float s : std) {
            if (!(s > 0)) {
                throw new DataException("preprocess: std: expected positive numbers, found " + std);
            }
        }
    }

    /// Pixels in 0…1, nothing else.
    public static ImagePreprocess defaults() {
        return new ImagePreprocess(
                0, 0, Fit.STRETCH, 0, 0, 1 / 255f, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f), false, Layout.NCHW);
    }

    /// What networks trained on ImageNet with torchvision expect: shorter side 256, crop 224, ImageNet's mean and std.
    public static ImagePreprocess imagenet() {
        return defaults()
                .copy(c -> {
                    c.width = 256;
                    c.height = 256;
                    c.fit = Fit.SHORTEST;
                    c.cropWidth = 224;
                    c.cropHeight = 224;
                    c.mean = List.of(0.485f, 0.456f, 0.406f);
                    c.std = List.of(0.229f, 0.224f, 0.225f);
                });
    }

    /// Number of channels of the tensor.
    public int channels() {
        return mean.size();
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
                yield copy(c -> {
                    c.cropWidth = size[0];
                    c.cropHeight = size[1];
                });
            }
            case "scale" -> {
                List<Float> newScale = floats(key, value);
                if (newScale.size() != 1) {
                    throw new DataException("preprocess: scale: expected one number, found '" + value + "'");
                }
                yield copy(c -> c.scale = newScale.getFirst());
            }
            case "mean" -> {
                List<Float> newMean = floats(key, value);
                yield copy(c -> {
                    c.mean = newMean;
                    // One number keeps meaning "grey" until std is given too, so lengths are brought together here.
                    c.std = std.size() == newMean.size() ? std : Collections.nCopies(newMean.size(), 1f);
                });
            }
            case "std" -> {
                List<Float> newStd = floats(key, value);
                yield copy(c -> c.std = newStd);
            }
            case "order" -> {
                boolean newBgr = choose(key, value, "rgb", "bgr");
                yield copy(c -> c.bgr = newBgr);
            }
            case "layout" -> {
                Layout newLayout = choose(key, value, "nchw", "nhwc") ? Layout.NHWC : Layout.NCHW;
                yield copy(c -> c.layout = newLayout);
            }
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
        Fit newFit = colon < 0 ? fit : fit(value, value.substring(colon + 1));
        return copy(c -> {
            c.width = size[0];
            c.height = size[1];
            c.fit = newFit;
        });
    }

    private static Fit fit(String value, String name) {
        try {
            return Fit.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new DataException(
                    "preprocess: resize: expected stretch, shortest or pad after ':', found '" + value + "'", e);
        }
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

    private static List<Float> floats(String key, String value) {
        List<Float> numbers = new ArrayList<>();
        for (String part : value.split(":", -1)) {
            try {
                numbers.add(Float.parseFloat(part));
            } catch (NumberFormatException e) {
                throw new DataException(
                        "preprocess: " + key + ": expected numbers separated by ':', found '" + value + "'", e);
            }
        }
        return numbers;
    }

    private ImagePreprocess copy(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return copy.build();
    }

    /// Settings while some of them are replaced, by name and not by position.
    private static final class Copy {
        private int width;
        private int height;
        private Fit fit;
        private int cropWidth;
        private int cropHeight;
        private float scale;
        private List<Float> mean;
        private List<Float> std;
        private boolean bgr;
        private Layout layout;

        Copy(ImagePreprocess settings) {
            width = settings.width;
            height = settings.height;
            fit = settings.fit;
            cropWidth = settings.cropWidth;
            cropHeight = settings.cropHeight;
            scale = settings.scale;
            mean = settings.mean;
            std = settings.std;
            bgr = settings.bgr;
            layout = settings.layout;
        }

        ImagePreprocess build() {
            return new ImagePreprocess(width, height, fit, cropWidth, cropHeight, scale, mean, std, bgr, layout);
        }
    }
}
