package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Encodes x86-64 instructions: the vector instructions of [VectorOp] with VEX where that suffices and EVEX where not,
/// and the few scalar ones that loops need. Operands are in Intel's order, the result first.
///
/// After [#finish] the code holds its constants behind its instructions.
final class Assembler {
    /// Conditions of jumps, by their code.
    enum Condition {
        BELOW(2),
        ABOVE_EQUAL(3),
        ZERO(4),
        NOT_ZERO(5),
        LESS(12),
        GREATER_EQUAL(13),
        LESS_EQUAL(14),
        GREATER(15);

        private final int code;

        Condition(int code) {
            this.code = code;
        }
    }

    /// Two-operand arithmetic on 64 bits: the opcode with a register or memory as the second operand, and the digit
    /// that selects it among the forms with a constant.
    enum Arithmetic {
        ADD(0x03, 0),
        OR(0x0B, 1),
        AND(0x23, 4),
        SUB(0x2B, 5),
        XOR(0x33, 6),
        CMP(0x3B, 7);

        private final int opcode;
        private final int digit;

        Arithmetic(int opcode, int digit) {
            this.opcode = opcode;
            this.digit = digit;
        }
    }

    private final CodeBuffer code = new CodeBuffer();
    private final Map<List<Integer>, Label> constants = new LinkedHashMap<>();

    /// `op result, a, b`.
    void emit(VectorOp op, Vec result, Vec a, Operand b) {
        encode(op, result, result.index(), a.index(), b, widest(result, b), -1);
    }

    /// `op result, a, b, immediate`.
    void emit(VectorOp op, Vec result, Vec a, Operand b, int immediate) {
        encode(op, result, result.index(), a.index(), b, widest(result, b), immediate & 0xFF);
    }

    /// `op result, b`.
    void emit(VectorOp op, Vec result, Operand b) {
        encode(op, result, result.index(), 0, b, widest(result, b), -1);
    }

    /// `op result, b, immediate`.
    void emit(VectorOp op, Vec result, Operand b, int immediate) {
        encode(op, result, result.index(), 0, b, widest(result, b), immediate & 0xFF);
    }

    /// `op to, from` of the ops that store.
    void store(VectorOp op, Mem to, Vec from) {
        encode(op, from.merging(to.mask()), from.index(), 0, to, from.width(), -1);
    }

    /// `op to, from, immediate`: extracts of halves, to a register or memory.
    void extract(VectorOp op, Operand to, Vec from, int immediate) {
        encode(op, from, from.index(), 0, to, from.width(), immediate & 0xFF);
    }

    /// `op to, from` of the ops that write half a vector.
    void narrow(VectorOp op, Vec to, Vec from) {
        encode(op, to, from.index(), 0, to, from.width(), -1);
    }

    /// `vmaskmovps`: the elements whose sign is set in `mask`.
    void storeMasked(Mem to, Vec mask, Vec from) {
        encode(VectorOp.VMASKMOVPS_STORE, from, from.index(), mask.index(), to, from.width(), -1);
    }

    /// `vpmovmskb result, from`.
    void signs(Gpr result, Vec from) {
        encode(VectorOp.VPMOVMSKB, from, result.ordinal(), 0, from, from.width(), -1);
    }

    /// `op result, a, bits` of VPSRLD, VPSRAD and VPSLLD.
    void shift(VectorOp op, Vec result, Vec a, int bits) {
        int digit =
                switch (op) {
                    case VPSRLD -> 2;
                    case VPSRAD -> 4;
                    case VPSLLD -> 6;
                    default -> throw new IllegalArgumentException(op + " is no shift");
                };
        encode(op, result, digit, result.index(), a, result.width(), bits);
    }

    /// `vcmpps opmask, a, b, predicate`.
    void compare(int opmask, Vec a, Operand b, int predicate) {
        encode(VectorOp.VCMPPS_MASK, a.merging(0), opmask, a.index(), b, a.width(), predicate);
    }

    /// `vpextrb to, from, index`.
    void extractByte(Mem to, Vec from, int index) {
        encode(VectorOp.VPEXTRB_STORE, from, from.index(), 0, to, Width.X, index);
    }

    private static Width widest(Vec result, Operand b) {
        return b instanceof Vec v && v.width().bytes > result.width().bytes ? v.width() : result.width();
    }

