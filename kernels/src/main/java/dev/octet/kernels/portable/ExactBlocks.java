package dev.octet.kernels.portable;

import java.util.Arrays;

/// Cuts the steps of a product into blocks, given by their ends: as long as the cache likes, and for integers short
/// enough that no partial sum of products leaves the range where floats are exact.
final class ExactBlocks {
    /// Every integer up to this magnitude is a float.
    private static final long EXACT = 1 << 24;

    /// Integer blocks may be longer: ending one costs more.
    private static final int INTEGER_DEPTH = 2 * FloatGemm.DEPTH;

    private ExactBlocks() {}

    /// Blocks of floats.
    static int[] of(int steps) {
        return ofDepth(steps, FloatGemm.DEPTH);
    }

    /// Blocks of integers of which nothing is known but the largest magnitudes.
    static int[] of(int steps, int largestLeft, int largestRight) {
        long safe = EXACT / Math.max(1L, (long) largestLeft * largestRight);
        return ofDepth(steps, (int) Math.min(INTEGER_DEPTH, safe));
    }

    private static int[] ofDepth(int steps, int depth) {
        int[] ends = new int[Math.max(1, Math.ceilDiv(steps, depth))];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = (int) ((i + 1L) * steps / ends.length);
        }
        return ends;
    }

    /// Blocks of integers for constant weights: as long as the sum of their magnitudes allows in every channel.
    static final class Builder {
        private final int largest;
        private final long[] sums;
        private final int[] step;
        private final int[] ends;
        private int blocks;
        private int start;
        private int at;

        /// @param largest magnitude of the other operand
        Builder(int channels, int steps, int largest) {
            this.largest = largest;
            this.sums = new long[channels];
            this.step = new int[channels];
            this.ends = new int[Math.max(1, steps)];
        }

        /// Sets a channel's weight in the current step.
        void add(int channel, int weight) {
            step[channel] = Math.abs(weight) * largest;
        }

        void endStep() {
            long most = 0;
            for (int c = 0; c < sums.length; c++) {
                most = Math.max(most, sums[c] + step[c]);
            }
            if (at > start && (most > EXACT || at - start == INTEGER_DEPTH)) {
                ends[blocks++] = at;
                start = at;
                Arrays.fill(sums, 0);
            }
            for (int c = 0; c < sums.length; c++) {
                sums[c] += step[c];
            }
            at++;
        }

        int[] ends() {
            int[] all = Arrays.copyOf(ends, blocks + 1);
            all[blocks] = at;
            return all;
        }
    }
}
