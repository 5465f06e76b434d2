package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.QuantStubs;
import dev.octet.graph.pass.Fusion;
import dev.octet.graph.pass.IdentityElimination;
import dev.octet.graph.pass.IntegerLowering;
import dev.octet.graph.pass.ShapeInference;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.spec.DynamicSpec;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.WeightOnlySpec;
import java.util.Set;

/// Quantization of a graph: static in the order prepare, calibrate, convert; or dynamic, in one step.
///
/// ```java
/// PreparedGraph prepared = Quantizer.prepare(graph, Presets.named("x86"));
/// CalibrationTable table = prepared.calibrate(data, CalibrationListener.NONE);
/// Graph quantized = Quantizer.convert(prepared, table);
/// ```
public final class Quantizer {
    private Quantizer() {}

    /// Fuses a float graph and decides what of it is quantized: if it is marked with [QuantStubs], only what lies
    /// between them; values are quantized where they enter that part, and what leaves it was.
    public static PreparedGraph prepare(Graph graph, QuantizationSpec spec) {
        return prepareFused(Fusion.standard().apply(graph), spec);
    }

    /// Likewise of a graph that [Fusion#standard] was applied to already. Equal constants stay apart, as they have to
    /// where training is about to change them.
    public static PreparedGraph prepareFused(Graph marked, QuantizationSpec spec) {
        QuantizationSpec bound = spec.bind(marked).within(marked);
        Graph fused = new IdentityElimination().apply(marked);
        Set<String> entries = QuantStubs.entries(marked);
        Set<String> exits = QuantStubs.exits(marked);
        if (bound.placement() == Placement.WHOLE_GRAPH) {
            fused.inputs().forEach(i -> entries.add(i.name()));
            fused.outputs().forEach(o -> exits.add(o.name()));
        }
        Plan plan = Planner.plan(fused, bound, entries, exits);
        return new PreparedGraph(fused, bound, plan);
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

    /// A graph whose weights are quantized ahead and whose activations are quantized as it runs, without any data; in
    /// ONNX's `integer-ops` form, which ONNX Runtime reads.
    public static Conversion dynamic(Graph graph, DynamicSpec spec) {
        return dynamic(graph, spec, "");
    }

    /// Likewise, of a graph inside a node.
    ///
    /// @param scope what the names of new values begin with
    static Conversion dynamic(Graph graph, DynamicSpec spec, String scope) {
        Graph unmarked = new IdentityElimination().apply(graph);
        Graph fused = Fusion.standard(node -> DynamicChoice.isOperator(node, unmarked, spec)).apply(unmarked);
        DynamicSpec bound = spec.withSpec(spec.spec().bind(fused));
        return new DynamicConverter(fused, ShapeInference.infer(fused), bound, scope).convert();
    }

    /// A graph of which only the weights of products are stored in integers, in blocks; it computes in float.
    public static Conversion weightOnly(Graph graph, WeightOnlySpec spec) {
        Graph fused = Fusion.standard().apply(new IdentityElimination().apply(graph));
        return new WeightOnlyConverter(fused, spec.withRules(spec.rules().bind(fused))).convert();
    }
}
