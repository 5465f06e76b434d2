package dev.octet.kernels;

import java.util.ArrayList;
import java.util.List;

/// Bytes of operands that go to other places unchanged: concatenation, or enlargement by repeating pixels. Inputs as
/// many as there are lengths, output y.
///
/// @param runs that together write each byte of y once
public record CopySpec(List<Run> runs, List<Long> lengths, long outputLength) implements KernelSpec {
    /// Bytes of a tile.
    private static final long TILE = 1 << 16;

    /// Pieces of `bytes` each, at equal distances: piece `i` goes from `from + i·fromStep` of the input to `to +
    /// i·toStep` of y.
    public record Run(int input, long from, long to, int bytes, int count, long fromStep, long toStep) {
        private Run part(int first, int end) {
            return new Run(input, from + first * fromStep, to + first * toStep, bytes, end - first, fromStep, toStep);
        }

        private boolean fits(long source, long target) {
            long last = count - 1L;
            return bytes > 0
                    && count > 0
                    && Math.min(from, from + last * fromStep) >= 0
                    && Math.max(from, from + last * fromStep) + bytes <= source
                    && Math.min(to, to + last * toStep) >= 0
                    && Math.max(to, to + last * toStep) + bytes <= target;
        }
    }

    public CopySpec {
        runs = List.copyOf(runs);
        lengths = List.copyOf(lengths);
        for (Run run : runs) {
            if (run.input < 0 || run.input >= lengths.size() || !run.fits(lengths.get(run.input), outputLength)) {
                throw new IllegalArgumentException(
                        "Copy: expected runs within " + lengths + " and " + outputLength + " bytes, found " + run);
            }
        }
    }

    @Override
    public long[] inputBytes() {
        return lengths.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public long[] outputBytes() {
        return new long[] {outputLength};
    }

    /// The runs shared out to tiles, cut where they are long; one empty tile if there are none.
    public List<List<Run>> tiles() {
        List<List<Run>> tiles = new ArrayList<>();
        List<Run> tile = new ArrayList<>();
        long bytes = 0;
        for (Run run : runs) {
            int most = (int) Math.max(1, TILE / run.bytes);
            for (int first = 0; first < run.count; first += most) {
                Run part = run.part(first, (int) Math.min(run.count, (long) first + most));
                tile.add(part);
                bytes += (long) part.bytes * part.count;
                if (bytes >= TILE) {
                    tiles.add(List.copyOf(tile));
                    tile.clear();
                    bytes = 0;
                }
            }
        }
        if (!tile.isEmpty() || tiles.isEmpty()) {
            tiles.add(List.copyOf(tile));
        }
        return tiles;
    }
}
