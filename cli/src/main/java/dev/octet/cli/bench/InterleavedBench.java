package dev.octet.cli.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Times cases in turn, A B C A B C …, so that a machine whose speed drifts slows all of them alike.
public final class InterleavedBench {
    private InterleavedBench() {}

    /// What is timed.
    @FunctionalInterface
    public interface Task {
        /// Runs once.
        ///
        /// @throws Exception whatever it throws
        void run() throws Exception;
    }

    /// Times of one case, in nanoseconds.
    public record Times(long[] nanos) {
        public double medianMillis() {
            return median(LongStream.of(nanos).asDoubleStream()) / 1e6;
        }

        public double minMillis() {
            return Arrays.stream(nanos).min().orElse(0) / 1e6;
        }

        /// Median over the rounds of this case's time over another's in the same round.
        public double medianRatio(Times other) {
            return median(IntStream.range(0, nanos.length).mapToDouble(i -> (double) nanos[i] / other.nanos[i]));
        }

        private static double median(DoubleStream values) {
            double[] sorted = values.sorted().toArray();
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /// Runs every case once a round.
    ///
    /// @param warmupNanos each case first runs for so long uncounted, and at least twice
    /// @param progress told the number of counted rounds that are done
    /// @throws Exception whatever a case throws
    public static List<Times> run(List<Task> cases, long warmupNanos, int rounds, LongConsumer progress)
            throws Exception {
        for (Task one : cases) {
            long start = System.nanoTime();
            for (int i = 0; i < 2 || System.nanoTime() - start < warmupNanos; i++) {
                one.run();
            }
        }
        long[][] nanos = new long[cases.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < nanos.length; i++) {
                long start = System.nanoTime();
                cases.get(i).run();
                nanos[i][round] = System.nanoTime() - start;
            }
            progress.accept(round + 1L);
        }
        List<Times> times = new ArrayList<>();
        for (long[] one : nanos) {
            times.add(new Times(one));
        }
        return times;
    }
}
