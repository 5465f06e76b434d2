package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// Runs what was assembled, where there is such a CPU, and a system that tells of its memory and its CPU.
@EnabledOnOs(
        value = OS.LINUX,
        architectures = {"amd64", "x86_64"})
final class MachineCodeTest {
    private static long[] run(MachineCode code, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = arena.allocateFrom(ValueLayout.JAVA_LONG, arguments);
            code.call(block.address());
            return block.toArray(ValueLayout.JAVA_LONG);
        }
    }

    @Test
    void argumentsComeInOneBlock() throws CodeMemory.RefusedException {
        MachineCode sum =
                MachineCode.of(a -> {
                    a.mov(Gpr.RAX, Mem.at(Gpr.RDI));
                    a.arithmetic(Assembler.Arithmetic.ADD, Gpr.RAX, Mem.at(Gpr.RDI, 8));
                    a.mov(Mem.at(Gpr.RDI, 16), Gpr.RAX);
                });
        assertThat(run(sum, 40, 2, 0)).containsExactly(40, 2, 42);
    }

    @Test
    void codeIsNeverWritable() throws CodeMemory.RefusedException, IOException {
        MemorySegment code = CodeMemory.executable(HexFormat.of().parseHex("c3"));
        assertThat(code.isReadOnly()).isTrue();
        Path maps = Path.of("/proc/self/maps");
        String start = Long.toHexString(code.address()) + "-";
        assertThat(Files.readAllLines(maps)).anyMatch(line -> line.startsWith(start) && line.contains(" r-xp "));
    }

    /// Calls a function by the convention of Windows, from a function by that of this system, with every register that
    /// the former preserves set before.
    @Test
    void theMicrosoftConventionPreservesWhatItMust() throws CodeMemory.RefusedException {
        byte[] function = MachineCode.assemble(MachineCode.Convention.MICROSOFT, MachineCodeTest::overwriteRegisters);
        MachineCode caller =
                MachineCode.of(a -> {
                    a.mov(Gpr.RCX, Gpr.RDI);
                    a.mov(Gpr.RSI, 1234);
                    a.mov(Gpr.R12, Gpr.RDI);
                    a.emit(VectorOp.VMOVUPS, Vec.x(6), Mem.at(Gpr.RDI, 16));
                    a.emit(VectorOp.VMOVUPS, Vec.x(15), Mem.at(Gpr.RDI, 16));
                    Operand.Label after = new Operand.Label();
                    a.lea(Gpr.RAX, Mem.at(after));
                    a.push(Gpr.RAX);
                    a.bytes(function);
                    a.bind(after);
                    a.mov(Mem.at(Gpr.R12, 32), Gpr.RDI);
                    a.mov(Mem.at(Gpr.R12, 40), Gpr.RSI);
                    a.store(VectorOp.VMOVUPS_STORE, Mem.at(Gpr.R12, 48), Vec.x(6));
                    a.store(VectorOp.VMOVUPS_STORE, Mem.at(Gpr.R12, 64), Vec.x(15));
                });
        long[] found = run(caller, 0, 0, 77, 88, 0, 0, 0, 0, 0, 0);
        assertThat(found[0]).as("the argument arrived").isEqualTo(found[4]);
        assertThat(List.of(found[5], found[6], found[7], found[8], found[9]))
                .containsExactly(1234L, 77L, 88L, 77L, 88L);
    }

    private static void overwriteRegisters(Assembler a) {
        a.mov(Mem.at(Gpr.RDI), Gpr.RDI);
        for (Gpr register : Gpr.values()) {
            if (register != Gpr.RSP) {
                a.mov(register, -1);
            }
        }
        for (int i = 0; i < 16; i++) {
            a.emit(VectorOp.VXORPS, Vec.x(i), Vec.x(i), Vec.x(i));
        }
    }

    @Test
    void theCpuSaysWhatTheSystemSays() throws CodeMemory.RefusedException, IOException {
        Path info = Path.of("/proc/cpuinfo");
        String flags =
                Files.readAllLines(info).stream().filter(line -> line.startsWith("flags")).findFirst().orElseThrow()
                        + " ";
        boolean avx2 = List.of(" avx2 ", " fma ", " bmi2 ").stream().allMatch(flags::contains);
        boolean avx512 =
                avx2
                        && List.of(" avx512f ", " avx512bw ", " avx512dq ", " avx512vl ").stream()
                                .allMatch(flags::contains);
        assertThat(CpuFeatures.detect())
                .isEqualTo(
                        new CpuFeatures(
                                avx2,
                                avx2 && flags.contains(" avx_vnni "),
                                avx512,
                                avx512 && flags.contains(" avx512_vnni ")));
    }

    @Test
    void tiersNeedRegistersThatTheSystemSaves() {
        int[] basic = {0, 0, -1, -1};
        int[] extended = {-1, -1, -1, -1};
        assertThat(Tier.of(CpuFeatures.of(basic, extended, extended, 0xE7))).containsExactly(Tier.values());
        assertThat(Tier.of(CpuFeatures.of(basic, new int[] {0, -1, 0, 0}, new int[4], 0xE7)))
                .containsExactly(Tier.AVX2, Tier.AVX512);
        assertThat(Tier.of(CpuFeatures.of(basic, extended, new int[] {-1, 0, 0, 0}, 7)))
                .containsExactly(Tier.AVX2, Tier.AVX_VNNI);
        assertThat(Tier.of(CpuFeatures.of(basic, extended, new int[4], 7))).containsExactly(Tier.AVX2);
        assertThat(Tier.of(CpuFeatures.of(basic, extended, extended, 3))).isEmpty();
        assertThat(Tier.of(CpuFeatures.of(new int[4], extended, extended, 0xE7))).isEmpty();
    }
}
