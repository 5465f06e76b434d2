package dev.octet.engine.plan;

import java.util.HashSet;
import java.util.Set;

/// What a listener sees of a run.
///
/// @param values shown in the order of their axes
/// @param elements shown as they lie in memory
public record Watched(Set<String> values, Set<String> elements) {
    public static final Watched NOTHING = new Watched(Set.of(), Set.of());

    /// All values that are shown.
    public Set<String> all() {
        Set<String> all = new HashSet<>(values);
        all.addAll(elements);
        return all;
    }
}
