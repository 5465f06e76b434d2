package dev.octet.kernels.x64;

import dev.octet.kernels.x64.Operand.Mem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What the CPU can do and the operating system saves the registers of.
///
/// @param avx2 AVX2, FMA3 and BMI2
/// @param avxVnni dot products of bytes in AVX2's registers, VEX-encoded
/// @param avx512 AVX-512 F, BW, DQ and VL
/// @param avx512Vnni dot products of bytes in AVX-512
/// @see <a href="https://www.intel.com/sdm">Intel's manual, volume 2, CPUID</a>
record CpuFeatures(boolean avx2, boolean avxVnni, boolean avx512, boolean avx512Vnni) {
    private static final int FMA = 1 << 12;
    private static final int OSXSAVE = 1 << 27;
    private static final int AVX = 1 << 28;
    private static final int AVX2_AND_BMI2 = 1 << 5 | 1 << 8;
    private static final int AVX512 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
    private static final int VNNI = 1 << 11;
    private static final int AVX_VNNI = 1 << 4;

    /// Registers that XGETBV says are saved: xmm and ymm; opmasks and both halves of zmm besides.
    private static final int YMM_SAVED = 6;

    private static final int ZMM_SAVED = 0xE6;

    /// Asks the CPU that runs this, an x86-64.
    ///
    /// @throws CodeMemory.RefusedException if the system gives no memory for code
    static CpuFeatures detect() throws CodeMemory.RefusedException {
        MachineCode cpuid = MachineCode.of(CpuFeatures::cpuid);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocate(16, 8);
            int[] basic = leaf(cpuid, block, 1, 0);
            if ((basic[2] & OSXSAVE) == 0) {
                return new CpuFeatures(false, false, false, false);
            }
            boolean hasExtended = leaf(cpuid, block, 0, 0)[0] >= 7;
            int[] extended = hasExtended ? leaf(cpuid, block, 7, 0) : new int[4];
            int[] more = extended[0] >= 1 ? leaf(cpuid, block, 7, 1) : new int[4];
            MachineCode.of(CpuFeatures::xgetbv).call(block.address());
            return of(basic, extended, more, block.get(ValueLayout.JAVA_INT, 0));
        }
    }

    /// @param basic EAX to EDX of CPUID leaf 1
    /// @param extended likewise of leaf 7
    /// @param more likewise of the second part of leaf 7
    /// @param saved EAX of XGETBV
    static CpuFeatures of(int[] basic, int[] extended, int[] more, int saved) {
        boolean avx2 = has(basic[2], FMA | AVX) && has(extended[1], AVX2_AND_BMI2) && has(saved, YMM_SAVED);
        boolean avx512 = avx2 && has(extended[1], AVX512) && has(saved, ZMM_SAVED);
        return new CpuFeatures(avx2, avx2 && has(more[0], AVX_VNNI), avx512, avx512 && has(extended[2], VNNI));
    }

    private static boolean has(int found, int wanted) {
        return (found & wanted) == wanted;
    }

    /// EAX to EDX of a part of a leaf.
    private static int[] leaf(MachineCode cpuid, MemorySegment block, int leaf, int part) {
        block.fill((byte) 0);
        block.set(ValueLayout.JAVA_INT, 0, leaf);
        block.set(ValueLayout.JAVA_INT, 4, part);
        cpuid.call(block.address());
        return block.toArray(ValueLayout.JAVA_INT);
    }

    /// Arguments: EAX, ECX, and two more; they become EAX to EDX.
    private static void cpuid(Assembler a) {
        a.mov32(Gpr.RAX, Mem.at(Gpr.RDI));
        a.mov32(Gpr.RCX, Mem.at(Gpr.RDI, 4));
        a.cpuid();
        a.mov32(Mem.at(Gpr.RDI), Gpr.RAX);
        a.mov32(Mem.at(Gpr.RDI, 4), Gpr.RBX);
        a.mov32(Mem.at(Gpr.RDI, 8), Gpr.RCX);
        a.mov32(Mem.at(Gpr.RDI, 12), Gpr.RDX);
    }

    /// The argument becomes EAX.
    private static void xgetbv(Assembler a) {
        a.mov(Gpr.RCX, 0);
        a.xgetbv();
        a.mov32(Mem.at(Gpr.RDI), Gpr.RAX);
    }
}
