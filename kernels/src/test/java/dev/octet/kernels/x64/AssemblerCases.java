package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Assembler.Arithmetic;
import dev.octet.kernels.x64.Assembler.Condition;
import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/// Instructions, each as the text that GNU `as` reads (Intel's syntax) and as calls of [Assembler]. Every [VectorOp]
/// appears with low and high registers, in the widths it has, with memory of each form, masks and broadcasts.
///
/// `main` prints the texts for `src/test/python/make_assembler_golden.py`.
final class AssemblerCases {
    record Case(String text, Consumer<Assembler> instruction) {}

    private static final Mem[] MEMORY = {
        Mem.at(Gpr.RDI),
        Mem.at(Gpr.RBP),
        Mem.at(Gpr.R12, 64),
        Mem.at(Gpr.R13, 4),
        Mem.at(Gpr.RSP, 1024),
        Mem.at(Gpr.RAX, Gpr.R9, 4, -128),
        Mem.at(Gpr.R13, Gpr.RCX, 8, 0),
        Mem.at(Gpr.R8, -100_000)
    };

    private static final Set<VectorOp> UNARY =
            EnumSet.of(
                    VectorOp.VSQRTPS,
                    VectorOp.VSQRTPD,
                    VectorOp.VGETEXPPS,
                    VectorOp.VMOVUPS,
                    VectorOp.VMOVDQU,
                    VectorOp.VMOVDQU8,
                    VectorOp.VCVTDQ2PS,
                    VectorOp.VCVTPS2DQ,
                    VectorOp.VCVTTPS2DQ);

    /// Those that read less of their operand than they write.
    private static final Set<VectorOp> WIDENING =
            EnumSet.of(
                    VectorOp.VBROADCASTSS,
                    VectorOp.VPBROADCASTB,
                    VectorOp.VPBROADCASTD,
                    VectorOp.VPBROADCASTQ,
                    VectorOp.VPMOVZXBD,
                    VectorOp.VPMOVSXBD,
                    VectorOp.VPMOVZXBW,
                    VectorOp.VPMOVSXBW,
                    VectorOp.VCVTDQ2PD,
                    VectorOp.VCVTPS2PD);

    private static final Set<VectorOp> MEMORY_ONLY = EnumSet.of(VectorOp.VMOVSS, VectorOp.VMOVQ);

    private static final Set<VectorOp> UNARY_IMMEDIATE =
            EnumSet.of(VectorOp.VROUNDPS, VectorOp.VRNDSCALEPS, VectorOp.VPERMQ);

    private static final Set<VectorOp> IMMEDIATE =
            EnumSet.of(VectorOp.VPERM2F128, VectorOp.VSHUFPS, VectorOp.VCMPPS, VectorOp.VBLENDVPS);

    private static final Set<VectorOp> SHIFTS = EnumSet.of(VectorOp.VPSRLD, VectorOp.VPSRAD, VectorOp.VPSLLD);
    private static final Set<VectorOp> INSERT = EnumSet.of(VectorOp.VINSERTF128, VectorOp.VINSERTF64X4);
    private static final Set<VectorOp> EXTRACT = EnumSet.of(VectorOp.VEXTRACTF128, VectorOp.VEXTRACTF64X4);

    private final List<Case> cases = new ArrayList<>();

    private AssemblerCases() {}

    static List<Case> all() {
        AssemblerCases all = new AssemblerCases();
        for (VectorOp op : VectorOp.values()) {
            all.add(op);
        }
        all.addScalars();
        all.addMemoryForms();
        all.addJumps();
        return all.cases;
    }

    private void add(String text, Consumer<Assembler> instruction) {
        cases.add(new Case(text, instruction));
    }

    /// Widths that an instruction exists in: EVEX brings the longest.
    private static List<Width> widths(VectorOp op) {
        if (op == VectorOp.VPERMQ || op == VectorOp.VPERMD) {
            return List.of(Width.Y, Width.Z);
        }
        if (op == VectorOp.VPERM2F128) {
            return List.of(Width.Y);
        }
        return op.hasEvex() ? List.of(Width.X, Width.Y, Width.Z) : List.of(Width.X, Width.Y);
    }

    private static Vec vec(int index, Width width) {
        return new Vec(index, width, 0, false);
    }

