package dev.octet.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GuardedMemoryTest {
    @Test
    void buffersHoldWhatIsWritten() {
        Generator.forAll(
                7,
                50,
                g -> {
                    try (GuardedMemory memory = GuardedMemory.open()) {
                        Tensor tensor = g.integers(DType.INT8, Shape.of(g.integer(0, 9000)));
                        TensorAssert.assertThat(memory.copyOf(tensor)).isIdenticalTo(tensor);
                    }
                });
    }

    @Test
    void buffersTouchTheGuardAndAreZeroed() {
        try (GuardedMemory memory = GuardedMemory.open()) {
            MemorySegment ending = memory.endingAtGuard(100);
            MemorySegment starting = memory.startingAtGuard(100);
            assertThat((ending.address() + 100) % 4096).isZero();
            assertThat(starting.address() % 4096).isZero();
            assertThat(ending.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        }
    }

    @Test
    void writesBesideABufferAreFoundOnClose() {
        for (int offset : new int[] {-1, 40}) {
            GuardedMemory memory = GuardedMemory.withoutPageGuards();
            MemorySegment buffer = offset < 0 ? memory.endingAtGuard(40) : memory.startingAtGuard(40);
            wildPointer(buffer.address() + offset, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            assertThatThrownBy(memory::close)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("40 bytes, " + offset + " bytes from its start");
        }
    }

    @Test
    void aReadPastTheGuardEndsTheProcess(@TempDir Path crashLogs) throws Exception {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:-CreateCoredumpOnCrash",
                                "-XX:ErrorFile=" + crashLogs.resolve("crash.log"),
                                "--enable-native-access=ALL-UNNAMED",
                                "-classpath",
                                System.getProperty("java.class.path"),
                                Overrun.class.getName())
                        .redirectErrorStream(true)
                        .start();
        String output;
        try (InputStream stream = process.getInputStream()) {
            output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
        boolean guarded;
        try (GuardedMemory memory = GuardedMemory.open()) {
            guarded = memory.hasPageGuards();
        }
        assertThat(output).contains("inside: 0");
        assertThat(List.of(process.waitFor() == 0, output.contains("outside")))
                .as("output: %s", output)
                .containsOnly(!guarded);
    }

    private static MemorySegment wildPointer(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    /// Reads the last byte of a guarded buffer and the one after it.
    static final class Overrun {
        private Overrun() {}

        public static void main(String[] args) {
            GuardedMemory memory = GuardedMemory.open();
            MemorySegment buffer = memory.endingAtGuard(10);
            System.out.println("inside: " + wildPointer(buffer.address() + 9, 1).get(ValueLayout.JAVA_BYTE, 0));
            System.out.flush();
            System.out.println("outside: " + wildPointer(buffer.address() + 10, 1).get(ValueLayout.JAVA_BYTE, 0));
        }
    }
}
