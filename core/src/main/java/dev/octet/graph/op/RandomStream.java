package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/// The random numbers of one evaluation of a node.
///
/// With a `seed` a node draws the same numbers whenever it is evaluated, on every machine; runtimes differ in what they
/// make of a seed, so these are not the numbers of another one. Without a seed they are fresh each time.
///
/// @see "Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014 (the generator)"
/// @see "Box, Muller: A note on the generation of random normal deviates, 1958"
final class RandomStream {
    private static final SecureRandom ENTROPY = new SecureRandom();

    private long state;

    /// @param seed null for fresh numbers
    RandomStream(@Nullable Float seed) {
        state = seed == null ? ENTROPY.nextLong() : Float.floatToIntBits(seed);
    }

    static @Nullable Float seed(Attributes attributes) {
        return attributes.has("seed") ? (Float) attributes.getFloat("seed", 0) : null;
    }

    static void putSeed(Attributes.Builder builder, @Nullable Float seed) {
        if (seed != null) {
            builder.put("seed", seed.floatValue());
        }
    }

    private long next() {
        state += 0x9E3779B97F4A7C15L;
        long z = (state ^ state >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /// In `[0, 1)`.
    double uniform() {
        return (next() >>> 11) * 0x1p-53;
    }

    /// With mean 0 and standard deviation 1.
    double normal() {
        return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    }
}
