package dev.octet.kernels.x64;

import org.jspecify.annotations.Nullable;

/// The last operand of most vector instructions: a register or memory.
sealed interface Operand {
    /// A vector register.
    ///
    /// @param index 0 to 31; those from 16 on exist with AVX-512 only
    /// @param mask opmask register 1 to 7 that selects the elements written, or 0 for all
    /// @param zeroing whether elements not selected become zero instead of staying
    record Vec(int index, Width width, int mask, boolean zeroing) implements Operand {
        public Vec {
            if (index < 0 || index > 31 || mask < 0 || mask > 7) {
                throw new IllegalArgumentException("no such register: " + index + ", mask " + mask);
            }
        }

        static Vec x(int index) {
            return new Vec(index, Width.X, 0, false);
        }

        static Vec y(int index) {
            return new Vec(index, Width.Y, 0, false);
        }

        static Vec z(int index) {
            return new Vec(index, Width.Z, 0, false);
        }

        /// The low part of the register, or all of it.
        Vec as(Width other) {
            return new Vec(index, other, mask, zeroing);
        }

        /// Writes the elements that the opmask selects, zeroes the others.
        Vec zeroing(int opmask) {
            return new Vec(index, width, opmask, true);
        }

        /// Writes the elements that the opmask selects, leaves the others.
        Vec merging(int opmask) {
            return new Vec(index, width, opmask, false);
        }
    }

    /// Memory at `base + index·scale + displacement`, or at a label.
    ///
    /// @param mask opmask register that selects the elements stored, or 0 for all
    /// @param broadcast whether one element of the instruction's type is repeated (AVX-512)
    record Mem(
            @Nullable Gpr base,
            @Nullable Gpr index,
            int scale,
            int displacement,
            @Nullable Label label,
            int mask,
            boolean broadcast)
            implements Operand {
        public Mem {
            if (index == Gpr.RSP || Integer.bitCount(scale) != 1 || scale > 8) {
                throw new IllegalArgumentException("no such address: " + index + "·" + scale);
            }
        }

        static Mem at(Gpr base, int displacement) {
            return new Mem(base, null, 1, displacement, null, 0, false);
        }

        static Mem at(Gpr base) {
            return at(base, 0);
        }

        static Mem at(Gpr base, Gpr index, int scale, int displacement) {
            return new Mem(base, index, scale, displacement, null, 0, false);
        }

        static Mem at(Label label) {
            return new Mem(null, null, 1, 0, label, 0, false);
        }

        Mem plus(int bytes) {
            return new Mem(base, index, scale, displacement + bytes, label, mask, broadcast);
        }

        Mem masked(int opmask) {
            return new Mem(base, index, scale, displacement, label, opmask, broadcast);
        }

        Mem broadcasting() {
            return new Mem(base, index, scale, displacement, label, mask, true);
        }
    }

    /// Length of a vector register: xmm, ymm or zmm.
    enum Width {
        X(16),
        Y(32),
        Z(64);

        final int bytes;

        Width(int bytes) {
            this.bytes = bytes;
        }

        Width half() {
            return this == Z ? Y : X;
        }
    }

    /// A place in the code, bound once.
    final class Label {
        int position = -1;
    }
}
