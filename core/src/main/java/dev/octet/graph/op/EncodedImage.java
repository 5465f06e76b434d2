package dev.octet.graph.op;

import dev.octet.graph.op.ImageCodec.Extents;
import dev.octet.graph.op.ImageCodec.Pixels;
import dev.octet.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ServiceLoader;

/// An image in the form of a file. Netpbm's formats are decoded here, all others by an [ImageCodec].
final class EncodedImage {
    private static final int HEADER = 12;

    private final byte[] bytes;

    private EncodedImage(byte[] bytes) {
        this.bytes = bytes;
    }

    static EncodedImage of(Tensor stream) {
        return new EncodedImage(stream.data().toArray(ValueLayout.JAVA_BYTE));
    }

    /// @throws IllegalArgumentException if the header is damaged, or nothing decodes this format
    Extents extents() {
        return PortableAnymap.isOne(bytes) ? new PortableAnymap(bytes).extents() : codec().extents(bytes);
    }

    /// @throws IllegalArgumentException if the file is damaged, or nothing decodes this format
    void decode(Pixels pixels) {
        if (PortableAnymap.isOne(bytes)) {
            new PortableAnymap(bytes).decode(pixels);
        } else {
            codec().decode(bytes, pixels);
        }
    }

    private ImageCodec codec() {
        for (ImageCodec codec : ServiceLoader.load(ImageCodec.class, ImageCodec.class.getClassLoader())) {
            if (codec.knows(bytes)) {
                return codec;
            }
        }
        throw new IllegalArgumentException("the image is " + format() + ", which no decoder here knows");
    }

    /// What the first bytes say.
    private String format() {
        String header = new String(bytes, 0, Math.min(bytes.length, HEADER), StandardCharsets.ISO_8859_1);
        if (header.startsWith("RIFF") && header.endsWith("WEBP")) {
            return "WebP";
        } else if (header.startsWith("jP  ", 4) || header.startsWith("ÿOÿQ")) {
            return "JPEG 2000";
        } else if (header.startsWith("ftypavif", 4) || header.startsWith("ftyphei", 4)) {
            return "AVIF or HEIF";
        } else if (header.startsWith("ÿØÿ")) {
            return "JPEG";
        } else if (header.startsWith("PNG", 1)) {
            return "PNG";
        } else if (header.startsWith("II*") || header.startsWith("MM")) {
            return "TIFF";
        } else if (header.startsWith("GIF8")) {
            return "GIF";
        }
        return header.startsWith("BM") ? "BMP" : "of an unknown format";
    }
}