    private void add(VectorOp op) {
        if (MEMORY_ONLY.contains(op)) {
            addUnary(op, vec(9, Width.X), Mem.at(Gpr.R12, 64));
        } else if (op == VectorOp.VMASKMOVPS) {
            addTernary(op, vec(9, Width.Y), vec(3, Width.Y), Mem.at(Gpr.R9, 8));
        } else if (op == VectorOp.VMASKMOVPS_STORE) {
            add("vmaskmovps [r9+8], ymm3, ymm10", a -> a.storeMasked(Mem.at(Gpr.R9, 8), Vec.y(3), Vec.y(10)));
        } else if (op == VectorOp.VPMOVMSKB) {
            add("vpmovmskb r8d, ymm3", a -> a.signs(Gpr.R8, Vec.y(3)));
        } else if (SHIFTS.contains(op)) {
            addShifts(op);
        } else if (op == VectorOp.VCMPPS_MASK) {
            addComparisons();
        } else if (op == VectorOp.VPEXTRB_STORE) {
            add("vpextrb [r9+8], xmm10, 3", a -> a.extractByte(Mem.at(Gpr.R9, 8), Vec.x(10), 3));
        } else if (op == VectorOp.VPMOVQD) {
            add("vpmovqd ymm17, zmm3", a -> a.narrow(op, Vec.y(17), Vec.z(3)));
        } else if (op == VectorOp.VPCOMPRESSD) {
            add("vpcompressd zmm17{k2}{z}, zmm3", a -> a.narrow(op, Vec.z(17).zeroing(2), Vec.z(3)));
            add("vpcompressd ymm9{k1}, ymm30", a -> a.narrow(op, Vec.y(9).merging(1), Vec.y(30)));
        } else if (EXTRACT.contains(op) || INSERT.contains(op)) {
            addHalves(op);
        } else if (op.name().endsWith("_STORE")) {
            addStore(op);
        } else if (WIDENING.contains(op)) {
            addWidening(op);
        } else {
            widths(op).forEach(width -> addArithmetic(op, width));
        }
    }

    private void addShifts(VectorOp op) {
        for (Vec[] pair : new Vec[][] {{Vec.x(1), Vec.x(9)}, {Vec.y(10), Vec.y(3)}, {Vec.z(17), Vec.z(24)}}) {
            add(text(op, pair[0], pair[1]) + ", 23", a -> a.shift(op, pair[0], pair[1], 23));
        }
    }

    private void addComparisons() {
        for (Vec b : new Vec[] {Vec.x(3), Vec.y(18), Vec.z(5)}) {
            Vec a = new Vec(20, b.width(), 0, false);
            add(
                    "vcmpps k3, " + text(a, VectorOp.VCMPPS) + ", " + text(b, VectorOp.VCMPPS) + ", 17",
                    c -> c.compare(3, a, b, 17));
        }
        Mem memory = Mem.at(Gpr.RSI, 64);
        add("vcmpps k5, zmm1, [rsi+64], 1", c -> c.compare(5, Vec.z(1), memory, 1));
    }

    private void addArithmetic(VectorOp op, Width width) {
        addOne(op, vec(1, width), vec(2, width), vec(3, width));
        addOne(op, vec(8, width), vec(9, width), vec(10, width));
        addOne(op, vec(1, width), vec(9, width), Mem.at(Gpr.RSI, 256));
        if (!op.hasEvex()) {
            return;
        }
        addOne(op, vec(17, width), vec(2, width), vec(24, width));
        addOne(op, vec(3, width), vec(30, width), Mem.at(Gpr.R15, 24));
        if (op != VectorOp.VPSADBW) {
            addOne(op, vec(3, width).zeroing(2), vec(14, width), vec(5, width));
            addOne(op, vec(19, width).merging(7), vec(1, width), Mem.at(Gpr.RAX, Gpr.R9, 4, -128));
        }
        if (op.hasBroadcast()) {
            addOne(op, vec(7, width), vec(6, width), Mem.at(Gpr.RBX, 40).broadcasting());
        }
    }

    private void addOne(VectorOp op, Vec result, Vec a, Operand b) {
        if (UNARY.contains(op)) {
            addUnary(op, result, b);
        } else if (op == VectorOp.VCVTPD2PS) {
            // Memory without a length could be of two.
            if (b instanceof Vec && result.mask() == 0) {
                addUnary(op, result.width() == Width.Z ? result.as(Width.Y) : result.as(Width.X), b);
            }
        } else if (UNARY_IMMEDIATE.contains(op)) {
            add(text(op, result, b) + ", 77", c -> c.emit(op, result, b, 77));
        } else if (op == VectorOp.VBLENDVPS) {
            String mask = text(vec(12, result.width()), op);
            add(text(op, result, a, b) + ", " + mask, c -> c.emit(op, result, a, b, 12 << 4));
        } else if (IMMEDIATE.contains(op)) {
            add(text(op, result, a, b) + ", 17", c -> c.emit(op, result, a, b, 17));
        } else {
            addTernary(op, result, a, b);
        }
    }

    private void addUnary(VectorOp op, Vec result, Operand b) {
        add(text(op, result, b), a -> a.emit(op, result, b));
    }

    private void addTernary(VectorOp op, Vec result, Vec a, Operand b) {
        add(text(op, result, a, b), c -> c.emit(op, result, a, b));
    }

