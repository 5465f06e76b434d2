package dev.octet.qat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// What PyTorch gave, by `make_qat_goldens.py`, and TensorFlow, by `make_nudged_goldens.py`.
final class Goldens {
    private Goldens() {}

    static List<JsonNode> of(String section) {
        return of("qat-goldens.json", section);
    }

    static List<JsonNode> of(String name, String section) {
        try (InputStream file = Goldens.class.getResourceAsStream(name)) {
            assertThat(file).isNotNull();
            JsonNode root = new ObjectMapper().readTree(file.readAllBytes());
            return StreamSupport.stream(root.get(section).spliterator(), false).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static float[] floats(JsonNode node, String field) {
        JsonNode values = node.get(field);
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values.get(i).asDouble();
        }
        return floats;
    }

    static int[] ints(JsonNode node, String field) {
        JsonNode values = node.get(field);
        int[] ints = new int[values.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = values.get(i).asInt();
        }
        return ints;
    }

    static boolean flag(JsonNode node, String field) {
        return node.has(field) && node.get(field).asBoolean();
    }

    static void assertClose(float[] found, float[] expected, double relative, String what) {
        assertThat(found).as(what).hasSameSizeAs(expected);
        double largest = 1e-30;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat(Math.abs(found[i] - expected[i]))
                    .as("%s[%d]: expected %s, found %s", what, i, expected[i], found[i])
                    .isLessThanOrEqualTo((float) (relative * largest));
        }
    }
}
