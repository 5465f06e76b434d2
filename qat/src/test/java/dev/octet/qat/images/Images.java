package dev.octet.qat.images;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.ArrayDataset;
import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.qat.TrainingData;
import dev.octet.tensor.Tensor;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/// Square grey images and their labels.
///
/// @param side extent of an image in pixels
/// @param pixels `[N, 1, side, side]` in `[0, 1]`
record Images(int side, float[] pixels, float[] labels) {
    private static final int IDX_SIDE = 28;
    private static final int IDX_IMAGES = 0x803;
    private static final int IDX_LABELS = 0x801;
    private static final int BATCH = 100;

    /// From the files of MNIST and Fashion-MNIST (IDX format, packed or not).
    ///
    /// @param part `train` or `t10k`
    /// @param limit images to read, from the first
    static Images read(Path folder, String part, int limit) throws IOException {
        float[] labels = bytes(folder, part + "-labels-idx1-ubyte", IDX_LABELS, 1, limit);
        float[] pixels = bytes(folder, part + "-images-idx3-ubyte", IDX_IMAGES, IDX_SIDE * IDX_SIDE, labels.length);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] /= 255;
        }
        return new Images(IDX_SIDE, pixels, labels);
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
        int pixelCount = side * side;
        float[] part = Arrays.copyOfRange(pixels, from * pixelCount, to * pixelCount);
        return Tensor.of(dev.octet.tensor.Shape.of(to - from, 1, side, side), part);
    }

    /// For DJL's trainer.
    ArrayDataset dataset(NDManager manager, int batch) {
        return new ArrayDataset.Builder()
                .setData(manager.create(pixels, new Shape(count(), 1, side, side)))
                .optLabels(manager.create(labels))
                .setSampling(batch, true)
                .build();
    }

    /// For Octet's.
    TrainingData data(NDManager manager) {
        return new TrainingData(
                new NDList(manager.create(pixels, new Shape(count(), 1, side, side))),
                new NDList(manager.create(labels)),
                true);
    }

    /// Part of the images whose largest score is that of their label.
    ///
    /// @param graph from `image` `[N, 1, side, side]` to scores `[N, classes]`
    double accuracy(Graph graph) {
        int right = 0;
        try (Session session = Session.open(graph, SessionOptions.defaults().withThreads(1))) {
            for (int from = 0; from < count(); from += BATCH) {
                int to = Math.min(count(), from + BATCH);
                Tensor scores = session.run(Map.of("image", tensor(from, to))).values().iterator().next();
                for (int i = from; i < to; i++) {
                    right += best(scores, i - from) == (int) labels[i] ? 1 : 0;
                }
            }
        }
        return (double) right / count();
    }

    private static int best(Tensor scores, int row) {
        int classes = (int) scores.shape().dim(1);
        int best = 0;
        for (int c = 1; c < classes; c++) {
            best = scores.getFloat((long) row * classes + c) > scores.getFloat((long) row * classes + best) ? c : best;
        }
        return best;
    }
}
