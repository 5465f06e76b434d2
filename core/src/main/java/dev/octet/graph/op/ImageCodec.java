package dev.octet.graph.op;

/// Decodes image files for [ImageDecoder]. Found as a service (`java.util.ServiceLoader`), so that the core needs no
/// decoders of its own; module `data` brings those of Java.
public interface ImageCodec {
    /// @param height in pixels
    /// @param width in pixels
    record Extents(long height, long width) {}

    /// Takes pixels, each of three numbers of 8 bits.
    @FunctionalInterface
    interface Pixels {
        /// @param pixel index in row-major order
        void set(long pixel, int red, int green, int blue);
    }

    /// Whether this codec decodes files that begin like this one.
    boolean knows(byte[] file);

    /// @throws IllegalArgumentException if the header is damaged
    Extents extents(byte[] file);

    /// Decodes the first frame, in the orientation in which it is stored; transparency is left out.
    ///
    /// @throws IllegalArgumentException if the file is damaged
    void decode(byte[] file, Pixels pixels);
}
