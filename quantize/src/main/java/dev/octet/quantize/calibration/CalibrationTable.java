package dev.octet.quantize.calibration;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What is known of the values of a graph: statistics and quantization parameters by value name. Immutable.
///
/// Whatever finds ranges makes one, and whatever changes ranges makes another from it. Values that share parameters
/// have one entry, under the name of the first of them. An entry of a constant's name decides how that weight is
/// quantized.
public record CalibrationTable(Provenance provenance, Map<String, CalibrationEntry> entries) {
    public CalibrationTable {
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    public Optional<CalibrationEntry> entry(String value) {
        return Optional.ofNullable(entries.get(value));
    }

    /// This table with one entry set.
    public CalibrationTable with(String value, CalibrationEntry entry) {
        Map<String, CalibrationEntry> changed = new LinkedHashMap<>(entries);
        changed.put(value, entry);
        return new CalibrationTable(provenance, changed);
    }

    /// Writes the table as JSON. The file appears whole or not at all.
    public void save(Path file) throws IOException {
        CalibrationTableJson.save(this, file);
    }

    /// Reads a table that [#save] has written.
    ///
    /// @throws IllegalArgumentException naming the file and the entry that is not as it should be
    public static CalibrationTable load(Path file) throws IOException {
        return CalibrationTableJson.load(file);
    }
}
