package dev.octet.engine.operator;

import dev.octet.kernels.KernelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A kernel for a node, and which values it reads. What it writes are the node's outputs, or the tail's.
///
/// @param inputs names of values, in the order of the specification's operands
public record Lowered(KernelSpec spec, List<String> inputs) {
    public Lowered {
        inputs = List.copyOf(inputs);
    }

    /// With one more value, the last of the operands.
    Lowered withInput(String input) {
        List<String> all = new ArrayList<>(inputs);
        all.add(input);
        return new Lowered(spec, all);
    }

    static Lowered of(KernelSpec spec, String... inputs) {
        return new Lowered(spec, Arrays.asList(inputs));
    }
}
