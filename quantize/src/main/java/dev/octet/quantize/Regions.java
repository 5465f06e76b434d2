package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.quantize.Unit.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Decides which of the units that could be quantized are.
///
/// Those that compute or look up always are. The others only where they lie between quantized ones: every value that
/// they read is there in 8 bits anyway, since a quantized unit makes it or a computing unit reads it, and somebody
/// takes their result in 8 bits. So the float islands around LayerNorm and Softmax stay whole, and no value goes to 8
/// bits and back for nothing. Units are struck out until none breaks the rule. What enters or leaves a part that is
/// quantized as a whole counts as 8 bits.
final class Regions {
    private final Set<String> entries;
    private final Set<String> exits;
    private final Set<Unit> quantized;
    private final Map<String, Unit> producers = new HashMap<>();
    private final Map<String, List<Unit>> readers = new HashMap<>();
    private final Map<String, String> refusals = new HashMap<>();

    /// @param entries values that are there in 8 bits whoever reads them
    /// @param exits values that are taken in 8 bits if a quantized unit makes them
    Regions(List<Unit> units, Set<String> entries, Set<String> exits) {
        this.entries = entries;
        this.exits = exits;
        quantized = new LinkedHashSet<>(units);
        for (Unit unit : units) {
            unit.outputs().forEach(o -> producers.put(o, unit));
            new HashSet<>(unit.activations())
                    .forEach(a -> readers.computeIfAbsent(a, _ -> new ArrayList<>()).add(unit));
        }
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
                unit.nodes().forEach(n -> refusals.put(n.name(), "'" + value + "' is not there in 8 bits"));
                return true;
            }
        }
        if (unit.outputs().stream().noneMatch(this::isTaken)) {
            unit.nodes().forEach(n -> refusals.put(n.name(), "nothing takes its result in 8 bits"));
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

    /// Whether a quantized unit reads the value, or makes it and it leaves the part, so that it is quantized.
    boolean isTaken(String value) {
        return exits.contains(value) && isMadeQuantized(value)
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
