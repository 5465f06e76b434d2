package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.Node;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantizationSpec;
import dev.octet.quantize.spec.TensorSpec;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Puts values that have to have the same parameters together.
///
/// A unit that shares passes its input's parameters on; a Concat has one range for all its parts and the result, unless
/// a part has fixed parameters: then the result has its own and the parts are requantized. Only values that are
/// computed are observed, not those that are rearranged from them.
final class SharedRanges {
    private final QuantizationSpec spec;
    private final Graph graph;
    private final List<String> values;
    private final Map<String, List<Node>> owners = new HashMap<>();
    private final Set<String> made = new HashSet<>();
    private final Map<String, String> parents = new HashMap<>();
    private final Set<String> copies = new HashSet<>();
    private final Map<String, QuantParams> selected = new HashMap<>();

    private SharedRanges(Graph graph, QuantizationSpec spec, Regions regions) {
        this.graph = graph;
        this.spec = spec;
        values = regions.values(graph);
        values.forEach(v -> parents.put(v, v));
        regions.quantized().forEach(u -> u.outputs().forEach(v -> owners.put(v, u.nodes())));
        made.addAll(owners.keySet());
        regions.quantized().forEach(u -> u.activations().forEach(v -> owners.putIfAbsent(v, u.nodes())));
    }

    static List<SharedRange> of(Graph graph, QuantizationSpec spec, Regions regions) {
        SharedRanges ranges = new SharedRanges(graph, spec, regions);
        for (Unit unit : regions.quantized()) {
            if (unit.activations().isEmpty()) {
                ranges.takeOver(unit);
            } else if (unit.kind() == Kind.SHARING) {
                ranges.join(unit);
            } else {
                ranges.reuse(unit);
            }
        }
        return ranges.collect();
    }

    /// What is selected from a constant has the constant's parameters.
    private void takeOver(Unit unit) {
        for (String output : unit.outputs()) {
            String table = unit.roles().constants().getFirst();
            Tensor values = graph.constant(table).orElseThrow();
            selected.put(output, QuantizedConstant.ofOperand(table, values, spec).params());
        }
    }

    private void join(Unit unit) {
        boolean requantizes =
                unit.activations().size() > 1 && unit.activations().stream().anyMatch(v -> fixed(root(v)).isPresent());
        if (requantizes) {
            return;
        }
        String root = root(unit.activations().getFirst());
        unit.activations().forEach(v -> parents.put(root(v), root));
        for (String output : unit.outputs()) {
            if (parents.containsKey(output)) {
                copies.add(output);
                parents.put(root(output), root);
            }
        }
    }

    /// Outputs that are told to have their input's parameters, and inputs that have those of what they are limited to.
    private void reuse(Unit unit) {
        if (limitsItsInput(unit)) {
            String input = unit.activations().getFirst();
            copies.add(input);
            parents.put(root(input), root(unit.outputs().getFirst()));
            return;
        }
        for (String output : unit.outputs()) {
            boolean reuses = activation(output).observer() instanceof ObserverSpec.ReuseInput;
            if (reuses && parents.containsKey(output)) {
                copies.add(output);
                parents.put(root(output), root(unit.activations().getFirst()));
            }
        }
    }

    /// ONNX Runtime's tool takes the range of a Relu's or Clip's input from its output, if nothing else reads it.
    private boolean limitsItsInput(Unit unit) {
        if (spec.placement() != Placement.EVERYWHERE || !spec.epilogues().contains(unit.anchor().op().type())) {
            return false;
        }
        String input = unit.activations().getFirst();
        return graph.consumers(input).size() == 1 && !copies.contains(input);
    }

    private String root(String value) {
        String parent = parents.getOrDefault(value, value);
        return parent.equals(value) ? value : root(parent);
    }

    private Optional<QuantParams> fixed(String value) {
        TensorSpec own = activation(value);
        if (selected.containsKey(value)) {
            return Optional.of(selected.get(value));
        }
        return own.observer() instanceof ObserverSpec.FixedQParams params
                ? Optional.of(params.params())
                : graph.producer(value)
                        .map(n -> spec.fixedOutputs().get(n.op().type()))
                        .filter(_ -> !spec.tensors().containsKey(value))
                        .map(p -> inType(p, own.scheme()));
    }

    /// The same range in integers of another type, if values are not of the type that it is given for.
    private QuantParams inType(QuantParams params, QuantScheme scheme) {
        if (params.dtype() == scheme.dtype() && !scheme.symmetric()) {
            return params;
        }
        double low = (double) params.scale() * (params.quantMin() - params.zeroPoint());
        double high = (double) params.scale() * (params.quantMax() - params.zeroPoint());
        return scheme.params(low, high, spec.numerics());
    }

    private List<SharedRange> collect() {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        for (String value : values) {
            groups.computeIfAbsent(root(value), _ -> new ArrayList<>()).add(value);
        }
        List<SharedRange> ranges = new ArrayList<>();
        groups.forEach((root, members) -> {
            TensorSpec tensorSpec = activation(root);
            QuantParams fixed = fixed(root).orElse(null);
            // In PyTorch's FX flow the one observer sees copies, too.
            boolean all = spec.placement() == Placement.FX;
            List<String> watched =
                    fixed != null ? List.of() : members.stream().filter(v -> all || !copies.contains(v)).toList();
            ranges.add(new SharedRange(members.getFirst(), members, watched, tensorSpec, fixed));
        });
        return ranges;
    }

    private TensorSpec activation(String value) {
        TensorSpec own = spec.activation(value, owners.getOrDefault(value, List.of()));
        boolean ofResults =
                own.observer() instanceof ObserverSpec.ReuseInput
                        || own.observer() instanceof ObserverSpec.FixedQParams;
        return ofResults && !made.contains(value) && !spec.tensors().containsKey(value) ? spec.activation() : own;
    }
}
