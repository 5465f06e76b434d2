package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.function.Consumer;

/// Writes loops over the elements of a row: whole vectors first; what is left masked, or one by one where there are no
/// opmasks.
final class ElementLoop {
    /// Opmask that selects the elements of a tail.
    static final int TAIL = 1;

    private ElementLoop() {}

    /// Each piece of `body` finds the number of its first element in `index`, and may use `limit` for nothing else.
    ///
    /// @param count number of elements; kept only where there are no opmasks
    /// @param step elements of a vector
    static void write(Assembler a, Tier tier, Gpr index, Gpr count, Gpr limit, int step, Consumer<Lanes> body) {
        Label loop = new Label();
        Label tail = new Label();
        Label end = new Label();
        a.mov(limit, count);
        a.sub(limit, step);
        a.mov(index, 0);
        a.cmp(limit, 0);
        a.jump(Condition.LESS, tail);
        a.alignLoop();
        a.bind(loop);
        body.accept(Lanes.ALL);
        a.add(index, step);
        a.cmp(index, limit);
        a.jump(Condition.LESS_EQUAL, loop);
        a.bind(tail);
        a.cmp(index, count);
        a.jump(Condition.GREATER_EQUAL, end);
        if (tier.hasMasks()) {
            a.sub(count, index);
            a.mov(limit, -1);
            a.lowBits(limit, limit, count);
            a.moveMask(TAIL, limit);
            body.accept(Lanes.MASKED);
        } else {
            Label single = new Label();
            a.bind(single);
            body.accept(Lanes.SINGLE);
            a.add(index, 1);
            a.cmp(index, count);
            a.jump(Condition.LESS, single);
        }
        a.bind(end);
    }

    /// Stores floats, as many as there are elements.
    static void store(Assembler a, Mem to, Vec from, Lanes lanes) {
        switch (lanes) {
            case ALL -> a.store(VectorOp.VMOVUPS_STORE, to, from);
            case MASKED -> a.store(VectorOp.VMOVUPS_STORE, to.masked(TAIL), from);
            case SINGLE -> a.store(VectorOp.VMOVSS_STORE, to, from.as(Width.X));
        }
    }
}
