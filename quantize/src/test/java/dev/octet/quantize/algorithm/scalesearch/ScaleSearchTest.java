package dev.octet.quantize.algorithm.scalesearch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.engine.SessionOptions;
import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Conv;
import dev.octet.graph.op.Gemm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Window;
import dev.octet.quant.Granularity;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.Quantizer;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The multipliers that the formulas of ncnn's search give; made by make_scale_search_goldens.py.
class ScaleSearchTest {
    /// Values as batches.py draws them.
    private static Tensor drawn(long seed, float scale, long... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[(int) shape.elementCount()];
        long s = seed;
        for (int i = 0; i < values.length; i++) {
            double sum = 0;
            for (int k = 0; k < 3; k++) {
                s = (s * 1103515245L + 12345) & 0x7FFFFFFF;
                sum += (double) s / 0x7FFFFFFF * 2 - 1;
            }
            values[i] = (float) (sum * (double) scale);
        }
        return Tensor.of(shape, values);
    }

    private static JsonNode golden(String name) throws IOException {
        String file = "/dev/octet/quantize/algorithm/scale-search.json";
        try (InputStream in = Objects.requireNonNull(ScaleSearchTest.class.getResourceAsStream(file))) {
            return JsonMapper.shared()
                    .readTree(in)
                    .get("cases")
                    .valueStream()
                    .filter(c -> c.get("name").asString().equals(name))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Graph network(boolean conv) {
        GraphBuilder builder = new GraphBuilder("layer");
        PartialShape shape = conv ? PartialShape.of(1, 3, 6, 6) : PartialShape.of(8, 12);
        String x = builder.input("x", DType.FLOAT32, shape);
        String w = builder.constant("w", conv ? drawn(20, 0.3f, 4, 3, 3, 3) : drawn(40, 0.3f, 5, 12));
        String b = builder.constant("b", conv ? drawn(21, 0.1f, 4) : drawn(41, 0.1f, 5));
        Op op = conv ? new Conv(Window.of(3, 3).withPads(1, 1, 1, 1), 1) : new Gemm(1, 1, false, true);
        builder.add(new Node("layer", op, List.of(x, w, b), List.of("sums")));
        builder.add(new Node("relu", Unary.of(UnaryFunction.RELU), List.of("sums"), List.of("y")));
        builder.output("y");
        return builder.build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"conv", "product"})
    void findsWhatTheFormulasGive(String name) throws IOException {
        JsonNode golden = golden(name);
        boolean conv = name.equals("conv");
        PreparedGraph prepared = Quantizer.prepare(network(conv), Presets.NCNN);
        float[] scales = new float[golden.get("weights").size()];
        for (int c = 0; c < scales.length; c++) {
            scales[c] = 1 / (float) golden.get("weights").get(c).asDouble();
        }
        float scale = 1 / (float) golden.get("input").asDouble();
        QuantParams weights =
                new QuantParams(DType.INT8, -127, 127, Granularity.perChannel(0), scales, new int[scales.length]);
        QuantParams input = QuantParams.perTensor(DType.INT8, -127, 127, scale, 0);
        CalibrationTable table =
                prepared.emptyTable("test")
                        .with("x", new CalibrationEntry(input, null))
                        .with("w", new CalibrationEntry(weights, null));
        Dataset data =
                Dataset.of(
                        IntStream.range(0, 4)
                                .mapToObj(
                                        s -> Map.of("x", conv ? drawn(10 + s, 1, 1, 3, 6, 6) : drawn(30 + s, 1, 8, 12)))
                                .toList());
        CalibrationTable found =
                ScaleSearch.NCNN.apply(prepared, table, data, SessionOptions.defaults(), CalibrationListener.NONE);
        assertThat(1.0 / found.entry("x").orElseThrow().params().scale())
                .isCloseTo(golden.get("foundInput").asDouble(), Percentage.withPercentage(1e-3));
        for (int c = 0; c < scales.length; c++) {
            assertThat(1.0 / found.entry("w").orElseThrow().params().scales()[c])
                    .as("channel %s", c)
                    .isCloseTo(golden.get("foundWeights").get(c).asDouble(), Percentage.withPercentage(1e-3));
        }
        assertThat(Quantizer.convert(prepared, found).constants().values()).anyMatch(t -> t.dtype() == DType.INT8);
    }
}
