package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;

/// The CPU's limit for products: multiply-accumulate operations per second of a loop of the tier's multiplications
/// whose operands are in registers. Bytes without dot products count as sums of 16 bits that are never widened.
public final class InstructionPeak {
    private static final int CHAINS = 10;
    private static final long ITERATIONS = 1_000_000;
    private static final int ROUNDS = 9;

    private InstructionPeak() {}

    private record Loop(Tier tier, boolean bytes) implements Generator {
        @Override
        public void emit(Assembler a) {
            Vec x = tier.vec(CHAINS);
            Vec y = tier.vec(CHAINS + 1);
            Vec product = tier.vec(CHAINS + 2);
            for (int i = 0; i < CHAINS + 3; i++) {
                a.emit(VectorOp.VXORPS, tier.vec(i), tier.vec(i), tier.vec(i));
            }
            Label next = new Label();
            a.mov(Gpr.RCX, Mem.at(Gpr.RDI));
            a.alignLoop();
            a.bind(next);
            for (int i = 0; i < CHAINS; i++) {
                Vec sum = tier.vec(i);
                if (!bytes) {
                    a.emit(VectorOp.VFMADD231PS, sum, x, y);
                } else if (tier.hasDotProducts()) {
                    a.emit(tier.hasMasks() ? VectorOp.VPDPBUSD : VectorOp.VPDPBUSD_VEX, sum, x, y);
                } else {
                    a.emit(VectorOp.VPMADDUBSW, product, x, y);
                    a.emit(VectorOp.VPADDW, sum, sum, product);
                }
            }
            a.sub(Gpr.RCX, 1);
            a.jump(Condition.NOT_ZERO, next);
        }
    }

    /// A chain of integer multiplications, each of which waits for the one before.
    private static final class Chain implements Generator {
        /// Cycles from a multiplication to the next on every CPU with AVX2.
        static final int LATENCY = 3;

        @Override
        public void emit(Assembler a) {
            Label next = new Label();
            a.mov(Gpr.RCX, Mem.at(Gpr.RDI));
            a.mov(Gpr.RAX, 1);
            a.bind(next);
            for (int i = 0; i < CHAINS; i++) {
                a.multiply(Gpr.RAX, Gpr.RAX);
            }
            a.sub(Gpr.RCX, 1);
            a.jump(Condition.NOT_ZERO, next);
        }
    }

    /// Cycles per second.
    ///
    /// @throws IllegalStateException if the machine runs no generated code
    public static double clock() {
        try {
            return (double) ITERATIONS * CHAINS * Chain.LATENCY / leastNanos(new Chain()) * 1e9;
        } catch (CodeMemory.RefusedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double leastNanos(Generator generator) throws CodeMemory.RefusedException {
        MachineCode code = MachineCode.of(generator::emit);
        ArgumentBlock arguments = ArgumentBlock.local();
        double least = Double.POSITIVE_INFINITY;
        for (int round = 0; round < ROUNDS; round++) {
            arguments.set(0, ITERATIONS);
            long start = System.nanoTime();
            arguments.call(code);
            least = Math.min(least, System.nanoTime() - start);
        }
        return least;
    }

    /// The best of several rounds of about a millisecond.
    ///
    /// @param label of the tier, empty for the machine's best
    /// @param bytes whether bytes are multiplied, or floats
    /// @throws IllegalStateException if the machine lacks the tier
    public static double measure(String label, boolean bytes) {
        Tier tier =
                new X64Kernels(Processor.local(), label)
                        .tier()
                        .orElseThrow(
                                () -> new IllegalStateException("no machine code here: " + Processor.local().reason()));
        try {
            double least = leastNanos(new Loop(tier, bytes));
            return (double) ITERATIONS * CHAINS * tier.lanes() * (bytes ? 4 : 1) / least * 1e9;
        } catch (CodeMemory.RefusedException e) {
            throw new IllegalStateException(e);
        }
    }
}
