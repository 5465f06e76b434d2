package dev.octet.kernels.x64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.kernels.x64.Operand.Label;
import dev.octet.kernels.x64.Operand.Mem;
import dev.octet.kernels.x64.Operand.Vec;
import dev.octet.kernels.x64.Operand.Width;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AssemblerTest {
    /// Lines `text = bytes`, made by `src/test/python/make_assembler_golden.py`.
    private static List<String> golden() throws IOException {
        try (InputStream stream = AssemblerTest.class.getResourceAsStream("assembler-golden.txt")) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    @Test
    void encodesAsGnuAs() throws IOException {
        List<String> found = new ArrayList<>();
        for (AssemblerCases.Case c : AssemblerCases.all()) {
            Assembler assembler = new Assembler();
            c.instruction().accept(assembler);
            String bytes = HexFormat.of().formatHex(assembler.finish());
            found.add(c.text() + " = " + (bytes.length() > 60 ? bytes.substring(0, 60) : bytes));
        }
        assertThat(found).containsExactlyElementsOf(golden());
    }

    @Test
    void constantsLieBehindTheCodeOnce() {
        Assembler assembler = new Assembler();
        assembler.emit(VectorOp.VMOVUPS, Vec.y(0), assembler.constant(Width.Y, 1f));
        assembler.emit(VectorOp.VMOVUPS, Vec.y(1), assembler.constant(Width.Y, 1f));
        assembler.ret();
        byte[] code = assembler.finish();
        assertThat(code).hasSize(64 + 32);
        // 1.0f is 0x3F800000; a reference counts from the end of its instruction, which has 8 bytes.
        assertThat(code[64 + 3]).isEqualTo((byte) 0x3F);
        assertThat(code[4]).isEqualTo((byte) (64 - 8));
        assertThat(code[12]).isEqualTo((byte) (64 - 16));
    }

    @Test
    void refusesWhatHasNoEncoding() {
        Assembler assembler = new Assembler();
        assertThatThrownBy(() -> assembler.emit(VectorOp.VPHADDD, Vec.z(1), Vec.z(1), Vec.z(1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Mem.at(Gpr.RAX, Gpr.RSP, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Vec.z(32)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> assembler.movByte(Mem.at(Gpr.RAX), Gpr.RSI))
                .isInstanceOf(IllegalArgumentException.class);
        assembler.jump(new Label());
        assertThatThrownBy(assembler::finish).isInstanceOf(IllegalStateException.class);
    }
}
