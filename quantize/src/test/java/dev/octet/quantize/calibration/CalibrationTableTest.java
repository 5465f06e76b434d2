package dev.octet.quantize.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.octet.quant.Granularity;
import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.quantize.observer.Observer;
import dev.octet.quantize.observer.ObserverSpec;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.test.Generator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CalibrationTableTest {
    @TempDir Path folder;

    private static CalibrationTable table() {
        Generator g = Generator.of(11);
        Map<String, CalibrationEntry> entries = new LinkedHashMap<>();
        for (ObserverSpec spec :
                List.of(
                        ObserverSpec.MIN_MAX,
                        ObserverSpec.MOVING_AVERAGE,
                        ObserverSpec.PER_CHANNEL,
                        new ObserverSpec.Histogram(16))) {
            Observer observer = spec.create(1);
            observer.observe(g.floats(Shape.of(4, 3), -1, 1));
            observer.observe(g.floats(Shape.of(5, 3), -2, 0.3f));
            QuantParams params = observer.params(QuantScheme.affine(DType.UINT8).reduced(), NumericsProfile.PYTORCH);
            entries.put("value/" + spec + " \"é\"", new CalibrationEntry(params, observer.state()));
        }
        entries.put("fixed", new CalibrationEntry(QuantParams.perTensor(DType.INT8, 0.1f, -128), null));
        QuantParams grouped =
                new QuantParams(
                        DType.INT4,
                        -8,
                        7,
                        new Granularity.PerGroup(1, 32),
                        new float[] {1e-30f, 3e38f},
                        new int[] {0, -3});
        entries.put("grouped", new CalibrationEntry(grouped, null));
        return new CalibrationTable(
                new Provenance("1.0", "abc123", "x86", "two lines\nof text", 2, "2026-01-01T00:00:00Z"), entries);
    }

    @Test
    void loadsWhatWasSaved() throws IOException {
        Path file = folder.resolve("table.json");
        table().save(file);
        assertThat(CalibrationTable.load(file)).isEqualTo(table());
        assertThat(CalibrationTable.load(file).entries().keySet())
                .containsExactlyElementsOf(table().entries().keySet());
        table().with("fixed", new CalibrationEntry(QuantParams.perTensor(DType.UINT8, 2, 3), null)).save(file);
        assertThat(CalibrationTable.load(file).entry("fixed").orElseThrow().params().scale()).isEqualTo(2);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("no temporary file stays").containsExactly(file);
        }
    }

    @Test
    void damagedFilesAreRefusedOrReadButNeverBreakAnything() throws IOException {
        Path file = folder.resolve("table.json");
        table().save(file);
        byte[] good = Files.readAllBytes(file);
        Path damaged = folder.resolve("damaged.json");
        for (int length = 0; length < good.length; length += 1 + length / 17) {
            Files.write(damaged, java.util.Arrays.copyOf(good, length));
            assertThatThrownBy(() -> CalibrationTable.load(damaged))
                    .as("cut at %d", length)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(damaged + ": ");
        }
        Generator.forAll(
                12,
                2000,
                g -> {
                    byte[] bytes = good.clone();
                    for (int flips = g.integer(1, 3); flips > 0; flips--) {
                        bytes[g.integer(0, bytes.length - 1)] ^= (byte) (1 << g.integer(0, 7));
                    }
                    Files.write(damaged, bytes);
                    try {
                        CalibrationTable.load(damaged).save(folder.resolve("again.json"));
                    } catch (IllegalArgumentException e) {
                        assertThat(e).hasMessageStartingWith(damaged + ": ");
                    }
                });
    }

    @Test
    void messagesNameTheEntry() throws IOException {
        Path file = folder.resolve("table.json");
        table().save(file);
        assertComplaint(file, "\"scales\":[0.10000000149011612]", "\"scales\":[-1]", "entries.fixed");
        assertComplaint(file, "\"quantMin\":-128", "\"quantMin\":-129", "entries.fixed");
        assertComplaint(
                file,
                "\"scales\":[0.10000000149011612]",
                "\"scales\":1",
                "entries.fixed.params.scales: expected an array");
        assertComplaint(file, "\"zeroPoints\":[-128]", "\"zeroPoints\":[1e99]", "entries.fixed.params.zeroPoints");
        assertComplaint(
                file, "\"dtype\":\"int4\"", "\"dtype\":\"int5\"", "entries.grouped.params.dtype: unknown type 'int5'");
        assertComplaint(file, "\"kind\":\"minmax\"", "\"kind\":\"maxmin\"", "observer kind: expected one of");
        assertComplaint(
                file, "\"format\":\"octet-calibration\"", "\"format\":\"other\"", "format: expected octet-calibration");
        assertComplaint(file, "\"version\":1", "\"version\":2", "version: expected an integer from 1 to 1, found 2");
        assertComplaint(file, "\"samples\":2,", "", "provenance.samples is missing");
        assertComplaint(file, "\"fixed\":", "\"grouped\":", "uplicate");
    }

    private void assertComplaint(Path file, String text, String replacement, String message) throws IOException {
        String json = Files.readString(file, StandardCharsets.UTF_8);
        assertThat(json).contains(text);
        Path changed = folder.resolve("changed.json");
        Files.writeString(changed, json.replace(text, replacement), StandardCharsets.UTF_8);
        assertThatThrownBy(() -> CalibrationTable.load(changed))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(changed + ": ")
                .hasMessageContaining(message);
    }
}