    /// @param target the register operand whose mask counts
    /// @param immediate the constant byte, or -1
    private void encode(VectorOp op, Vec target, int reg, int vvvv, Operand b, Width width, int immediate) {
        boolean broadcast = b instanceof Mem m && m.broadcast();
        int rm = b instanceof Vec v ? v.index() : 0;
        boolean evex =
                op.needsEvex()
                        || broadcast
                        || target.mask() != 0
                        || width == Width.Z
                        || Math.max(reg, Math.max(vvvv, rm)) > 15;
        if (evex && !op.hasEvex()) {
            throw new IllegalArgumentException(op + " has no form for these operands");
        }
        if (evex) {
            evexPrefix(op, target, reg, vvvv, b, width, broadcast);
        } else {
            vexPrefix(op.map, op.prefix, op.vexW(), reg, vvvv, b, width == Width.Y ? 1 : 0);
        }
        code.put(op.opcode);
        switch (b) {
            case Vec v -> code.putRegister(reg, v.index());
            case Mem m ->
                    code.putMemory(reg, m, evex ? op.displacementUnit(width, broadcast) : 1, immediate < 0 ? 0 : 1);
        }
        if (immediate >= 0) {
            code.put(immediate);
        }
    }

    /// Bit 3 of the last operand's register or base, and of its index (or bit 4 of the register).
    private static int high(Operand b) {
        return switch (b) {
            case Vec v -> v.index() >> 3 & 1;
            case Mem m -> m.base() == null ? 0 : m.base().ordinal() >> 3;
        };
    }

    private static int higher(Operand b) {
        return switch (b) {
            case Vec v -> v.index() >> 4;
            case Mem m -> m.index() == null ? 0 : m.index().ordinal() >> 3;
        };
    }

    private static int prefixCode(int prefix) {
        return switch (prefix) {
            case 0x66 -> 1;
            case 0xF3 -> 2;
            case 0xF2 -> 3;
            default -> 0;
        };
    }

    private void vexPrefix(VectorOp.Map map, int prefix, int w, int reg, int vvvv, Operand b, int length) {
        int last = (~vvvv & 15) << 3 | length << 2 | prefixCode(prefix);
        int r = (reg >> 3 ^ 1) << 7;
        if (high(b) == 0 && higher(b) == 0 && w == 0 && map == VectorOp.Map.M0F) {
            code.put(0xC5);
            code.put(r | last);
            return;
        }
        code.put(0xC4);
        code.put(r | (higher(b) ^ 1) << 6 | (high(b) ^ 1) << 5 | map.ordinal() + 1);
        code.put(w << 7 | last);
    }

    private void evexPrefix(VectorOp op, Vec target, int reg, int vvvv, Operand b, Width width, boolean broadcast) {
        code.put(0x62);
        code.put(
                (reg >> 3 & 1 ^ 1) << 7
                        | (higher(b) ^ 1) << 6
                        | (high(b) ^ 1) << 5
                        | (reg >> 4 ^ 1) << 4
                        | op.map.ordinal() + 1);
        code.put(op.evexW() << 7 | (~vvvv & 15) << 3 | 4 | prefixCode(op.prefix));
        code.put(
                (target.zeroing() ? 0x80 : 0)
                        | width.ordinal() << 5
                        | (broadcast ? 0x10 : 0)
                        | (vvvv >> 4 ^ 1) << 3
                        | target.mask());
    }

    /// `kmovd k, from`: the opmask register of that number.
    void moveMask(int mask, Gpr from) {
        vexPrefix(VectorOp.Map.M0F, 0xF2, 0, mask, 0, Vec.x(from.ordinal()), 0);
        code.put(0x92);
        code.putRegister(mask, from.ordinal());
    }

    /// `kmovd to, k`.
    void moveMask(Gpr to, int mask) {
        vexPrefix(VectorOp.Map.M0F, 0xF2, 0, to.ordinal(), 0, Vec.x(mask), 0);
        code.put(0x93);
        code.putRegister(to.ordinal(), mask);
    }

    /// `popcnt to, from` of 32 bits.
    void countBits32(Gpr to, Gpr from) {
        code.put(0xF3);
        scalar(0, 0x0FB8, to.ordinal(), from);
    }

