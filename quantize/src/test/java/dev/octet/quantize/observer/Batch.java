package dev.octet.quantize.observer;

import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Values that batches.py makes too.
record Batch(long seed, int count, double scale, double offset, boolean relu, boolean infinite) {
    static Batch of(long seed, int count) {
        return new Batch(seed, count, 1, 0, false, false);
    }

    /// The batches that a golden case describes.
    static List<Batch> all(JsonNode golden) {
        List<Batch> batches = new ArrayList<>();
        for (JsonNode b : golden.get("batches")) {
            batches.add(
                    new Batch(
                            b.get("seed").asLong(),
                            b.get("count").asInt(),
                            b.get("scale").asDouble(),
                            b.get("offset").asDouble(),
                            b.has("relu"),
                            b.has("infinite")));
        }
        return batches;
    }

    float[] values() {
        float[] values = new float[count];
        long s = seed;
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int k = 0; k < 3; k++) {
                s = (s * 1103515245L + 12345) & 0x7FFFFFFF;
                sum += (double) s / 0x7FFFFFFF * 2 - 1;
            }
            values[i] = (float) (sum * scale + offset);
            if (relu) {
                values[i] = Math.max(values[i], 0);
            }
        }
        if (infinite) {
            values[3] = Float.POSITIVE_INFINITY;
        }
        return values;
    }

    Tensor tensor() {
        return Tensor.of(Shape.of(count), values());
    }
}
