package dev.octet.kernels.x64;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// The functions generated so far, each once, and whether they proved right.
final class CodeLibrary {
    private final Map<Generator, MachineCode> code = new HashMap<>();
    private final Map<Generator, Boolean> verdicts = new HashMap<>();

    /// The functions of one kernel: hands them out and remembers which were taken.
    final class Request {
        private final Set<Generator> taken = new LinkedHashSet<>();

        MachineCode code(Generator generator) throws CodeMemory.RefusedException {
            taken.add(generator);
            return generate(generator);
        }

        Set<Generator> taken() {
            return taken;
        }
    }

    Request request() {
        return new Request();
    }

    private synchronized MachineCode generate(Generator generator) throws CodeMemory.RefusedException {
        MachineCode found = code.get(generator);
        if (found == null) {
            found = MachineCode.of(generator::emit);
            code.put(generator, found);
        }
        return found;
    }

    /// Whether each of them was found right before.
    synchronized boolean allRight(Set<Generator> generators) {
        return generators.stream().allMatch(g -> verdicts.getOrDefault(g, false));
    }

    synchronized boolean anyWrong(Set<Generator> generators) {
        return generators.stream().anyMatch(g -> !verdicts.getOrDefault(g, true));
    }

    /// Notes the result of a check that ran all of them; what was found right before stays so.
    synchronized void judge(Set<Generator> generators, boolean right) {
        generators.forEach(g -> verdicts.putIfAbsent(g, right));
    }
}
