package dev.octet.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphVerifier;
import dev.octet.graph.Node;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.spec.Presets;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import dev.octet.test.Generator;
import dev.octet.test.ReferenceInterpreter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConvertTest {
    private static Dataset data(Graph graph) {
        return Dataset.of(LongStream.range(0, 12).mapToObj(i -> TinyGraphs.sample(graph, i)).toList());
    }

    private static Graph quantized(Graph graph, QuantizationSpec spec) {
        PreparedGraph prepared = Quantizer.prepare(graph, spec);
        return Quantizer.convert(prepared, prepared.calibrate(data(graph), CalibrationListener.NONE));
    }

    static List<Arguments> presetsAndGraphs() {
        List<Arguments> all = new ArrayList<>();
        for (String preset : Presets.names()) {
            for (QuantFormat format : QuantFormat.values()) {
                QuantizationSpec spec = Presets.named(preset).withFormat(format);
                String name = preset + " " + format;
                all.add(Arguments.argumentSet(name + " cnn", spec, TinyGraphs.cnn()));
                all.add(Arguments.argumentSet(name + " transformer", spec, TinyGraphs.transformer()));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("presetsAndGraphs")
    void quantizedGraphComputesNearlyTheSame(QuantizationSpec spec, Graph graph) {
        Graph quantized = quantized(graph, spec);
        GraphVerifier.verify(quantized);
        FidelityMeterOf total = new FidelityMeterOf();
        for (long seed = 100; seed < 108; seed++) {
            Map<String, Tensor> sample = TinyGraphs.sample(graph, seed);
            String output = graph.outputs().getFirst().name();
            total.add(
                    ReferenceInterpreter.run(graph, sample).get(output),
                    ReferenceInterpreter.run(quantized, sample).get(output));
        }
        assertThat(total.sqnr()).as("dB").isGreaterThan(20).isLessThan(80);
    }

    private static final class FidelityMeterOf {
        private double signal;
        private double noise;

        void add(Tensor x, Tensor y) {
            for (int i = 0; i < x.elementCount(); i++) {
                signal += x.getDouble(i) * x.getDouble(i);
                noise += Math.pow(x.getDouble(i) - y.getDouble(i), 2);
            }
        }

        double sqnr() {
            return 10 * Math.log10(signal / noise);
        }
    }

    @Test
    void weightsBecomeIntegersAndTheFloatOnesGo() {
        Graph graph = TinyGraphs.cnn();
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        CalibrationTable table = prepared.calibrate(data(graph), CalibrationListener.NONE);
        Conversion conversion = Quantizer.conversion(prepared, table);
        Map<String, Tensor> constants = conversion.graph().constants();
        assertThat(constants.get("branch.w_quantized").dtype()).isEqualTo(DType.INT8);
        assertThat(constants.get("branch.w_scale").shape()).isEqualTo(Shape.of(8));
        assertThat(constants.get("branch.b_quantized").dtype()).isEqualTo(DType.INT32);
        assertThat(constants).doesNotContainKeys("branch.w", "branch.b", "logits.w");
        assertThat(conversion.quantizedOperators()).isEqualTo(17);
        assertThat(conversion.floatOperators()).isEqualTo(1);
        long floats = prepared.graph().constants().values().stream().mapToLong(Tensor::byteSize).sum();
        assertThat(conversion.floatWeightBytes()).isEqualTo(floats);
        assertThat(conversion.quantizedWeightBytes()).isBetween(floats / 4, floats / 2);
        float product = constants.get("rectified_scale").getFloat(0) * constants.get("wide.w_scale").getFloat(3);
        assertThat(constants.get("wide.b_quantized_scale").getFloat(3)).isEqualTo(product);
    }

    @Test
    void modelOutputsKeepTheirNamesAndStayFloat() {
        TinyGraphs g = new TinyGraphs("outputs");
        String inner = g.conv("inner", g.input("x", 1, 2, 4, 4), 2, 4, 3);
        Graph graph = g.build(inner, g.conv("last", inner, 4, 2, 1));
        Graph quantized = quantized(graph, Presets.X86);
        assertThat(quantized.outputs()).extracting(o -> o.name()).containsExactly("inner", "last");
        assertThat(quantized.producer("inner").orElseThrow().op().type()).isEqualTo("DequantizeLinear");
        assertThat(quantized.producer("last").orElseThrow().op().type()).isEqualTo("Conv");
    }

    @Test
    void tablesBecomeIntegersThatAreDequantizedAfterTheLookUp() {
        TinyGraphs g = new TinyGraphs("words");
        String ids = g.integers("ids", 1, 3);
        // Rows of very different length, and a table that is too small to gain anything.
        Tensor table = Generator.of(5).normals(Shape.of(64, 64), 0, 1);
        for (int i = 0; i < 64; i++) {
            table.setFloat(3 * 64 + i, table.getFloat(3 * 64 + i) / 100);
        }
        String words = g.add("words", "Gather", g.constant("table", table), ids);
        String kinds = g.add("kinds", "Gather", g.weights("small", 4, 64), ids);
        Graph graph = g.build(g.linear("y", g.add("sum", "Add", words, kinds), 64, 8));
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        Map<String, Tensor> sample = Map.of("ids", Tensor.of(Shape.of(1, 3), 1L, 3L, 2L));
        CalibrationTable ranges = prepared.calibrate(Dataset.of(List.of(sample)), CalibrationListener.NONE);
        Conversion conversion = Quantizer.conversion(prepared, ranges);
        Graph quantized = conversion.graph();
        GraphVerifier.verify(quantized);
        assertThat(quantized.constants()).doesNotContainKey("table").containsKey("small");
        assertThat(quantized.constants().get("table_quantized").dtype()).isEqualTo(DType.INT8);
        assertThat(conversion.floatWeightBytes()).isEqualTo(4 * (64 * 64 + 64 * 8));
        float[] exact = ReferenceInterpreter.runAll(graph, sample).get("words").toFloatArray();
        float[] stored = ReferenceInterpreter.runAll(quantized, sample).get("words").toFloatArray();
        for (int i = 0; i < exact.length; i++) {
            boolean small = i / 64 == 1;
            float largest = small ? 0.04f : 4f;
            assertThat(stored[i]).as("element " + i).isCloseTo(exact[i], within(largest / 127));
        }
    }

    /// ONNX Runtime's tool writes the table's DequantizeLinear before the look-up; what runs reads integers.
    @Test
    void tablesThatAreDequantizedBeforeTheLookUpAreReadAsIntegers() {
        TinyGraphs g = new TinyGraphs("words");
        String words = g.add("words", "Gather", g.weights("table", 64, 8), g.integers("ids", 1, 3));
        Graph graph = g.build(g.linear("y", words, 8, 4));
        Map<String, Tensor> sample = Map.of("ids", Tensor.of(Shape.of(1, 3), 1L, 3L, 2L));
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.ONNXRUNTIME);
        CalibrationTable ranges = prepared.calibrate(Dataset.of(List.of(sample)), CalibrationListener.NONE);
        Graph quantized = Quantizer.convert(prepared, ranges);
        assertThat(typesBehind(quantized, "table")).containsExactly("DequantizeLinear", "Gather", "QuantizeLinear");
        Graph lowered = new IntegerLowering(IntegerLowering.Target.ENGINE).apply(quantized);
        assertThat(typesBehind(lowered, "table").getFirst()).isEqualTo("Gather");
        String output = graph.outputs().getFirst().name();
        assertThat(ReferenceInterpreter.run(lowered, sample).get(output).toFloatArray())
                .containsExactly(ReferenceInterpreter.run(quantized, sample).get(output).toFloatArray(), within(1e-5f));
    }

    /// Operators that read a constant's integers, what those make, and so on for three steps.
    private static List<String> typesBehind(Graph graph, String constant) {
        List<String> types = new ArrayList<>();
        String value = constant + "_quantized";
        for (int i = 0; i < 3; i++) {
            Node reader = graph.consumers(value).getFirst();
            types.add(reader.op().type());
            value = reader.output();
        }
        return types;
    }

    @Test
    void sharedWeightsAreStoredOnce() {
        TinyGraphs g = new TinyGraphs("shared");
        String x = g.input("x", 2, 8);
        String w = g.weights("w", 8, 8);
        String y = g.add("second", "MatMul", g.add("act", "Relu", g.add("first", "MatMul", x, w)), w);
        Graph quantized = quantized(g.build(y), Presets.X86);
        assertThat(quantized.constants().values().stream().filter(t -> t.dtype() == DType.INT8 && t.elementCount() > 8))
                .hasSize(1);
    }

    @Test
    void weightScaleGrowsWhereTheBiasWouldNotFit() {
        TinyGraphs g = new TinyGraphs("bias");
        String x = g.input("x", 1, 1, 2, 2);
        Tensor weights = TinyGraphs.filled(1e-9f, 2, 1, 1, 1);
        weights.setFloat(0, 1);
        Tensor bias = TinyGraphs.filled(100, 2);
        String y = g.add("conv", "Conv", x, g.constant("w", weights), g.constant("b", bias));
        Graph quantized = quantized(g.build(y), Presets.X86);
        Tensor stored = quantized.constants().get("b_quantized");
        Tensor scale = quantized.constants().get("b_quantized_scale");
        assertThat(stored.getLong(1)).isBetween(2_000_000_000L, 2_147_483_647L);
        assertThat(stored.getLong(1) * (double) scale.getFloat(1)).isBetween(99.99, 100.01);
    }

    @Test
    void foldsTheFactorsOfAGemm() {
        TinyGraphs g = new TinyGraphs("gemm");
        String x = g.input("x", 3, 6);
        String y =
                g.add(
                        "gemm",
                        new dev.octet.graph.op.Gemm(0.5f, 2, false, false),
                        x,
                        g.weights("w", 6, 4),
                        g.constant("b", TinyGraphs.filled(0.7f, 1)));
        Graph graph = g.build(y);
        Graph quantized = quantized(graph, Presets.X86);
        Map<String, Tensor> sample = TinyGraphs.sample(graph, 50);
        Fidelity fidelity =
                Fidelity.of(
                        ReferenceInterpreter.run(graph, sample).get("gemm"),
                        ReferenceInterpreter.run(quantized, sample).get("gemm"));
        assertThat(fidelity.sqnr()).isGreaterThan(25);
        Node gemm = quantized.producer("gemm").orElseThrow();
        assertThat(gemm.op()).isEqualTo(new dev.octet.graph.op.Gemm(1, 1, false, false));
        assertThat(quantized.constants().get("b_quantized").shape()).isEqualTo(Shape.of(4));
    }

    @Test
    void aTableWithoutANeededValueIsRefused() {
        Graph graph = TinyGraphs.cnn();
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        CalibrationTable table = prepared.calibrate(data(graph), CalibrationListener.NONE);
        Map<String, dev.octet.quantize.calibration.CalibrationEntry> entries = new LinkedHashMap<>(table.entries());
        entries.remove("swish");
        CalibrationTable lacking = new CalibrationTable(table.provenance(), entries);
        assertThatThrownBy(() -> Quantizer.convert(prepared, lacking))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no entry for value 'swish'");
    }

    @Test
    void calibrationNamesTheSampleThatDoesNotFit() {
        Graph graph = TinyGraphs.cnn();
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.X86);
        Map<String, Tensor> good = TinyGraphs.sample(graph, 1);
        Dataset data = Dataset.of(List.of(good, Map.of("y", good.get("x"))));
        assertThatThrownBy(() -> prepared.calibrate(data, CalibrationListener.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("sample 1: ");
        assertThatThrownBy(() -> prepared.calibrate(Dataset.of(List.of()), CalibrationListener.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no sample");
        Tensor broken = good.get("x").copy();
        broken.setFloat(7, Float.NaN);
        assertThatThrownBy(() -> prepared.calibrate(Dataset.of(List.of(Map.of("x", broken))), CalibrationListener.NONE))
                .hasMessage("sample 0: value 'x': values to observe contain NaN");
    }

    @Test
    void progressIsToldAfterEachSample() {
        Graph graph = TinyGraphs.transformer();
        List<String> heard = new ArrayList<>();
        Quantizer.prepare(graph, Presets.X86)
                .calibrate(
                        data(graph).limit(3),
                        (samples, total, seconds) -> heard.add(samples + " of " + total.orElse(-1)));
        assertThat(heard).containsExactly("1 of 3", "2 of 3", "3 of 3");
    }

    @Test
    void mergedTablesEqualOnePass() {
        Graph graph = TinyGraphs.cnn();
        PreparedGraph prepared = Quantizer.prepare(graph, Presets.DEFAULT);
        List<Map<String, Tensor>> samples = LongStream.range(0, 6).mapToObj(i -> TinyGraphs.sample(graph, i)).toList();
        CalibrationTable first = prepared.calibrate(Dataset.of(samples.subList(0, 2)), CalibrationListener.NONE);
        CalibrationTable second = prepared.calibrate(Dataset.of(samples.subList(2, 6)), CalibrationListener.NONE);
        CalibrationTable whole = prepared.calibrate(Dataset.of(samples), CalibrationListener.NONE);
        assertThat(prepared.merge(first, second).entries()).isEqualTo(whole.entries());
        assertThat(prepared.merge(second, first).entries()).isEqualTo(whole.entries());
        PreparedGraph other = Quantizer.prepare(graph, Presets.X86);
        assertThatThrownBy(() -> other.merge(first, second))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected graph 'cnn'");
    }
}
