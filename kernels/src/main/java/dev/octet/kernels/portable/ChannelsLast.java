package dev.octet.kernels.portable;

import java.util.stream.IntStream;

/// How products over channels-last images cut the channels of their result: into columns of a product, none of which
/// holds channels of two groups.
///
/// @param width columns of a block
/// @param blocks blocks of all groups
/// @param perGroup channels of a group
record ChannelsLast(int width, int blocks, int perGroup) {
    /// @param channels of the result
    static ChannelsLast of(int channels, int groups) {
        int perGroup = channels / groups;
        int width =
                groups == 1
                        ? MatMulKernel.blockWidth(channels)
                        : IntStream.rangeClosed(1, Math.min(perGroup, Scratch.COLUMNS))
                                .filter(w -> perGroup % w == 0)
                                .max()
                                .orElseThrow();
        return new ChannelsLast(width, Math.ceilDiv(channels, width), perGroup);
    }

    int group(int block) {
        return block * width / perGroup;
    }

    /// Columns of a block: fewer than [#width] where it is the last.
    int columns(int block, int channels) {
        return Math.min(width, channels - block * width);
    }

    /// Pixels that a tile reads at most, when each has `steps` numbers: what the second cache holds.
    static int pixels(int steps) {
        return Math.clamp((1 << 16) / Math.max(1, steps), 4, 64);
    }
}