    private void addWidening(VectorOp op) {
        for (Width width : List.of(Width.Y, Width.Z)) {
            boolean half = op.displacementUnit(width, false) == width.bytes / 2;
            Width from = half ? width.half() : Width.X;
            boolean evexFrom = op == VectorOp.VPMOVZXBD || op == VectorOp.VPMOVSXBD;
            addUnary(op, vec(2, width), vec(3, evexFrom ? Width.X : from));
            addUnary(op, vec(12, width), Mem.at(Gpr.R8, 16));
            addUnary(op, vec(20, width), Mem.at(Gpr.RDX, 32));
            addUnary(op, vec(4, width).zeroing(1), Mem.at(Gpr.RDX, Gpr.RCX, 1, 0));
        }
    }

    private void addStore(VectorOp op) {
        List<Width> widths =
                switch (op) {
                    case VMOVSS_STORE, VMOVQ_STORE -> List.of(Width.X);
                    case VPMOVDB_STORE -> List.of(Width.Y, Width.Z);
                    default -> widths(op);
                };
        for (Width width : widths) {
            Mem memory = Mem.at(Gpr.R10, 48);
            add(text(op, memory, vec(9, width)), a -> a.store(op, memory, vec(9, width)));
            if (op.hasEvex() && op != VectorOp.VMOVSS_STORE) {
                add(text(op, memory.masked(1), vec(25, width)), a -> a.store(op, memory.masked(1), vec(25, width)));
            }
        }
    }

    private void addHalves(VectorOp op) {
        Width whole = op.needsEvex() ? Width.Z : Width.Y;
        Operand[] halves = {vec(12, whole.half()), Mem.at(Gpr.R11, 96)};
        for (Operand half : halves) {
            if (EXTRACT.contains(op)) {
                add(text(op, half, vec(3, whole)) + ", 1", a -> a.extract(op, half, vec(3, whole), 1));
            } else {
                add(
                        text(op, vec(9, whole), vec(3, whole), half) + ", 1",
                        a -> a.emit(op, vec(9, whole), vec(3, whole), half, 1));
            }
        }
    }

    /// Every form of address, with a one-byte displacement in units of the instruction where EVEX has one.
    private void addMemoryForms() {
        for (Mem memory : MEMORY) {
            addTernary(VectorOp.VADDPS, Vec.y(1), Vec.y(2), memory);
            addTernary(VectorOp.VADDPS, Vec.z(1), Vec.z(2), memory);
            addTernary(VectorOp.VADDPS, Vec.z(1), Vec.z(2), memory.broadcasting());
            addTernary(VectorOp.VFMADD231PS, Vec.y(1), Vec.y(2), memory);
            add("mov r11, " + text(memory, VectorOp.VADDPS), a -> a.mov(Gpr.R11, memory));
            add("mov " + text(memory, VectorOp.VADDPS) + ", rcx", a -> a.mov(memory, Gpr.RCX));
            add("mov " + text(memory, VectorOp.VADDPS) + ", r9d", a -> a.mov32(memory, Gpr.R9));
            add("mov eax, " + text(memory, VectorOp.VADDPS), a -> a.mov32(Gpr.RAX, memory));
            add("lea r14, " + text(memory, VectorOp.VADDPS), a -> a.lea(Gpr.R14, memory));
            add("movzx edx, byte ptr " + text(memory, VectorOp.VADDPS), a -> a.movzxByte(Gpr.RDX, memory));
            add("mov " + text(memory, VectorOp.VADDPS) + ", bl", a -> a.movByte(memory, Gpr.RBX));
            add("prefetcht0 " + text(memory, VectorOp.VADDPS), a -> a.prefetch(memory));
        }
    }

