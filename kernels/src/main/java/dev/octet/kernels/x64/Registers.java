package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.BitSet;

/// Vector registers that are free, while code is written.
final class Registers {
    /// More values at a time than there are registers.
    static final class ExhaustedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ExhaustedException(String what) {
            super("out of " + what);
        }
    }

    private final BitSet free = new BitSet();

    /// Those from `first` to before `end`.
    static Registers range(int first, int end) {
        Registers registers = new Registers();
        registers.free.set(first, end);
        return registers;
    }

    /// All of a tier.
    static Registers all(Tier tier) {
        return range(0, tier.registers);
    }

    int count() {
        return free.cardinality();
    }

    /// @throws ExhaustedException if none is free
    Vec take(Width width) {
        int index = free.nextSetBit(0);
        if (index < 0) {
            throw new ExhaustedException("vector registers");
        }
        free.clear(index);
        return new Vec(index, width, 0, false);
    }

    void give(Vec register) {
        if (free.get(register.index())) {
            throw new IllegalStateException("register " + register.index() + " is free already");
        }
        free.set(register.index());
    }
}
