package dev.octet.kernels.x64;

import dev.octet.kernels.OutputStage;
import dev.octet.kernels.x64.Operand.Mem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Numbers of a [Finish] that are the same for all columns, each repeated 16 times so that it can be an operand.
enum FinishParameter {
    /// Factor of the scales.
    RESCALE,
    DIVISOR,
    /// Bounds of the steps, zero point not counted.
    LOW,
    HIGH,
    /// INT32.
    ZERO_POINT;

    private static final int BYTES = 64;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    /// The operand, from where the parameters lie.
    Mem in(Gpr parameters) {
        return Mem.at(parameters, BYTES * ordinal());
    }

    static MemorySegment allocate() {
        return Arena.ofAuto().allocate((long) BYTES * values().length, BYTES);
    }

    static MemorySegment of(OutputStage stage) {
        MemorySegment block = allocate();
        if (stage instanceof OutputStage.Requantize r) {
            DIVISOR.set(block, r.outputScale());
            LOW.set(block, (float) (r.dtype().minValue() - r.zeroPoint()));
            HIGH.set(block, (float) (r.dtype().maxValue() - r.zeroPoint()));
            ZERO_POINT.set(block, r.zeroPoint());
        }
        return block;
    }

    void set(MemorySegment block, float value) {
        set(block, Float.floatToRawIntBits(value));
    }

    void set(MemorySegment block, int bits) {
        for (int i = 0; i < BYTES; i += 4) {
            block.set(INT, (long) BYTES * ordinal() + i, bits);
        }
    }
}
