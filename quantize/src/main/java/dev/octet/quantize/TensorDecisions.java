package dev.octet.quantize;

import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.Unit.Weight;
import dev.octet.quantize.spec.BiasRule;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/// Says of each tensor that a plan quantizes what it becomes.
final class TensorDecisions {
    private final Plan plan;
    private final QuantizationSpec spec;
    private final List<TensorDecision> decisions = new ArrayList<>();

    private TensorDecisions(Plan plan, QuantizationSpec spec) {
        this.plan = plan;
        this.spec = spec;
    }

    static List<TensorDecision> of(Plan plan, QuantizationSpec spec) {
        TensorDecisions all = new TensorDecisions(plan, spec);
        plan.ranges().forEach(all::addRange);
        plan.units().forEach(all::addConstants);
        return List.copyOf(all.decisions);
    }

    private void addRange(SharedRange range) {
        for (String value : range.values()) {
            boolean first = value.equals(range.name());
            decisions.add(
                    new TensorDecision(
                            value,
                            range.fixed() == null ? integers(range.spec().scheme(), -1) : integers(range.fixed()),
                            source(range, value),
                            first ? readers(value) : "has the parameters of '" + range.name() + "'"));
        }
    }

    private static String source(SharedRange range, String value) {
        if (range.fixed() != null) {
            return "fixed";
        }
        return range.watched().contains(value) ? range.spec().observer().toString() : "";
    }

    private String readers(String value) {
        List<Unit> readers = plan.units().stream().filter(u -> u.activations().contains(value)).toList();
        return readers.isEmpty()
                ? "passed on in 8 bits"
                : "read by "
                        + readers.getFirst().anchor()
                        + (readers.size() == 1 ? "" : " and " + (readers.size() - 1) + " more");
    }

    private void addConstants(Unit unit) {
        Weight weight = unit.roles().weight();
        if (weight != null) {
            TensorSpec tensor = spec.weight(unit.anchor(), weight.value());
            int axis = tensor.observer().perChannel() ? weight.channelAxis() : -1;
            String reason = "weights of " + unit.anchor();
            decisions.add(
                    new TensorDecision(
                            weight.value(), integers(tensor.scheme(), axis), tensor.observer().toString(), reason));
        }
        if (!unit.roles().bias().isEmpty()) {
            boolean integer = spec.bias() == BiasRule.INT32;
            decisions.add(
                    new TensorDecision(
                            unit.roles().bias(),
                            integer ? "INT32" : "FLOAT32",
                            integer ? "scale of the input times that of the weights" : "",
                            "bias of " + unit.anchor()));
        }
        for (String constant : unit.roles().constants()) {
            QuantScheme scheme = QuantizedConstant.operandSpec(constant, spec).scheme();
            decisions.add(
                    new TensorDecision(constant, integers(scheme, -1), "its range", "operand of " + unit.anchor()));
        }
    }

    /// @param axis of the channels; -1 for one scale
    static String integers(QuantScheme scheme, int axis) {
        return scheme.dtype()
                + " ["
                + scheme.quantMin()
                + ", "
                + scheme.quantMax()
                + "]"
                + (scheme.symmetric() ? " symmetric" : "")
                + (axis < 0 ? " per tensor" : " per channel " + axis);
    }

    private static String integers(QuantParams params) {
        return params.dtype()
                + " ["
                + params.quantMin()
                + ", "
                + params.quantMax()
                + "] scale "
                + params.scale()
                + " zero point "
                + params.zeroPoint();
    }
}
