package dev.octet.qat.images;

import ai.djl.ndarray.NDManager;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.onnx.OnnxWriter;
import dev.octet.qat.GraphBlock;
import dev.octet.qat.Qat;
import dev.octet.qat.QatBlock;
import dev.octet.qat.QatPresets;
import dev.octet.qat.QatSchedule;
import dev.octet.qat.QatSpec;
import dev.octet.qat.QatTraining;
import dev.octet.qat.TrainingEngine;
import dev.octet.qat.TrainingOptions;
import dev.octet.qat.quantizer.FakeQuantSpec;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/// Trains a small network in float, quantizes it after training and with training, and appends the accuracies to a
/// table.
///
/// Arguments: folder of MNIST or Fashion-MNIST, `resnet`, `depthwise` or `uneven` (the depthwise network of the same
/// folder, see [ImageNetworks]), and a folder for networks and the table (`results.md`). Then, if not all ways to
/// quantize are to be trained, names of some (`8-bit`, `4-bit`, `8-bit-per-tensor`, `4-bit-per-tensor`, and two ways to
/// do more for the last, `4-bit-per-tensor-learned` and `4-bit-per-tensor-longer`), and seeds (1 by default). What the
/// table has already is not done again, and training goes on from its last whole epoch; so this can be stopped and
/// started at will.
public final class CompareTraining {
    private static final int TRAINING = 20_000;
    private static final int TESTS = 10_000;
    private static final int BATCH = 64;
    private static final int FLOAT_EPOCHS = 10;
    private static final float FLOAT_RATE = 0.004f;
    private static final int CALIBRATION = 256;
    private static final PrintStream OUT = System.out;

    private static final List<Way> WAYS = ways();
    private static final List<Way> MORE = more();

    private final Images training;
    private final Images tests;
    private final Path folder;
    private final String name;

    /// A way to quantize.
    ///
    /// @param epochs passes over the training images, and
    /// @param rate learning rate of training with it: a hundredth of the float network's, but with fewer bits there is
    ///   more to learn
    private record Way(String name, QatSpec spec, int epochs, float rate) {

        static Way bits8(String name, QatSpec spec) {
            return new Way(name, spec, 4, FLOAT_RATE / 100);
        }

        static Way bits4(String name, QatSpec spec) {
            return new Way(name, spec, 8, FLOAT_RATE / 10);
        }

        /// For a network whose channels have to come together first.
        Way faster() {
            return new Way(name, spec, epochs, FLOAT_RATE / 10);
        }
    }

    private CompareTraining(Path data, String net, Path folder) throws IOException {
        training = Images.read(data, "train", TRAINING);
        tests = Images.read(data, "t10k", TESTS);
        this.folder = Files.createDirectories(folder);
        name = net;
    }

    public static void main(String[] args) throws Exception {
        List<String> wanted = List.of(args).subList(3, args.length);
        List<Long> seeds = wanted.stream().filter(w -> w.matches("\\d+")).map(Long::valueOf).toList();
        List<Way> ways = Stream.concat(WAYS.stream(), MORE.stream()).filter(w -> wanted.contains(w.name())).toList();
        new CompareTraining(Path.of(args[0]), args[1], Path.of(args[2]))
                .run(ways.isEmpty() ? WAYS : ways, seeds.isEmpty() ? List.of(1L) : seeds);
    }

    private static List<Way> ways() {
        return List.of(
                Way.bits8("8-bit", QatPresets.X86),
                Way.bits4("4-bit", QatPresets.withWeightBits(QatPresets.X86, 4)),
                Way.bits8("8-bit-per-tensor", perTensor(DType.INT8)),
                Way.bits4("4-bit-per-tensor", perTensor(DType.INT4)));
    }

    /// With learned scales of weights, and for twice as long.
    private static List<Way> more() {
        QatSpec spec = perTensor(DType.INT4);
        Way plain = Way.bits4("4-bit-per-tensor-longer", spec);
        return List.of(
                Way.bits4("4-bit-per-tensor-learned", spec.withWeight(new FakeQuantSpec.Learned(true, false))),
                new Way(plain.name(), spec, 2 * plain.epochs(), plain.rate()));
    }

