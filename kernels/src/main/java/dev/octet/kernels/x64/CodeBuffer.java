package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// Bytes of code with references to labels, and what all encodings share: the operand bytes ModRM, SIB and
/// displacement.
final class CodeBuffer {
    private byte[] bytes = new byte[4096];
    private int length;
    private final List<Reference> references = new ArrayList<>();

    /// A distance of 32 bits at `at`, to be counted from `end`, the end of its instruction.
    private record Reference(int at, int end, Label label) {}

    void put(int value) {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * length);
        }
        bytes[length++] = (byte) value;
    }

    void putInt(int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            put(value >> shift);
        }
    }

    int length() {
        return length;
    }

    void bind(Label label) {
        if (label.position >= 0) {
            throw new IllegalStateException("label bound twice");
        }
        label.position = length;
    }

    /// A distance to a label, `following` bytes before the end of the instruction.
    void putReference(Label label, int following) {
        references.add(new Reference(length, length + 4 + following, label));
        putInt(0);
    }

    /// ModRM and what follows it, for a register as the last operand.
    void putRegister(int reg, int rm) {
        put(0xC0 | (reg & 7) << 3 | rm & 7);
    }

    /// ModRM, SIB and displacement.
    ///
    /// @param unit what a displacement of one byte counts
    /// @param immediates bytes of the instruction that follow
    void putMemory(int reg, Mem mem, int unit, int immediates) {
        int field = (reg & 7) << 3;
        if (mem.label() != null) {
            put(field | 5);
            putReference(mem.label(), immediates);
            return;
        }
        int base = Objects.requireNonNull(mem.base()).ordinal() & 7;
        int displacement = mem.displacement();
        boolean small = displacement % unit == 0 && (byte) (displacement / unit) == displacement / unit;
        // A base of RBP or R13 without displacement has no encoding.
        int mode = displacement == 0 && base != 5 ? 0 : small ? 0x40 : 0x80;
        if (mem.index() == null && base != 4) {
            put(mode | field | base);
        } else {
            int index = mem.index() == null ? 4 : mem.index().ordinal() & 7;
            put(mode | field | 4);
            put(Integer.numberOfTrailingZeros(mem.scale()) << 6 | index << 3 | base);
        }
        if (mode == 0x40) {
            put(displacement / unit);
        } else if (mode == 0x80) {
            putInt(displacement);
        }
    }

    void align(int unit, int filler) {
        while (length % unit != 0) {
            put(filler);
        }
    }

    /// The code, with every reference resolved.
    byte[] finish() {
        for (Reference reference : references) {
            if (reference.label.position < 0) {
                throw new IllegalStateException("label never bound");
            }
            int distance = reference.label.position - reference.end;
            for (int i = 0; i < 4; i++) {
                bytes[reference.at + i] = (byte) (distance >> 8 * i);
            }
        }
        return Arrays.copyOf(bytes, length);
    }
}
