package dev.octet.benchmarks.ocr;

import dev.octet.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Reads the text from PP-OCR recognition's output: the best class of each step, repeated classes and blanks dropped.
///
/// @see "Graves et al., Connectionist Temporal Classification, 2006, section 3.2 (best path decoding)"
public final class CtcReader {
    private static final String KEYS = "/models/ppocr_keys_v1.txt";

    private final List<String> characters;

    /// @param characters those of class 1, 2, …; class 0 is the blank
    CtcReader(List<String> characters) {
        this.characters = List.copyOf(characters);
    }

    /// The reader for PP-OCR's Chinese and English networks; the list of characters comes with the models.
    public static CtcReader ppOcr() {
        try (InputStream in = CtcReader.class.getResourceAsStream(KEYS)) {
            if (in == null) {
                throw new IllegalStateException(KEYS + " is not on the class path");
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            return new CtcReader(reader.lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(KEYS, e);
        }
    }

    /// @param probabilities `[1, steps, classes]`; class 0 is the blank, the last one the space
    public String read(Tensor probabilities) {
        int steps = Math.toIntExact(probabilities.shape().dim(1));
        int classes = Math.toIntExact(probabilities.shape().dim(2));
        StringBuilder text = new StringBuilder();
        int previous = 0;
        for (int step = 0; step < steps; step++) {
            int best = 0;
            for (int i = 1; i < classes; i++) {
                if (probabilities.getFloat((long) step * classes + i)
                        > probabilities.getFloat((long) step * classes + best)) {
                    best = i;
                }
            }
            if (best != 0 && best != previous) {
                text.append(best <= characters.size() ? characters.get(best - 1) : " ");
            }
            previous = best;
        }
        return text.toString();
    }
}