    /// `kmovq k, from`.
    void moveLongMask(int mask, Gpr from) {
        vexPrefix(VectorOp.Map.M0F, 0xF2, 1, mask, 0, Vec.x(from.ordinal()), 0);
        code.put(0x92);
        code.putRegister(mask, from.ordinal());
    }

    /// `bzhi to, from, count`: the low `count` bits of `from`.
    void lowBits(Gpr to, Gpr from, Gpr count) {
        vexPrefix(VectorOp.Map.M0F38, 0, 1, to.ordinal(), count.ordinal(), Vec.x(from.ordinal()), 0);
        code.put(0xF5);
        code.putRegister(to.ordinal(), from.ordinal());
    }

    void vzeroupper() {
        code.put(0xC5);
        code.put(0xF8);
        code.put(0x77);
    }

    private void rex(int w, int reg, Operand b) {
        int bits = w << 3 | reg >> 3 << 2 | higher(b) << 1 | high(b);
        if (bits != 0) {
            code.put(0x40 | bits);
        }
    }

    private void scalar(int w, int opcode, int reg, Mem mem, int immediates) {
        rex(w, reg, mem);
        opcode(opcode);
        code.putMemory(reg, mem, 1, immediates);
    }

    private void scalar(int w, int opcode, int reg, Gpr rm) {
        rex(w, reg, Vec.x(rm.ordinal()));
        opcode(opcode);
        code.putRegister(reg, rm.ordinal());
    }

    private void opcode(int opcode) {
        if (opcode > 0xFF) {
            code.put(opcode >> 8);
        }
        code.put(opcode);
    }

    /// `mov to, from` of 64 bits.
    void mov(Gpr to, Gpr from) {
        scalar(1, 0x89, from.ordinal(), to);
    }

    void mov(Gpr to, Mem from) {
        scalar(1, 0x8B, to.ordinal(), from, 0);
    }

    void mov(Mem to, Gpr from) {
        scalar(1, 0x89, from.ordinal(), to, 0);
    }

    /// A constant that sign extension of 32 bits gives.
    void mov(Gpr to, int value) {
        scalar(1, 0xC7, 0, to);
        code.putInt(value);
    }

    /// `mov to, from` of 32 bits.
    void mov32(Mem to, Gpr from) {
        scalar(0, 0x89, from.ordinal(), to, 0);
    }

    void mov32(Gpr to, Mem from) {
        scalar(0, 0x8B, to.ordinal(), from, 0);
    }

    /// `mov to, from` of 32 bits, the upper half becomes zero.
    void mov32(Gpr to, Gpr from) {
        scalar(0, 0x89, from.ordinal(), to);
    }

    /// The byte at `from`, extended with zeros.
    void movzxByte(Gpr to, Mem from) {
        scalar(0, 0x0FB6, to.ordinal(), from, 0);
    }

    /// The low byte of `from`, which is one of the first four registers: others need a prefix.
    void movByte(Mem to, Gpr from) {
        if (from.ordinal() > 3) {
            throw new IllegalArgumentException("expected RAX to RBX, found " + from);
        }
        scalar(0, 0x88, from.ordinal(), to, 0);
    }

    void lea(Gpr to, Mem address) {
        scalar(1, 0x8D, to.ordinal(), address, 0);
    }

    void arithmetic(Arithmetic op, Gpr to, Gpr from) {
        // The form whose result may be memory is the one assemblers choose.
        scalar(1, op.opcode - 2, from.ordinal(), to);
    }

    void arithmetic(Arithmetic op, Gpr to, Mem from) {
        scalar(1, op.opcode, to.ordinal(), from, 0);
    }

    void arithmetic(Arithmetic op, Gpr to, int value) {
        boolean small = (byte) value == value;
        if (!small && to == Gpr.RAX) {
            // The accumulator has a form of its own, one byte shorter.
            rex(1, 0, Vec.x(0));
            code.put(op.digit << 3 | 5);
        } else {
            scalar(1, small ? 0x83 : 0x81, op.digit, to);
        }
        putImmediate(value, small);
    }

    /// `inc` of 32 bits of memory.
    void increment32(Mem to) {
        scalar(0, 0xFF, 0, to, 0);
    }

