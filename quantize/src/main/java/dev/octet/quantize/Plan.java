package dev.octet.quantize;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What [Quantizer#prepare] has decided.
record Plan(List<Decision> decisions, List<Unit> units, List<SharedRange> ranges) {
    Set<String> watchedValues() {
        Set<String> watched = new LinkedHashSet<>();
        ranges.forEach(r -> watched.addAll(r.watched()));
        return watched;
    }
}
