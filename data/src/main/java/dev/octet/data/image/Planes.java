package dev.octet.data.image;

import java.awt.image.BufferedImage;

/// A picture as one float array per channel, values 0…255.
final class Planes {
    private final int width;
    private final int height;
    private final float[][] planes;

    private Planes(int width, int height, float[][] planes) {
        this.width = width;
        this.height = height;
        this.planes = planes;
    }

    /// @param channels 3 for colour, 1 for grey (ITU-R BT.601 luma)
    static Planes of(BufferedImage image, int channels, boolean bgr) {
        int width = image.getWidth();
        int height = image.getHeight();
        float[][] planes = new float[channels][width * height];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                int red = row[x] >> 16 & 255;
                int green = row[x] >> 8 & 255;
                int blue = row[x] & 255;
                int index = y * width + x;
                if (channels == 1) {
                    planes[0][index] = 0.299f * red + 0.587f * green + 0.114f * blue;
                } else {
                    planes[0][index] = bgr ? blue : red;
                    planes[1][index] = green;
                    planes[2][index] = bgr ? red : blue;
                }
            }
        }
        return new Planes(width, height, planes);
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    float[] plane(int channel) {
        return planes[channel];
    }

    /// Resamples with a triangle filter that widens when shrinking (bilinear with antialiasing, half-pixel centres), as
    /// Pillow and torchvision do, first along rows, then along columns.
    Planes resize(int newWidth, int newHeight) {
        if (newWidth == width && newHeight == height) {
            return this;
        }
        Weights horizontal = new Weights(width, newWidth);
        Weights vertical = new Weights(height, newHeight);
        float[][] result = new float[planes.length][];
        for (int c = 0; c < planes.length; c++) {
            float[] rows = new float[newWidth * height];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < newWidth; x++) {
                    rows[y * newWidth + x] = horizontal.apply(x, planes[c], y * width, 1);
                }
            }
            result[c] = new float[newWidth * newHeight];
            for (int y = 0; y < newHeight; y++) {
                for (int x = 0; x < newWidth; x++) {
                    result[c][y * newWidth + x] = vertical.apply(y, rows, x, newWidth);
                }
            }
        }
        return new Planes(newWidth, newHeight, result);
    }

    /// A part of the picture; what lies outside is zero.
    Planes window(int left, int top, int newWidth, int newHeight) {
        float[][] result = new float[planes.length][newWidth * newHeight];
        int fromX = Math.max(0, left);
        int toX = Math.min(width, left + newWidth);
        for (int c = 0; c < planes.length; c++) {
            for (int y = Math.max(0, top); y < Math.min(height, top + newHeight) && fromX < toX; y++) {
                System.arraycopy(
                        planes[c], y * width + fromX, result[c], (y - top) * newWidth + fromX - left, toX - fromX);
            }
        }
        return new Planes(newWidth, newHeight, result);
    }

    /// Taps and weights of each output position along one axis.
    private static final class Weights {
        private final int[] first;
        private final float[][] weights;

        Weights(int in, int out) {
            first = new int[out];
            weights = new float[out][];
            double scale = (double) in / out;
            double support = Math.max(1, scale);
            for (int i = 0; i < out; i++) {
                double centre = (i + 0.5) * scale;
                int from = Math.max(0, (int) (centre - support + 0.5));
                int to = Math.min(in, (int) (centre + support + 0.5));
                first[i] = from;
                weights[i] = triangle(centre, support, from, to);
            }
        }

        private static float[] triangle(double centre, double support, int from, int to) {
            double[] taps = new double[to - from];
            double sum = 0;
            for (int j = from; j < to; j++) {
                taps[j - from] = Math.max(0, 1 - Math.abs((j + 0.5 - centre) / support));
                sum += taps[j - from];
            }
            float[] result = new float[taps.length];
            for (int j = 0; j < taps.length; j++) {
                result[j] = (float) (taps[j] / sum);
            }
            return result;
        }

        float apply(int position, float[] values, int offset, int stride) {
            float sum = 0;
            float[] taps = weights[position];
            int index = offset + first[position] * stride;
            for (float tap : taps) {
                sum += tap * values[index];
                index += stride;
            }
            return sum;
        }
    }
}
