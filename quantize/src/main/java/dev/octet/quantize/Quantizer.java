package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.pass.Fusion;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.QuantizationSpec;

/// Static quantization of a graph, in the order prepare, calibrate, convert.
///
/// ```java
/// PreparedGraph prepared = Quantizer.prepare(graph, Presets.named("x86"));
/// CalibrationTable table = prepared.calibrate(data, CalibrationListener.NONE);
/// Graph quantized = Quantizer.convert(prepared, table);
/// ```
public final class Quantizer {
    private Quantizer() {}

    /// Fuses a float graph and decides what of it is quantized.
    public static PreparedGraph prepare(Graph graph, QuantizationSpec spec) {
        Graph fused = Fusion.standard().apply(graph);
        QuantizationSpec bound = spec.bind(fused);
        return new PreparedGraph(fused, bound, Planner.plan(fused, bound));
    }

    /// The quantized graph, in the specification's format.
    ///
    /// @throws IllegalArgumentException if the table has no entry for a value that needs one
    public static Graph convert(PreparedGraph prepared, CalibrationTable table) {
        return conversion(prepared, table).graph();
    }

    /// The quantized graph with an account of the conversion. No model is run.
    ///
    /// @throws IllegalArgumentException if the table has no entry for a value that needs one
    public static Conversion conversion(PreparedGraph prepared, CalibrationTable table) {
        Conversion conversion = Converter.convert(prepared, table);
        return switch (prepared.spec().format()) {
            case QDQ -> conversion;
            case QOPERATOR ->
                    conversion.withGraph(
                            new IntegerLowering(IntegerLowering.Target.ONNX_RUNTIME).apply(conversion.graph()));
        };
    }
}
