package dev.octet.kernels.portable;

import dev.octet.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Reads consecutive elements of an operand as floats: FLOAT32 as they are, 8-bit integers less a zero point.
enum Loader {
    FLOAT {
        @Override
        void load(MemorySegment from, long element, int count, float zeroPoint, float[] into, Scratch scratch) {
            MemorySegment.copy(from, ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * element, into, 0, count);
        }
    },
    SIGNED {
        @Override
        void load(MemorySegment from, long element, int count, float zeroPoint, float[] into, Scratch scratch) {
            widen(read(from, element, count, scratch), count, zeroPoint, into);
        }

        @Override
        void widen(byte[] bytes, int count, float zeroPoint, float[] into) {
            for (int i = 0; i < count; i++) {
                into[i] = bytes[i] - zeroPoint;
            }
        }
    },
    UNSIGNED {
        @Override
        void load(MemorySegment from, long element, int count, float zeroPoint, float[] into, Scratch scratch) {
            widen(read(from, element, count, scratch), count, zeroPoint, into);
        }

        @Override
        void widen(byte[] bytes, int count, float zeroPoint, float[] into) {
            // Widening signed bytes becomes vector instructions, widening unsigned ones does not.
            for (int i = 0; i < count; i++) {
                bytes[i] = (byte) (bytes[i] ^ 0x80);
            }
            SIGNED.widen(bytes, count, zeroPoint - 128, into);
        }
    };

    static Loader of(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> FLOAT;
            case INT8 -> SIGNED;
            case UINT8 -> UNSIGNED;
            default -> throw new IllegalArgumentException("expected FLOAT32, INT8 or UINT8, found " + dtype);
        };
    }

    /// Reads `count` elements from index `element` on into `into` from 0 on.
    ///
    /// @param zeroPoint subtracted from integers
    abstract void load(MemorySegment from, long element, int count, float zeroPoint, float[] into, Scratch scratch);

    /// Turns bytes of an 8-bit type to floats less a zero point; the bytes are spent.
    void widen(byte[] bytes, int count, float zeroPoint, float[] into) {
        throw new IllegalStateException(this + " does not read bytes");
    }

    private static byte[] read(MemorySegment from, long element, int count, Scratch scratch) {
        byte[] bytes = scratch.bytes(Scratch.Slot.TEMPORARY, count);
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, element, bytes, 0, count);
        return bytes;
    }

    /// An 8-bit scalar operand.
    int scalar(MemorySegment from, long index) {
        byte value = from.get(ValueLayout.JAVA_BYTE, index);
        return this == UNSIGNED ? value & 0xFF : value;
    }
}
