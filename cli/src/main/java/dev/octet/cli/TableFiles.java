package dev.octet.cli;

import dev.octet.interop.ncnn.NcnnTable;
import dev.octet.interop.tensorrt.TensorRtCache;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.calibration.CalibrationTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/// Calibration tables in the form that a file's name asks for: `.table` ncnn's, `.cache` TensorRT's, anything else
/// Octet's own.
final class TableFiles {
    private TableFiles() {}

    static CalibrationTable load(Path file, PreparedGraph prepared) throws IOException {
        InputFiles.require(file, "a calibration table");
        if (hasEnding(file, ".table")) {
            return NcnnTable.read(file).applyTo(prepared, prepared.emptyTable(file.toString()));
        }
        if (hasEnding(file, ".cache")) {
            return TensorRtCache.read(file).applyTo(prepared, prepared.emptyTable(file.toString()));
        }
        return CalibrationTable.load(file);
    }

    /// The nodes that a table leaves in float, as ncnn's does by not naming them.
    static Set<String> nodesInFloat(Path file, PreparedGraph prepared) throws IOException {
        InputFiles.require(file, "a calibration table");
        return hasEnding(file, ".table") ? NcnnTable.read(file).layersInFloat(prepared) : Set.of();
    }

    static void save(CalibrationTable table, PreparedGraph prepared, Path file) throws IOException {
        if (hasEnding(file, ".table")) {
            NcnnTable.of(prepared, table).write(file);
        } else if (hasEnding(file, ".cache")) {
            TensorRtCache.of(prepared, table).write(file);
        } else {
            table.save(file);
        }
    }

    private static boolean hasEnding(Path file, String ending) {
        return file.getFileName().toString().endsWith(ending);
    }
}
