package dev.octet.conformance.hostile;

import dev.octet.test.Generator;
import java.util.Arrays;

/// Changes a file without regard to what its bytes mean.
final class ByteMutation {
    private ByteMutation() {}

    static byte[] apply(Generator g, byte[] file) {
        if (file.length == 0) {
            return file;
        }
        return switch (g.integer(0, 4)) {
            case 0 -> Arrays.copyOf(file, g.integer(0, file.length - 1));
            case 1 -> spliced(g, file);
            default -> changed(g, file);
        };
    }

    /// Some bits flipped, some bytes replaced; numbers of the encoding often become huge.
    private static byte[] changed(Generator g, byte[] file) {
        byte[] copy = file.clone();
        for (int i = g.integer(1, 6); i > 0; i--) {
            int at = g.integer(0, copy.length - 1);
            copy[at] =
                    switch (g.integer(0, 2)) {
                        case 0 -> (byte) (copy[at] ^ 1 << g.integer(0, 7));
                        case 1 -> (byte) g.integer(-128, 127);
                        default -> (byte) 0xFF;
                    };
        }
        return copy;
    }

    /// A range left out, or there twice.
    private static byte[] spliced(Generator g, byte[] file) {
        int from = g.integer(0, file.length - 1);
        int to = g.integer(from, Math.min(file.length, from + 64));
        int end = g.flip() ? to : from;
        int start = end == to ? from : to;
        byte[] copy = Arrays.copyOf(file, end + file.length - start);
        System.arraycopy(file, start, copy, end, file.length - start);
        return copy;
    }
}