    private static QatSpec perTensor(DType type) {
        QatSpec spec = QatPresets.X86;
        TensorSpec weight = new TensorSpec(ObserverSpec.MIN_MAX, QuantScheme.symmetric(type));
        return spec.withQuantization(spec.quantization().withWeight(weight).withRules(List.of()));
    }

    private void run(List<Way> ways, List<Long> seeds) throws Exception {
        Path file = folder.resolve(name + "-float.onnx");
        if (!Files.exists(file)) {
            OnnxWriter.write(floatNetwork(), file);
        }
        Graph trained = OnnxReader.read(file);
        row("float", () -> trained);
        for (Way way : WAYS) {
            row("after-training " + way.name(), () -> afterTraining(trained, way.spec()));
        }
        for (long seed : seeds) {
            for (Way way : ways) {
                row("aware " + way.name() + " seed-" + seed, () -> aware(trained, way, seed));
            }
        }
        if (ways.equals(WAYS)) {
            // What as many steps more do without rounding.
            row("float-trained-on", () -> trainFloat(trained, WAYS.getFirst().epochs(), WAYS.getFirst().rate()));
        }
    }

    private Graph floatNetwork() throws Exception {
        return switch (name) {
            case "resnet" -> trainFloat(ImageNetworks.residual(1), FLOAT_EPOCHS, FLOAT_RATE);
            case "depthwise" -> trainFloat(ImageNetworks.depthwise(1), FLOAT_EPOCHS, FLOAT_RATE);
            case "uneven" -> ImageNetworks.uneven(OnnxReader.read(folder.resolve("depthwise-float.onnx")));
            default ->
                    throw new IllegalArgumentException("network: expected resnet, depthwise or uneven, found " + name);
        };
    }

    private Graph trainFloat(Graph graph, int epochs, float rate) throws Exception {
        TrainingEngine.get().setRandomSeed(1);
        GraphBlock block = GraphBlock.of(graph);
        SevenSteps.fit(block, training, epochs, rate);
        return block.graph();
    }

    private CalibrationTable calibrated(PreparedGraph prepared) {
        List<Map<String, Tensor>> samples = new ArrayList<>();
        for (int i = 0; i < CALIBRATION; i += 32) {
            samples.add(Map.of("image", training.tensor(i, i + 32)));
        }
        return prepared.calibrate(Dataset.of(samples), 1, CalibrationListener.NONE);
    }

    private Graph afterTraining(Graph graph, QatSpec spec) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec.quantization());
        return Quantizer.convert(prepared, calibrated(prepared));
    }

    private Graph aware(Graph graph, Way wanted, long seed) throws IOException {
        Way way = name.equals("uneven") ? wanted.faster() : wanted;
        QatSpec spec = way.spec();
        QatBlock block = Qat.prepare(graph, spec, calibrated(Quantizer.prepare(graph, spec.quantization())));
        Path state = folder.resolve(name + "-" + way.name() + "-" + seed + ".state");
        TrainingOptions options = new TrainingOptions(way.epochs(), BATCH, way.rate(), 0, 0, seed, state);
        try (NDManager manager = TrainingEngine.get().newBaseManager()) {
            new QatTraining(block, training.data(manager), options, QatSchedule.of(way.epochs()))
                    .run((_, _, _) -> {}, epoch -> OUT.println(name + ", " + way.name() + ": " + epoch));
        }
        return block.convert();
    }

    /// Appends a row, unless it is there.
    private void row(String what, Callable<Graph> made) throws Exception {
        Path table = folder.resolve("results.md");
        String head = "| " + name + " | " + what + " |";
        if (Files.exists(table) && Files.readString(table).contains(head)) {
            return;
        }
        long start = System.nanoTime();
        Graph graph = made.call();
        double seconds = (System.nanoTime() - start) / 1e9;
        Path file = folder.resolve(name + "-" + what.replace(' ', '-') + ".onnx");
        OnnxWriter.write(graph, file);
        String row =
                String.format(
                        Locale.ROOT,
                        "%s %.2f %% | %.1f kB | %.0f s |%n",
                        head,
                        100 * tests.accuracy(graph),
                        Files.size(file) / 1e3,
                        seconds);
        OUT.print(row);
        Files.writeString(table, row, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
