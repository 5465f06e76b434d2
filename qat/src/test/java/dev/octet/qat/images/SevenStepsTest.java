package dev.octet.qat.images;

import static org.assertj.core.api.Assertions.assertThat;

import dev.octet.graph.Graph;
import dev.octet.onnx.OnnxReader;
import dev.octet.qat.TrainingEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SevenStepsTest {
    private static final String MARK = "    // ---- README.md\n";

    @Test
    void readmeShowsThePage() throws IOException {
        String source = Files.readString(Path.of("src/test/java/dev/octet/qat/images/SevenSteps.java"));
        String page = source.substring(source.indexOf(MARK) + MARK.length(), source.lastIndexOf(MARK));
        assertThat(page).contains("// 1.", "// 7.");
        assertThat(Files.readString(Path.of("README.md")))
                .contains("```java\n" + page.stripTrailing().stripIndent() + "\n```\n");
    }

    @Test
    void thePageRuns(@TempDir Path folder) throws Exception {
        TrainingEngine.get().setRandomSeed(3);
        Path out = folder.resolve("digits.onnx");
        Graph integer = SevenSteps.run(Digits.training(), Digits.tests(), 6, out);
        assertThat(Digits.tests().accuracy(integer)).isGreaterThan(0.9);
        assertThat(OnnxReader.read(out).nodes()).hasSameSizeAs(integer.nodes());
    }
}
