package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.ArrayDataset;
import dev.octet.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// The UCI handwritten digits: 1,797 images of 8×8, four of five to train with. See `digits.md`.
final class Digits {
    private static final int PIXELS = 64;

    private Digits() {}

    private static List<float[]> rows() {
        try (InputStream file = Digits.class.getResourceAsStream("digits.csv.gz")) {
            assertThat(file).isNotNull();
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(new GZIPInputStream(file), StandardCharsets.UTF_8));
            List<float[]> rows = new ArrayList<>();
            reader.lines()
                    .forEach(line -> {
                        String[] fields = line.split(",", -1);
                        float[] row = new float[PIXELS + 1];
                        for (int i = 0; i <= PIXELS; i++) {
                            // Pixels are 0 to 16.
                            row[i] = Float.parseFloat(fields[i]) / (i < PIXELS ? 16 : 1);
                        }
                        rows.add(row);
                    });
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<float[]> part(boolean training) {
        List<float[]> all = rows();
        List<float[]> part = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (i % 5 != 0 == training) {
                part.add(all.get(i));
            }
        }
        return part;
    }

    private static float[] pixels(List<float[]> rows) {
        float[] pixels = new float[rows.size() * PIXELS];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, pixels, i * PIXELS, PIXELS);
        }
        return pixels;
    }

    private static float[] labels(List<float[]> rows) {
        float[] labels = new float[rows.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = rows.get(i)[PIXELS];
        }
        return labels;
    }

    /// Images `[N, 1, 8, 8]` in `[0, 1]` and their labels, in batches of 32.
    static ArrayDataset dataset(NDManager manager, boolean training) {
        List<float[]> rows = part(training);
        NDArray images = manager.create(pixels(rows), new Shape(rows.size(), 1, 8, 8));
        return new ArrayDataset.Builder()
                .setData(images)
                .optLabels(manager.create(labels(rows)))
                .setSampling(32, training)
                .build();
    }

    /// The images that are not trained with.
    static Tensor testImages() {
        List<float[]> rows = part(false);
        return Tensor.of(dev.octet.tensor.Shape.of(rows.size(), 1, 8, 8), pixels(rows));
    }

    /// Part of the images that are not trained with whose largest of ten scores is that of their label.
    static double accuracy(Tensor scores) {
        float[] labels = labels(part(false));
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int best = 0;
            for (int c = 1; c < 10; c++) {
                best = scores.getFloat(i * 10L + c) > scores.getFloat(i * 10L + best) ? c : best;
            }
            right += best == (int) labels[i] ? 1 : 0;
        }
        return right / (double) labels.length;
    }
}
