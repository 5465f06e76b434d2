package dev.octet.data.image;

import dev.octet.graph.op.ImageCodec;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// The decoders of `javax.imageio`: JPEG, PNG, BMP, TIFF, GIF and WBMP, and those that the application brings.
public final class JavaImageCodec implements ImageCodec {
    /// For the service loader.
    public JavaImageCodec() {}

    private interface Reading<T> {
        T from(ImageReader reader) throws IOException;
    }

    @Override
    public boolean knows(byte[] file) {
        try (ImageInputStream stream = stream(file)) {
            return ImageIO.getImageReaders(stream).hasNext();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Extents extents(byte[] file) {
        return read(file, reader -> new Extents(reader.getHeight(0), reader.getWidth(0)));
    }

    @Override
    public void decode(byte[] file, Pixels pixels) {
        BufferedImage image = read(file, reader -> reader.read(0));
        // Java takes gray levels for linear light and would brighten them on the way to colors.
        if (image.getColorModel().getNumColorComponents() == 1) {
            gray(image, pixels);
        } else {
            colors(image, pixels);
        }
    }

    private static void colors(BufferedImage image, Pixels pixels) {
        int[] row = new int[image.getWidth()];
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int x = 0; x < row.length; x++) {
                int color = row[x];
                pixels.set((long) y * row.length + x, color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF);
            }
        }
    }

    private static void gray(BufferedImage image, Pixels pixels) {
        int bits = image.getColorModel().getComponentSize(0);
        int most = (1 << bits) - 1;
        Raster raster = image.getRaster();
        int width = raster.getWidth();
        int[] row = new int[width];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                int level = bits > 8 ? row[x] >> bits - 8 : row[x] * 255 / most;
                pixels.set((long) y * width + x, level, level, level);
            }
        }
    }

    private static ImageInputStream stream(byte[] file) {
        return new MemoryCacheImageInputStream(new ByteArrayInputStream(file));
    }

    private static <T> T read(byte[] file, Reading<T> reading) {
        try (ImageInputStream stream = stream(file)) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(stream);
            if (!readers.hasNext()) {
                throw new IIOException("no reader of javax.imageio knows it");
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(stream, true, true);
                return reading.from(reader);
            } finally {
                reader.dispose();
            }
        } catch (OutOfMemoryError e) {
            throw new IllegalArgumentException("the image needs more memory than the Java virtual machine has", e);
        } catch (IOException | RuntimeException e) {
            // Readers meet damaged files with any exception.
            throw new IllegalArgumentException("the image cannot be decoded: " + e.getMessage(), e);
        }
    }
}
