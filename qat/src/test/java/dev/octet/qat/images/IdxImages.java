package dev.octet.qat.images;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.octet.qat.TrainingData;
import dev.octet.tensor.Tensor;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// Images of 28×28 and their labels, in the files of MNIST and Fashion-MNIST (IDX format, packed or not).
///
/// @param pixels `[N, 1, 28, 28]` in `[0, 1]`
record IdxImages(float[] pixels, float[] labels) {
    private static final int PIXELS = 28 * 28;
    private static final int IMAGES = 0x803;
    private static final int LABELS = 0x801;

    /// @param part `train` or `t10k`
    /// @param limit images to read, from the first
    static IdxImages read(Path folder, String part, int limit) throws IOException {
        float[] labels = bytes(folder, part + "-labels-idx1-ubyte", LABELS, 1, limit);
        float[] pixels = bytes(folder, part + "-images-idx3-ubyte", IMAGES, PIXELS, labels.length);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] /= 255;
        }
        return new IdxImages(pixels, labels);
    }

    private static float[] bytes(Path folder, String name, int magic, int each, int limit) throws IOException {
        try (DataInputStream in = new DataInputStream(open(folder, name))) {
            if (in.readInt() != magic) {
                throw new IOException(folder.resolve(name) + ": not an IDX file of the expected kind");
            }
            int count = Math.min(limit, in.readInt());
            in.skipNBytes(each == 1 ? 0 : 8);
            byte[] raw = in.readNBytes(Math.multiplyExact(count, each));
            float[] values = new float[raw.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = raw[i] & 0xFF;
            }
            return values;
        }
    }

    private static InputStream open(Path folder, String name) throws IOException {
        Path plain = folder.resolve(name);
        Path packed = folder.resolve(name + ".gz");
        return Files.exists(packed) ? new GZIPInputStream(Files.newInputStream(packed)) : Files.newInputStream(plain);
    }

    int count() {
        return labels.length;
    }

    Tensor tensor(int from, int to) {
        float[] part = java.util.Arrays.copyOfRange(pixels, from * PIXELS, to * PIXELS);
        return Tensor.of(dev.octet.tensor.Shape.of(to - from, 1, 28, 28), part);
    }

    TrainingData data(NDManager manager) {
        return new TrainingData(
                new NDList(manager.create(pixels, new Shape(count(), 1, 28, 28))),
                new NDList(manager.create(labels)),
                true);
    }
}
