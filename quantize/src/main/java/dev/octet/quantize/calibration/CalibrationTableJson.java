package dev.octet.quantize.calibration;

import java.io.IOException;
import java.nio.file.Path;

/// The file form of a [CalibrationTable].
final class CalibrationTableJson {
    private CalibrationTableJson() {}

    static void save(CalibrationTable table, Path file) throws IOException {
        throw new UnsupportedOperationException(table + " " + file);
    }

    static CalibrationTable load(Path file) throws IOException {
        throw new UnsupportedOperationException(file.toString());
    }
}