    /// On 64 bits of memory.
    void arithmetic(Arithmetic op, Mem to, int value) {
        boolean small = (byte) value == value;
        scalar(1, small ? 0x83 : 0x81, op.digit, to, small ? 1 : 4);
        putImmediate(value, small);
    }

    private void putImmediate(int value, boolean small) {
        if (small) {
            code.put(value);
        } else {
            code.putInt(value);
        }
    }

    void add(Gpr to, int value) {
        arithmetic(Arithmetic.ADD, to, value);
    }

    void add(Gpr to, Gpr from) {
        arithmetic(Arithmetic.ADD, to, from);
    }

    void sub(Gpr to, int value) {
        arithmetic(Arithmetic.SUB, to, value);
    }

    void sub(Gpr to, Gpr from) {
        arithmetic(Arithmetic.SUB, to, from);
    }

    void cmp(Gpr a, int value) {
        arithmetic(Arithmetic.CMP, a, value);
    }

    void cmp(Gpr a, Gpr b) {
        arithmetic(Arithmetic.CMP, a, b);
    }

    void test(Gpr a, Gpr b) {
        scalar(1, 0x85, b.ordinal(), a);
    }

    /// `imul to, from, factor`.
    void multiply(Gpr to, Gpr from, int factor) {
        boolean small = (byte) factor == factor;
        scalar(1, small ? 0x6B : 0x69, to.ordinal(), from);
        putImmediate(factor, small);
    }

    void multiply(Gpr to, Gpr from) {
        scalar(1, 0x0FAF, to.ordinal(), from);
    }

    void shiftLeft(Gpr to, int bits) {
        shift(4, to, bits);
    }

    void shiftRight(Gpr to, int bits) {
        shift(5, to, bits);
    }

    private void shift(int digit, Gpr to, int bits) {
        scalar(1, bits == 1 ? 0xD1 : 0xC1, digit, to);
        if (bits != 1) {
            code.put(bits);
        }
    }

    void push(Gpr from) {
        rex(0, 0, Vec.x(from.ordinal()));
        code.put(0x50 | from.ordinal() & 7);
    }

    void pop(Gpr to) {
        rex(0, 0, Vec.x(to.ordinal()));
        code.put(0x58 | to.ordinal() & 7);
    }

    /// `rep movsb`: copies RCX bytes from RSI to RDI and moves both.
    void copyBytes() {
        code.put(0xF3);
        code.put(0xA4);
    }

    void ret() {
        code.put(0xC3);
    }

    void cpuid() {
        code.put(0x0F);
        code.put(0xA2);
    }

    void xgetbv() {
        code.put(0x0F);
        code.put(0x01);
        code.put(0xD0);
    }

    void prefetch(Mem address) {
        scalar(0, 0x0F18, 1, address, 0);
    }

    void bind(Label label) {
        code.bind(label);
    }

    /// Code assembled before, which must hold no reference to anything outside it.
    void bytes(byte[] assembled) {
        for (byte b : assembled) {
            code.put(b);
        }
    }

    /// Starts what follows at a multiple of 32 bytes, where decoders like loops to start.
    void alignLoop() {
        code.align(32, 0x90);
    }

    void jump(Label to) {
        code.put(0xE9);
        code.putReference(to, 0);
    }

    void jump(Condition condition, Label to) {
        code.put(0x0F);
        code.put(0x80 | condition.code);
        code.putReference(to, 0);
    }

    /// A vector of constants, as long as the array, in the code's memory. Equal vectors are stored once.
    Mem constant(int... values) {
        List<Integer> key = Arrays.stream(values).boxed().toList();
        return Mem.at(constants.computeIfAbsent(key, _ -> new Label()));
    }

    /// A vector that holds one value in each element of 32 bits.
    Mem constant(Width width, int value) {
        int[] values = new int[width.bytes / 4];
        Arrays.fill(values, value);
        return constant(values);
    }

    Mem constant(Width width, float value) {
        return constant(width, Float.floatToRawIntBits(value));
    }

    /// The code, with its constants at multiples of 64 bytes behind it.
    byte[] finish() {
        // New ones cannot appear any more, and the order is that of their first use.
        for (Map.Entry<List<Integer>, Label> constant : new ArrayList<>(constants.entrySet())) {
            code.align(64, 0xCC);
            code.bind(constant.getValue());
            constant.getKey().forEach(code::putInt);
        }
        return code.finish();
    }
}
