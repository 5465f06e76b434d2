package dev.octet.graph.op;

import java.util.List;

/// Rotary position embedding: pairs of elements of a head are turned by angles that grow with the position.
final class RotaryBodies {
    static final List<Composition> ALL =
            List.of(
                    Composition.of("", "RotaryEmbedding", 23, RotaryBodies::standard),
                    Composition.microsoft("RotaryEmbedding", RotaryBodies::microsoft));

    private RotaryBodies() {}

    /// Inputs x `[batch, heads, length, size]` or `[batch, length, heads·size]`, cosines, sines: `[positions, half]`
    /// with position ids? `[batch, length]`, or `[batch, length, half]` without.
    private static void standard(Body b) {
        String cosines = b.operand(1);
        String sines = b.operand(2);
        if (b.has(3)) {
            cosines = b.add(new Gather(0), cosines, b.operand(3));
            sines = b.add(new Gather(0), sines, b.operand(3));
        }
        long dim = b.attributes().getInt("rotary_embedding_dim", 0L);
        if (dim == 0) {
            dim = 2 * b.extent(1, b.rank(1) - 1);
        }
        rotate(b, cosines, sines, dim, headSize(b, dim));
    }

    /// Inputs x as above, position ids `[batch, length]` or the first one `[1]`, cosines and sines `[positions, half]`.
    private static void microsoft(Body b) {
        if (b.attributes().getBoolean("is_packed_batching", false)) {
            throw new UnsupportedOperationException("attribute is_packed_batching is not supported");
        }
        String positions = b.operand(1);
        if (b.rank(1) == 1) {
            String length = b.extentOf(b.operand(0), b.rank(0) == 4 ? 2 : 1);
            positions = b.unsqueeze(b.plus(b.range(length), positions), 0);
        }
        long dim = b.attributes().getInt("rotary_embedding_dim", 0L);
        if (dim == 0) {
            dim = 2 * b.extent(2, 1);
        }
        rotate(
                b,
                b.add(new Gather(0), b.operand(2), positions),
                b.add(new Gather(0), b.operand(3), positions),
                dim,
                headSize(b, dim));
    }

    private static long headSize(Body b, long dim) {
        if (b.rank(0) == 4) {
            return b.extent(0, 3);
        }
        long heads = b.attributes().getInt("num_heads", 0L);
        return heads > 0 ? b.extent(0, 2) / heads : dim;
    }

    /// @param cosines `[batch or 1, length, dim/2]`
    /// @param dim elements of a head that are turned; those after them stay
    private static void rotate(Body b, String cosines, String sines, long dim, long size) {
        boolean headsFirst = b.rank(0) == 4;
        String x = headsFirst ? b.transpose(b.operand(0), 0, 2, 1, 3) : b.reshape(b.operand(0), 0, 0, -1, size);
        String turned = dim < size ? b.slice(x, 0, dim, 3) : x;
        String y = turn(b, turned, b.unsqueeze(cosines, 2), b.unsqueeze(sines, 2), dim);
        if (dim < size) {
            y = b.concat(3, y, b.slice(x, dim, size, 3));
        }
        b.output(headsFirst ? b.transpose(y, 0, 2, 1, 3) : b.reshape(y, 0, 0, -1));
    }

    /// `(a·cos − b·sin, a·sin + b·cos)` of the halves a and b, or of neighbours if they are interleaved.
    private static String turn(Body b, String x, String cosines, String sines, long dim) {
        boolean interleaved = b.attributes().getBoolean("interleaved", false);
        String pairs = interleaved ? b.reshape(x, 0, 0, 0, dim / 2, 2) : x;
        int axis = interleaved ? 4 : 3;
        List<String> parts =
                b.addAll(new Split(axis, 0), 2, pairs, b.ints(interleaved ? 1 : dim / 2, interleaved ? 1 : dim / 2));
        String first = interleaved ? b.reshape(parts.get(0), 0, 0, 0, -1) : parts.get(0);
        String second = interleaved ? b.reshape(parts.get(1), 0, 0, 0, -1) : parts.get(1);
        String real = b.add(new Binary(BinaryFunction.SUB), b.times(first, cosines), b.times(second, sines));
        String imaginary = b.plus(b.times(first, sines), b.times(second, cosines));
        if (!interleaved) {
            return b.concat(3, real, imaginary);
        }
        String neighbours = b.concat(4, b.unsqueeze(real, 4), b.unsqueeze(imaginary, 4));
        return b.reshape(neighbours, 0, 0, 0, dim);
    }
}
