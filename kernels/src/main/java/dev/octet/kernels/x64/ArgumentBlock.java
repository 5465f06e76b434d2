package dev.octet.kernels.x64;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Memory in which a thread hands arguments to generated functions, 64 bits each.
final class ArgumentBlock {
    private static final int MOST = 64;
    private static final ThreadLocal<ArgumentBlock> LOCAL = ThreadLocal.withInitial(ArgumentBlock::new);

    private final MemorySegment memory = Arena.ofAuto().allocate(8L * MOST, 64);

    private ArgumentBlock() {}

    /// That of the calling thread.
    static ArgumentBlock local() {
        return LOCAL.get();
    }

    void set(int index, long value) {
        memory.setAtIndex(ValueLayout.JAVA_LONG, index, value);
    }

    /// Calls a function with the arguments set.
    void call(MachineCode code) {
        code.call(memory.address());
    }
}
