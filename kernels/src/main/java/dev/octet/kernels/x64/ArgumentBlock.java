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

    long get(int index) {
        return memory.getAtIndex(ValueLayout.JAVA_LONG, index);
    }

    /// The bits of a double.
    void set(int index, double value) {
        memory.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
    }

    /// The bits of a float, in the lower half.
    void set(int index, float value) {
        memory.set(ValueLayout.JAVA_FLOAT, 8L * index, value);
    }

    /// What a function left as a float.
    float getFloat(int index) {
        return memory.get(ValueLayout.JAVA_FLOAT, 8L * index);
    }

    long address(int index) {
        return memory.address() + 8L * index;
    }

    /// Calls a function with the arguments set.
    void call(MachineCode code) {
        code.call(memory.address());
    }
}
