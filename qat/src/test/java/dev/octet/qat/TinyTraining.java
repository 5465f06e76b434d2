package dev.octet.qat;

import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A network, 24 samples, of which six are held back, and a training that takes less than a second.
final class TinyTraining {
    static final Graph GRAPH = Models.tinyConvNet(8);

    private TinyTraining() {}

    static Dataset samples() {
        Generator random = Generator.of(4);
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            samples.add(Map.of("image", random.normals(Shape.of(1, 3, 16, 16), 0, 1)));
        }
        return Dataset.of(samples);
    }

    /// Labels that are chance.
    static Tensor labels() {
        return Generator.of(6).integers(DType.INT64, Shape.of(24), 0, 9);
    }

    static TrainingOptions options(int epochs, @Nullable Path checkpoint) {
        return new TrainingOptions(epochs, 8, 0.002f, 0.25, 0, 5, checkpoint);
    }

    static QatTraining training(QatBlock block, NDManager manager, @Nullable Tensor labels, TrainingOptions options) {
        return training(GRAPH, block, manager, labels, options);
    }

    /// Of another network that takes the same samples.
    static QatTraining training(
            Graph graph, QatBlock block, NDManager manager, @Nullable Tensor labels, TrainingOptions options) {
        TrainingData data = TrainingData.of(samples(), graph, labels, manager);
        return new QatTraining(block, data, options, QatSchedule.of(options.epochs()));
    }

    static QatBlock calibrated(Graph graph, QatSpec spec) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec.quantization());
        return Qat.prepare(graph, spec, prepared.calibrate(samples(), 1, CalibrationListener.NONE));
    }
}
