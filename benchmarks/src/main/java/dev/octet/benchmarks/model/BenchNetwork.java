package dev.octet.benchmarks.model;

import dev.octet.benchmarks.network.DenseNetworks;
import dev.octet.benchmarks.network.VisionNetworks;
import dev.octet.cli.demo.DemoFiles;
import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxWriter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/// A network to time, with inputs of one set of shapes.
///
/// @param name what `--models` and the results call it
/// @param file name of its files, which it shares with the same network on other shapes
/// @param source writes the float network
/// @param shapes by input name
/// @param dynamic writes a dynamically quantized form of the network; null if there is none
/// @param quantized whether static quantization has something to do
public record BenchNetwork(
        String name,
        String file,
        Source source,
        Map<String, Shape> shapes,
        @Nullable Source dynamic,
        boolean quantized) {
    private static final long SEED = 20261124;

    /// Where a float network comes from.
    @FunctionalInterface
    public interface Source {
        void write(Path file) throws IOException;
    }

    /// Names of all networks, in the order of results.
    public static List<String> names() {
        return List.of(
                "resnet18",
                "resnet50",
                "mobilenetv2",
                "minilm-8",
                "minilm-32",
                "minilm-128",
                "minilm-256",
                "ocr-rec",
                "ocr-det",
                "ocr-cls",
                "lstm",
                "mlp");
    }

    /// @throws IllegalArgumentException if it is none of [#names]
    public static BenchNetwork named(String name) {
        Shape picture = Shape.of(1, 3, 224, 224);
        return switch (name) {
            case "resnet18" -> built(name, VisionNetworks::resNet18, picture, true);
            case "resnet50" -> built(name, VisionNetworks::resNet50, picture, true);
            case "mobilenetv2" -> built(name, VisionNetworks::mobileNetV2, picture, true);
            case "minilm-8" -> miniLm(name, 8);
            case "minilm-32" -> miniLm(name, 32);
            case "minilm-128" -> miniLm(name, 128);
            case "minilm-256" -> miniLm(name, 256);
            case "ocr-rec" -> text(name, "ch_PP-OCRv4_rec_infer", Shape.of(1, 3, 48, 320));
            case "ocr-det" -> text(name, "ch_PP-OCRv4_det_infer", Shape.of(1, 3, 640, 640));
            case "ocr-cls" -> text(name, "ch_ppocr_mobile_v2.0_cls_infer", Shape.of(1, 3, 48, 192));
            case "lstm" -> lstm(name);
            case "mlp" -> built(name, DenseNetworks::mlp, Shape.of(1, 1024), true);
            default -> throw new IllegalArgumentException("expected one of " + names() + ", found '" + name + "'");
        };
    }

    private static BenchNetwork built(String name, LongFunction<Graph> network, Shape shape, boolean quantized) {
        Source source = file -> OnnxWriter.write(network.apply(SEED), file);
        return new BenchNetwork(name, name, source, Map.of("x", shape), null, quantized);
    }

    private static BenchNetwork lstm(String name) {
        Source real = file -> OnnxWriter.write(DenseNetworks.lstm(SEED), file);
        Source dynamic = file -> OnnxWriter.write(DenseNetworks.quantizedLstm(SEED), file);
        return new BenchNetwork(name, name, real, Map.of("x", Shape.of(100, 1, 512)), dynamic, false);
    }

    private static BenchNetwork miniLm(String name, int length) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (String input : List.of("input_ids", "attention_mask", "token_type_ids")) {
            shapes.put(input, Shape.of(1, length));
        }
        Source source = resource("/all-minilm-l6-v2.onnx");
        return new BenchNetwork(name, "minilm", source, shapes, resource("/all-minilm-l6-v2-q.onnx"), true);
    }

    private static BenchNetwork text(String name, String model, Shape shape) {
        return new BenchNetwork(name, name, resource("/models/" + model + ".onnx"), Map.of("x", shape), null, true);
    }

    private static Source resource(String resource) {
        return file -> DemoFiles.extract(resource, file);
    }

    /// Inputs in the range of real ones: pictures and features in [-1, 1), ids of tokens, a mask of ones, types of
    /// zero.
    public Map<String, Tensor> inputs(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(seed);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        shapes.forEach((input, shape) -> {
            boolean real = input.equals("x");
            Tensor tensor = Tensor.allocate(real ? DType.FLOAT32 : DType.INT64, shape);
            for (long i = 0; i < tensor.elementCount(); i++) {
                double value =
                        switch (input) {
                            case "x" -> random.nextDouble(-1, 1);
                            case "input_ids" -> random.nextInt(1000, 29000);
                            case "attention_mask" -> 1;
                            default -> 0;
                        };
                tensor.setDouble(i, value);
            }
            inputs.put(input, tensor);
        });
        return inputs;
    }
}
