package dev.octet.qat.images;

import static org.assertj.core.api.Assertions.assertThat;

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
    private static final int SIDE = 8;
    private static final int PIXELS = SIDE * SIDE;

    private Digits() {}

    static Images training() {
        return part(true);
    }

    static Images tests() {
        return part(false);
    }

    private static Images part(boolean training) {
        List<float[]> all = rows();
        List<float[]> part = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (i % 5 != 0 == training) {
                part.add(all.get(i));
            }
        }
        float[] pixels = new float[part.size() * PIXELS];
        float[] labels = new float[part.size()];
        for (int i = 0; i < labels.length; i++) {
            System.arraycopy(part.get(i), 0, pixels, i * PIXELS, PIXELS);
            labels[i] = part.get(i)[PIXELS];
        }
        return new Images(SIDE, pixels, labels);
    }

    /// Pixels of an image, from 0 to 1, and its label.
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
}
