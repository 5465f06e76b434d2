package dev.octet.quantize.observer;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Golden values beside this class; floats are their bits.
final class Goldens {
    private Goldens() {}

    static JsonNode read(String file) {
        try (InputStream in = Goldens.class.getResourceAsStream(file)) {
            return JsonMapper.shared().readTree(Objects.requireNonNull(in));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Arguments of a parameterized test: each of the file's cases.
    static Stream<Arguments> cases(JsonNode goldens) {
        return goldens.get("cases").valueStream().map(c -> Arguments.argumentSet(c.get("name").asString(), c));
    }

    static float value(JsonNode bits) {
        return Float.intBitsToFloat(bits.asInt());
    }

    static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToIntBits(values[i]);
        }
        return bits;
    }

    static int[] ints(JsonNode array) {
        return array.valueStream().mapToInt(JsonNode::asInt).toArray();
    }
}
