package dev.octet.interop.tensorrt;

import dev.octet.file.StagedFiles;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.PreparedGraph;
import dev.octet.quantize.SharedRange;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// TensorRT's calibration cache.
///
/// Format: a first line that names version and calibrator, such as `TRT-8601-EntropyCalibration2`; then one line a
/// tensor, `NAME: 3c010a14`, the bits of its scale as eight hexadecimal digits, the most significant first. A scale is
/// the largest magnitude over 127.
///
/// @param header the first line
/// @param scales by tensor
public record TensorRtCache(String header, Map<String, Float> scales) {
    /// What a cache is called that Octet has made.
    public static final String HEADER = "TRT-8601-EntropyCalibration2";

    private static final String PREFIX = "TRT-";

    public TensorRtCache {
        scales = Collections.unmodifiableMap(new LinkedHashMap<>(scales));
    }

    /// @throws IllegalArgumentException naming the file and the line that is not as it should be
    public static TensorRtCache read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty() || !lines.getFirst().startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                    file
                            + ": line 1: expected "
                            + PREFIX
                            + "…, found '"
                            + (lines.isEmpty() ? "" : lines.getFirst())
                            + "'");
        }
        Map<String, Float> scales = new LinkedHashMap<>();
        for (int i = 1; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            int colon = line.lastIndexOf(':');
            if (line.isEmpty()) {
                continue;
            }
            try {
                float scale = Float.intBitsToFloat(Integer.parseUnsignedInt(line.substring(colon + 1).strip(), 16));
                if (colon < 1 || !(scale > 0) || Float.isInfinite(scale)) {
                    throw new NumberFormatException("scale " + scale);
                }
                scales.put(line.substring(0, colon).strip(), scale);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        file
                                + ": line "
                                + (i + 1)
                                + ": expected NAME: and the bits of a positive float, found '"
                                + line
                                + "'",
                        e);
            }
        }
        return new TensorRtCache(lines.getFirst(), scales);
    }

    /// Writes the cache. The file appears whole or not at all.
    public void write(Path file) throws IOException {
        StringBuilder text = new StringBuilder(header).append('\n');
        scales.forEach((tensor, scale) ->
                text.append(tensor)
                        .append(String.format(Locale.ROOT, ": %08x%n", Float.floatToIntBits(scale)).replace("\r", "")));
        StagedFiles.replace(file, temporary -> Files.writeString(temporary, text));
    }

    /// The cache of a calibrated graph: the scale of each value, those that share parameters included.
    public static TensorRtCache of(PreparedGraph prepared, CalibrationTable table) {
        Map<String, Float> scales = new LinkedHashMap<>();
        for (SharedRange range : prepared.ranges()) {
            table.entry(range.name()).ifPresent(e -> range.values().forEach(v -> scales.put(v, e.params().scale())));
        }
        return new TensorRtCache(HEADER, scales);
    }

    /// A calibration table with these scales in place of what it says of them; symmetric INT8, as TensorRT has it.
    public CalibrationTable applyTo(PreparedGraph prepared, CalibrationTable base) {
        CalibrationTable table = base;
        for (SharedRange range : prepared.ranges()) {
            Float scale = scales.get(range.name());
            if (scale != null) {
                QuantParams params = QuantParams.perTensor(DType.INT8, scale, 0);
                table = table.with(range.name(), new CalibrationEntry(params, null));
            }
        }
        return table;
    }
}