    private void addScalars() {
        for (Gpr r : new Gpr[] {Gpr.RAX, Gpr.RSI, Gpr.R13}) {
            String name = text(r);
            add("mov " + name + ", rbx", a -> a.mov(r, Gpr.RBX));
            add("mov r8, " + name, a -> a.mov(Gpr.R8, r));
            add("mov " + name + ", -7", a -> a.mov(r, -7));
            add("test " + name + ", r9", a -> a.test(r, Gpr.R9));
            add("imul " + name + ", r10, 12", a -> a.multiply(r, Gpr.R10, 12));
            add("imul " + name + ", rcx, 1200", a -> a.multiply(r, Gpr.RCX, 1200));
            add("imul " + name + ", r11", a -> a.multiply(r, Gpr.R11));
            add("shl " + name + ", 3", a -> a.shiftLeft(r, 3));
            add("shr " + name + ", 1", a -> a.shiftRight(r, 1));
            add("push " + name, a -> a.push(r));
            add("pop " + name, a -> a.pop(r));
            String low = r == Gpr.R13 ? "r13d" : "e" + name.substring(1);
            add("kmovd k3, " + low, a -> a.moveMask(3, r));
            add("kmovd " + low + ", k6", a -> a.moveMask(r, 6));
            add("popcnt " + low + ", r9d", a -> a.countBits32(r, Gpr.R9));
            add("mov " + low + ", r10d", a -> a.mov32(r, Gpr.R10));
            add("kmovq k5, " + name, a -> a.moveLongMask(5, r));
            add("bzhi " + name + ", rdx, r12", a -> a.lowBits(r, Gpr.RDX, Gpr.R12));
            add("inc dword ptr [" + name + "+r9*4+8256]", a -> a.increment32(Mem.at(r, Gpr.R9, 4, 8256)));
            for (Arithmetic op : Arithmetic.values()) {
                String mnemonic = op.name().toLowerCase(Locale.ROOT);
                add(mnemonic + " " + name + ", rdi", a -> a.arithmetic(op, r, Gpr.RDI));
                add(mnemonic + " " + name + ", 100", a -> a.arithmetic(op, r, 100));
                add(mnemonic + " " + name + ", -1000", a -> a.arithmetic(op, r, -1000));
                Mem memory = Mem.at(r, 72);
                add(mnemonic + " rcx, [" + name + "+72]", a -> a.arithmetic(op, Gpr.RCX, memory));
                add(mnemonic + " qword ptr [" + name + "+72], 4", a -> a.arithmetic(op, memory, 4));
                add(mnemonic + " qword ptr [" + name + "+72], 400", a -> a.arithmetic(op, memory, 400));
            }
        }
        add("vzeroupper", Assembler::vzeroupper);
        add("cpuid", Assembler::cpuid);
        add("xgetbv", Assembler::xgetbv);
        add("rep movsb", Assembler::copyBytes);
        add("ret", Assembler::ret);
    }

    /// References are always of four bytes, which `as` chooses for far labels only.
    private void addJumps() {
        String nops = "; .rept 300; ret; .endr";
        add("jmp 9f" + nops + "; 9:", a -> jumpFar(a, null));
        for (Condition condition : Condition.values()) {
            String mnemonic =
                    switch (condition) {
                        case BELOW -> "jb";
                        case ABOVE_EQUAL -> "jae";
                        case ZERO -> "jz";
                        case NOT_ZERO -> "jnz";
                        case LESS -> "jl";
                        case GREATER_EQUAL -> "jge";
                        case LESS_EQUAL -> "jle";
                        case GREATER -> "jg";
                    };
            add(mnemonic + " 9f" + nops + "; 9:", a -> jumpFar(a, condition));
        }
        add(
                "vaddps ymm1, ymm2, [rip+9f]; vshufps zmm1, zmm2, [rip+9f], 3; 9:",
                a -> {
                    Label label = new Label();
                    a.emit(VectorOp.VADDPS, Vec.y(1), Vec.y(2), Mem.at(label));
                    a.emit(VectorOp.VSHUFPS, Vec.z(1), Vec.z(2), Mem.at(label), 3);
                    a.bind(label);
                });
    }

    private static void jumpFar(Assembler assembler, Condition condition) {
        Label label = new Label();
        if (condition == null) {
            assembler.jump(label);
        } else {
            assembler.jump(condition, label);
        }
        for (int i = 0; i < 300; i++) {
            assembler.ret();
        }
        assembler.bind(label);
    }

    private static String text(VectorOp op, Operand... operands) {
        StringBuilder text = new StringBuilder(op.name().endsWith("_VEX") ? "{vex} " : "");
        text.append(op.name().replace("_STORE", "").replace("_VEX", "").toLowerCase(Locale.ROOT));
        String separator = " ";
        for (Operand operand : operands) {
            text.append(separator).append(text(operand, op));
            separator = ", ";
        }
        return text.toString();
    }

    private static String text(Operand operand, VectorOp op) {
        return switch (operand) {
            case Vec v ->
                    v.width().name().toLowerCase(Locale.ROOT)
                            + "mm"
                            + v.index()
                            + (v.mask() == 0 ? "" : "{k" + v.mask() + "}" + (v.zeroing() ? "{z}" : ""));
            case Mem m ->
                    "["
                            + text(m.base())
                            + (m.index() == null ? "" : "+" + text(m.index()) + "*" + m.scale())
                            + (m.displacement() < 0 ? "" : "+")
                            + m.displacement()
                            + "]"
                            + (m.mask() == 0 ? "" : "{k" + m.mask() + "}")
                            + (m.broadcast() ? "{broadcast}" : "");
        };
    }

    private static String text(Gpr register) {
        return register.name().toLowerCase(Locale.ROOT);
    }

    /// Prints one text a line.
    public static void main(String[] arguments) {
        all().forEach(c -> System.out.println(c.text()));
    }
}
