package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.op.GlobalPool;
import dev.octet.graph.op.Pad;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Where;
import dev.octet.quantize.Unit.Kind;
import dev.octet.quantize.spec.Placement;
import dev.octet.quantize.spec.QuantFormat;
import dev.octet.quantize.spec.QuantizationSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Decides which of the units that could be quantized are.
///
/// Those that compute or look up always are. The others only where they lie between quantized ones: every value that
/// they read is there in 8 bits anyway, since a quantized unit makes it or a computing unit reads it, and somebody
/// takes their result in 8 bits. So the float islands around LayerNorm and Softmax stay whole, and no value goes to 8
/// bits and back for nothing. Units are struck out until none breaks the rule. What enters or leaves a part that is
/// quantized as a whole counts as 8 bits. A specification may also want them everywhere; see [Placement].
final class Regions {
    private final Set<String> entries;
    private final Set<String> exits;
    private final Set<Unit> quantized;
    private final Map<String, Unit> producers = new HashMap<>();
    private final Map<String, List<Unit>> readers = new HashMap<>();
    private final Map<String, String> refusals = new HashMap<>();
    private final QuantizationSpec spec;

    /// @param entries values that are there in 8 bits whoever reads them
    /// @param exits values that are taken in 8 bits if a quantized unit makes them
    Regions(List<Unit> units, Set<String> entries, Set<String> exits, QuantizationSpec spec) {
        this.spec = spec;
        this.entries = entries;
        this.exits = exits;
        quantized = new LinkedHashSet<>(units);
        for (Unit unit : units) {
            unit.outputs().forEach(o -> producers.put(o, unit));
            new HashSet<>(unit.activations())
                    .forEach(a -> readers.computeIfAbsent(a, _ -> new ArrayList<>()).add(unit));
        }
        if (spec.placement() == Placement.BETWEEN) {
            strikeOut(units);
        } else {
            spreadOut(units);
        }
    }

    /// Takes the units in their order, since what is there in 8 bits follows from those before.
    private void spreadOut(List<Unit> units) {
        Set<String> available = new HashSet<>(entries);
        for (Unit unit : units) {
            Optional<String> missing = unit.activations().stream().filter(v -> !available.contains(v)).findFirst();
            if (follows(unit) && missing.isPresent()) {
                quantized.remove(unit);
                refuse(unit, "'" + missing.get() + "' is not there in 8 bits");
            } else {
                available.addAll(unit.activations());
                available.addAll(unit.outputs());
            }
        }
    }

    /// Whether a unit is quantized only where its operands are there in 8 bits.
    private boolean follows(Unit unit) {
        if (spec.placement() == Placement.FX) {
            return false;
        }
        return switch (unit.anchor().op()) {
            case Split _ -> false;
            case Pad _ -> spec.format() == QuantFormat.QOPERATOR;
            case GlobalPool _ -> spec.format() == QuantFormat.QOPERATOR && spec.placement() == Placement.EVERYWHERE;
            case Where _ -> true;
            default -> unit.kind() == Kind.SHARING || spec.epilogues().contains(unit.anchor().op().type());
        };
    }

    private void refuse(Unit unit, String reason) {
        unit.nodes().forEach(n -> refusals.put(n.name(), reason));
    }

    private void strikeOut(List<Unit> units) {
        boolean changed = true;
        while (changed) {
            // Backwards, so that a chain that nobody takes goes in one round.
            changed = false;
            for (Unit unit : units.reversed()) {
                if (!isUnconditional(unit) && quantized.contains(unit) && isOutside(unit)) {
                    quantized.remove(unit);
                    changed = true;
                }
            }
        }
    }

    private static boolean isUnconditional(Unit unit) {
        return unit.kind() == Kind.COMPUTE || unit.kind() == Kind.LOOKUP;
    }

    private boolean isOutside(Unit unit) {
        for (String value : unit.activations()) {
            if (!isAvailable(value)) {
                refuse(unit, "'" + value + "' is not there in 8 bits");
                return true;
            }
        }
        if (unit.outputs().stream().noneMatch(this::isTaken)) {
            refuse(unit, "nothing takes its result in 8 bits");
            return true;
        }
        return false;
    }

    private boolean isAvailable(String value) {
        return entries.contains(value)
                || isMadeQuantized(value)
                || readers.getOrDefault(value, List.of()).stream().anyMatch(u -> u.kind() == Kind.COMPUTE);
    }

    /// The quantized units, in the order of the graph.
    List<Unit> quantized() {
        return List.copyOf(quantized);
    }

    /// Why other units are not, by node name.
    Map<String, String> refusals() {
        return refusals;
    }

    /// Whether a quantized unit computes the value.
    boolean isMadeQuantized(String value) {
        Unit producer = producers.get(value);
        return producer != null && quantized.contains(producer);
    }

    /// Whether a quantized unit reads the value, or makes it and it leaves the part, so that it is quantized; or makes
    /// it, where operators are quantized everywhere.
    boolean isTaken(String value) {
        return (exits.contains(value) || spec.placement() != Placement.BETWEEN) && isMadeQuantized(value)
                || readers.getOrDefault(value, List.of()).stream().anyMatch(quantized::contains);
    }

    /// All values that are quantized, in the order of the graph.
    List<String> values(Graph graph) {
        List<String> values = new ArrayList<>();
        graph.inputs().forEach(i -> values.add(i.name()));
        graph.nodes().forEach(n -> values.addAll(n.outputs()));
        values.removeIf(v -> !isTaken(v));
        return values;
    }
}
