package dev.octet.graph.op;

import java.util.Arrays;

/// Resampling along one axis: which input elements each output element reads, and with which weights.
///
/// @param first index of the first element read, by output element; may lie outside the input, whose edges repeat
/// @param weights by output element
/// @param outside output elements that take the extrapolation value instead
/// @see "ONNX Resize, opset 19"
record ResizeAxis(int input, long[] first, double[][] weights, boolean[] outside) {
    /// @param scale output over input extent, before the output's was rounded
    /// @param roiStart begin of the region that `tf_crop_and_resize` maps to the output, as a part of the input
    static ResizeAxis of(Resize op, int input, int output, double scale, double roiStart, double roiEnd) {
        long[] first = new long[output];
        double[][] weights = new double[output][];
        boolean[] outside = new boolean[output];
        for (int i = 0; i < output; i++) {
            double x =
                    op.mode() == Resize.ResizeMode.NEAREST
                            ? singleCoordinate(op.coordinates(), i, input, output, scale, roiStart, roiEnd)
                            : coordinate(op.coordinates(), i, input, output, scale, roiStart, roiEnd);
            outside[i] =
                    op.coordinates() == Resize.CoordinateTransformation.TF_CROP_AND_RESIZE && (x < 0 || x > input - 1);
            if (op.mode() == Resize.ResizeMode.NEAREST) {
                first[i] = nearest(op.nearestMode(), x);
                weights[i] = new double[] {1};
            } else {
                // Without a filter that widens when shrinking, the filter's unit is one input element.
                double unit = op.antialias() ? Math.min(scale, 1) : 1;
                int reach = op.mode() == Resize.ResizeMode.LINEAR ? 1 : 2;
                first[i] = (long) Math.floor(x) + (long) Math.floor(-reach / unit) + 1;
                weights[i] = weights(op, x, first[i], unit, reach);
                if (op.excludeOutside()) {
                    exclude(first[i], weights[i], input);
                }
            }
        }
        return new ResizeAxis(input, first, weights, outside);
    }

    /// In float, as ONNX Runtime (upsamplebase.h) computes it: half way between two elements, the last bit decides
    /// which is nearest.
    private static double singleCoordinate(
            Resize.CoordinateTransformation mode,
            int i,
            int input,
            int output,
            double scale,
            double roiStart,
            double roiEnd) {
        float single = (float) scale;
        return switch (mode) {
            case HALF_PIXEL -> (i + 0.5f) / single - 0.5f;
            case PYTORCH_HALF_PIXEL -> output > 1 ? (i + 0.5f) / single - 0.5f : 0;
            case HALF_PIXEL_SYMMETRIC -> {
                float offset = input / 2f * (1 - output / (single * input));
                yield (float) (offset + (i + 0.5) / single - 0.5);
            }
            case ASYMMETRIC -> i / single;
            // An axis that stays as it is, such as the channels, is not moved by half an element (upsamplebase.h).
            case TF_HALF_PIXEL_FOR_NN -> single == 1 ? i : (i + 0.5f) / single;
            case ALIGN_CORNERS, TF_CROP_AND_RESIZE -> coordinate(mode, i, input, output, scale, roiStart, roiEnd);
        };
    }

    private static double coordinate(
            Resize.CoordinateTransformation mode,
            int i,
            int input,
            int output,
            double scale,
            double roiStart,
            double roiEnd) {
        return switch (mode) {
            case HALF_PIXEL -> (i + 0.5) / scale - 0.5;
            case PYTORCH_HALF_PIXEL -> output > 1 ? (i + 0.5) / scale - 0.5 : 0;
            case HALF_PIXEL_SYMMETRIC -> {
                double adjustment = output / (scale * input);
                yield input / 2.0 * (1 - adjustment) + (i + 0.5) / scale - 0.5;
            }
            // The standard's own cases measure by the extent before it is rounded down.
            case ALIGN_CORNERS -> output > 1 ? i * (input - 1.0) / (scale * input - 1) : 0;
            case ASYMMETRIC -> i / scale;
            case TF_HALF_PIXEL_FOR_NN -> scale == 1 ? i : (i + 0.5) / scale;
            case TF_CROP_AND_RESIZE ->
                    output > 1
                            ? roiStart * (input - 1) + i * (roiEnd - roiStart) * (input - 1) / (output - 1)
                            : 0.5 * (roiStart + roiEnd) * (input - 1);
        };
    }

    private static long nearest(Resize.NearestMode mode, double x) {
        double index =
                switch (mode) {
                    case ROUND_PREFER_FLOOR -> Math.ceil(x - 0.5);
                    case ROUND_PREFER_CEIL -> Math.floor(x + 0.5);
                    case FLOOR -> Math.floor(x);
                    case CEIL -> Math.ceil(x);
                };
        return (long) index;
    }

    private static double[] weights(Resize op, double x, long first, double unit, int reach) {
        long last = (long) Math.floor(x) - (long) Math.floor(-reach / unit);
        double[] weights = new double[Extents.arrayLength(last - first + 1)];
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
            double distance = Math.abs((first + k - x) * unit);
            weights[k] = reach == 1 ? Math.max(0, 1 - distance) : cubic(distance, op.cubicCoefficient());
            sum += weights[k];
        }
        if (unit != 1) {
            for (int k = 0; k < weights.length; k++) {
                weights[k] /= sum;
            }
        }
        return weights;
    }

    /// @see "Keys, Cubic convolution interpolation for digital image processing, 1981, eq. 4"
    static double cubic(double x, double a) {
        if (x <= 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }

    private static void exclude(long first, double[] weights, int input) {
        double sum = 0;
        for (int k = 0; k < weights.length; k++) {
            weights[k] = first + k < 0 || first + k >= input ? 0 : weights[k];
            sum += weights[k];
        }
        for (int k = 0; k < weights.length; k++) {
            weights[k] /= sum;
        }
    }

    int output() {
        return first.length;
    }

    /// Whether every element is taken as it is.
    boolean isIdentity() {
        for (int i = 0; i < first.length; i++) {
            if (i >= input || !isElement(i)) {
                return false;
            }
        }
        return first.length == input;
    }

    private boolean isElement(int i) {
        for (int k = 0; k < weights[i].length; k++) {
            if (weights[i][k] != (first[i] + k == i ? 1 : 0)) {
                return false;
            }
        }
        return true;
    }

    /// The input element nearest to each output element.
    long[] table() {
        return Arrays.stream(first).map(index -> Math.clamp(index, 0, input - 1)).toArray();
    }

    /// Resamples the middle one of three axes.
    double[] apply(double[] x, int outer, int inner) {
        double[] y = new double[Extents.arrayLength((long) outer * output() * inner)];
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < output(); i++) {
                int target = (o * output() + i) * inner;
                for (int k = 0; k < weights[i].length; k++) {
                    int source = (o * input + Math.clamp(first[i] + k, 0, input - 1)) * inner;
                    for (int e = 0; e < inner; e++) {
                        y[target + e] += weights[i][k] * x[source + e];
                    }
                }
            }
        }
        return y;
    }
}
