package dev.octet.graph.op;

import dev.octet.graph.op.ImageCodec.Extents;
import dev.octet.graph.op.ImageCodec.Pixels;

/// Images of Netpbm: a header of text, `P1` to `P6`, width, height and largest sample, then samples as text (`P1` to
/// `P3`) or bytes; bits (`P1`, `P4`: 1 is black), gray levels (`P2`, `P5`), or red, green and blue (`P3`, `P6`).
///
/// @see "https://netpbm.sourceforge.net/doc/pnm.html"
final class PortableAnymap {
    private static final int MAX_SAMPLE = 65535;

    private final byte[] bytes;
    private final int kind;
    private final int width;
    private final int height;
    private final int largest;
    private int at = 2;

    /// @throws IllegalArgumentException if the header or the size of the file is wrong
    PortableAnymap(byte[] bytes) {
        this.bytes = bytes;
        kind = bytes[1] - '0';
        width = number();
        height = number();
        largest = isBits() ? 1 : number();
        if (width < 1 || height < 1 || largest < 1 || largest > MAX_SAMPLE) {
            throw Inference.mismatch(
                    "PNM header", "width, height and largest sample", width + ", " + height + ", " + largest);
        }
        if (!isText()) {
            // One blank ends the header.
            at++;
        }
        boolean mayFit = (long) width * height <= 8L * bytes.length;
        if (!mayFit || leastBytes() > bytes.length - at) {
            String expected = "the samples of " + width + " by " + height + " pixels";
            throw Inference.mismatch("PNM image", expected, bytes.length - at + " bytes");
        }
    }

    static boolean isOne(byte[] bytes) {
        return bytes.length > 2
                && bytes[0] == 'P'
                && bytes[1] >= '1'
                && bytes[1] <= '6'
                && (Character.isWhitespace(bytes[2]) || bytes[2] == '#');
    }

    private boolean isText() {
        return kind <= 3;
    }

    private boolean isBits() {
        return kind % 3 == 1;
    }

    private int channels() {
        return kind % 3 == 0 ? 3 : 1;
    }

    private long leastBytes() {
        long samples = (long) width * height * channels();
        if (isText()) {
            return isBits() ? samples : 2 * samples - 1;
        }
        return isBits() ? (width + 7) / 8 * (long) height : largest > 255 ? 2 * samples : samples;
    }

    Extents extents() {
        return new Extents(height, width);
    }

    void decode(Pixels pixels) {
        for (long pixel = 0; pixel < (long) width * height; pixel++) {
            int first = level(pixel);
            if (channels() == 3) {
                pixels.set(pixel, first, level(pixel), level(pixel));
            } else {
                pixels.set(pixel, first, first, first);
            }
        }
    }

    /// The next sample, in 8 bits.
    private int level(long pixel) {
        int sample = isText() ? textSample() : byteSample(pixel);
        if (sample > largest) {
            throw Inference.mismatch("PNM sample", "at most " + largest, sample);
        }
        return isBits() ? 255 * (1 - sample) : (sample * 255 + largest / 2) / largest;
    }

    /// Bits need no blanks between them.
    private int textSample() {
        if (!isBits()) {
            return number();
        }
        skipBlanks();
        return at < bytes.length ? bytes[at++] - '0' : end();
    }

    private int byteSample(long pixel) {
        if (isBits()) {
            int column = (int) (pixel % width);
            int bit = bytes[at] >> 7 - column % 8 & 1;
            at += column % 8 == 7 || column == width - 1 ? 1 : 0;
            return bit;
        }
        int high = bytes[at++] & 0xFF;
        return largest > 255 ? high << 8 | bytes[at++] & 0xFF : high;
    }

    private int number() {
        skipBlanks();
        int start = at;
        long number = 0;
        while (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9' && number <= Integer.MAX_VALUE) {
            number = 10 * number + bytes[at++] - '0';
        }
        if (at == start || number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("PNM image: byte " + start + ": expected a number");
        }
        return (int) number;
    }

    private void skipBlanks() {
        boolean comment = false;
        while (at < bytes.length && (comment || bytes[at] == '#' || Character.isWhitespace(bytes[at]))) {
            comment = bytes[at] == '#' || comment && bytes[at] != '\n';
            at++;
        }
    }

    private static int end() {
        throw new IllegalArgumentException("PNM image: it ends within its samples");
    }
}
