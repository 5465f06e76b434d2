package dev.octet.conformance.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.conformance.Repository;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Inputs that the fuzzer found, and some of each kind to begin with, still end as they should. CONTRIBUTING.md has the
/// command that finds more.
class FuzzRegressionTest {
    private static final Path INPUTS = Path.of("conformance/src/test/fuzz");

    private interface Target {
        void run(byte[] input) throws IOException;
    }

    @TestFactory
    Stream<DynamicTest> models() throws IOException {
        return replay("ReaderFuzz", ReaderFuzz::fuzzerTestOneInput);
    }

    @TestFactory
    Stream<DynamicTest> calibrationTables() throws IOException {
        return replay("CalibrationTableFuzz", CalibrationTableFuzz::fuzzerTestOneInput);
    }

    private static Stream<DynamicTest> replay(String name, Target target) throws IOException {
        List<Path> inputs;
        try (Stream<Path> files = Files.list(Repository.root().resolve(INPUTS).resolve(name))) {
            inputs = files.sorted().toList();
        }
        assertThat(inputs).isNotEmpty();
        return inputs.stream()
                .map(file ->
                        DynamicTest.dynamicTest(
                                file.getFileName().toString(), () -> target.run(Files.readAllBytes(file))));
    }
}
