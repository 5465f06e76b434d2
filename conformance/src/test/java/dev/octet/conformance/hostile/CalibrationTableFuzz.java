package dev.octet.conformance.hostile;

import dev.octet.quantize.calibration.CalibrationTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the fuzzer calls with bytes of its own: a calibration table that is read and, where it is valid, written and
/// read again.
public final class CalibrationTableFuzz {
    private static final Path FILE = file();

    private CalibrationTableFuzz() {}

    private static Path file() {
        try {
            return Files.createTempFile("octet-fuzz", ".json");
        } catch (IOException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// Called by name.
    public static void fuzzerTestOneInput(byte[] json) throws IOException {
        Files.write(FILE, json);
        CalibrationTable table;
        try {
            table = CalibrationTable.load(FILE);
        } catch (IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.contains(FILE.toString()) || Trial.isUnclear(message)) {
                throw new AssertionError(message, e);
            }
            return;
        }
        table.save(FILE);
        if (!CalibrationTable.load(FILE).entries().keySet().equals(table.entries().keySet())) {
            throw new AssertionError("the table read back has other values");
        }
    }
}
