package dev.octet.quantize.calibration;

import dev.octet.file.StagedFiles;
import dev.octet.quant.Granularity;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.json.JsonObject;
import dev.octet.quantize.observer.ObserverState;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The file form of a [CalibrationTable].
///
/// ```json
/// {"format": "octet-calibration", "version": 1,
///  "provenance": {"octet": …, "model": …, "spec": …, "data": …, "samples": …, "date": …},
///  "entries": {"conv1": {
///    "params": {"dtype": "uint8", "quantMin": 0, "quantMax": 127, "scales": […], "zeroPoints": […]},
///    "statistics": {"kind": "histogram", "numbers": {…}, "arrays": {…}}}}}
/// ```
///
/// Parameters per channel have an `axis`, parameters per group a `groupSize`, too. Floats are written so that reading
/// gives the same bits.
final class CalibrationTableJson {
    static final String FORMAT = "octet-calibration";
    static final int VERSION = 1;

    /// Far more than any model needs, and little enough to read.
    private static final long MAX_BYTES = 1L << 30;

    private static final JsonMapper MAPPER =
            JsonMapper.builder(JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private CalibrationTableJson() {}

    static void save(CalibrationTable table, Path file) throws IOException {
        StagedFiles.replace(
                file,
                temporary -> {
                    try (OutputStream out = Files.newOutputStream(temporary);
                            JsonGenerator json = MAPPER.createGenerator(out)) {
                        write(table, json);
                    } catch (JacksonException e) {
                        throw new IOException(e.getOriginalMessage(), e);
                    }
                });
    }

    static CalibrationTable load(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IllegalArgumentException(file + ": " + Files.size(file) + " bytes are no calibration table");
        }
        try {
            return read(JsonObject.root(MAPPER.readTree(Files.readAllBytes(file))));
        } catch (JacksonException e) {
            TokenStreamLocation place = e.getLocation();
            String where = place == null ? "" : " at line " + place.getLineNr() + ", column " + place.getColumnNr();
            throw new IllegalArgumentException(file + ": no valid JSON" + where + ": " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    private static void write(CalibrationTable table, JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("format", FORMAT);
        json.writeNumberProperty("version", VERSION);
        Provenance p = table.provenance();
        json.writeObjectPropertyStart("provenance");
        json.writeStringProperty("octet", p.octet());
        json.writeStringProperty("model", p.model());
        json.writeStringProperty("spec", p.spec());
        json.writeStringProperty("data", p.data());
        json.writeNumberProperty("samples", p.samples());
        json.writeStringProperty("date", p.date());
        json.writeEndObject();
        json.writeObjectPropertyStart("entries");
        table.entries()
                .forEach((value, entry) -> {
                    json.writeRaw('\n');
                    json.writeObjectPropertyStart(value);
                    writeParams(entry.params(), json);
                    if (entry.statistics() != null) {
                        writeStatistics(entry.statistics(), json);
                    }
                    json.writeEndObject();
                });
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeParams(QuantParams params, JsonGenerator json) {
        json.writeObjectPropertyStart("params");
        json.writeStringProperty("dtype", params.dtype().name().toLowerCase(java.util.Locale.ROOT));
        json.writeNumberProperty("quantMin", params.quantMin());
        json.writeNumberProperty("quantMax", params.quantMax());
        switch (params.granularity()) {
            case Granularity.PerTensor _ -> {}
            case Granularity.PerChannel channel -> json.writeNumberProperty("axis", channel.axis());
            case Granularity.PerGroup group -> {
                json.writeNumberProperty("axis", group.axis());
                json.writeNumberProperty("groupSize", group.groupSize());
            }
        }
        writeArray("scales", params.scales(), json);
        json.writeName("zeroPoints");
        json.writeArray(params.zeroPoints(), 0, params.zeroPoints().length);
        json.writeEndObject();
    }

    private static void writeStatistics(ObserverState state, JsonGenerator json) {
        json.writeObjectPropertyStart("statistics");
        json.writeStringProperty("kind", state.kind());
        json.writeObjectPropertyStart("numbers");
        state.numbers().forEach(json::writeNumberProperty);
        json.writeEndObject();
        json.writeObjectPropertyStart("arrays");
        state.arrays().forEach((name, values) -> writeArray(name, values, json));
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeArray(String name, float[] values, JsonGenerator json) {
        json.writeArrayPropertyStart(name);
        for (float value : values) {
            if (value == (int) value && Float.floatToRawIntBits(value) != Integer.MIN_VALUE) {
                json.writeNumber((int) value);
            } else {
                json.writeNumber((double) value);
            }
        }
        json.writeEndArray();
    }

    private static CalibrationTable read(JsonObject root) {
        String format = root.string("format");
        if (!format.equals(FORMAT)) {
            throw new IllegalArgumentException("format: expected " + FORMAT + ", found '" + format + "'");
        }
        root.integer("version", VERSION, VERSION);
        JsonObject p = root.object("provenance");
        Provenance provenance =
                new Provenance(
                        p.string("octet"),
                        p.string("model"),
                        p.string("spec"),
                        p.string("data"),
                        p.integer("samples", 0, Long.MAX_VALUE),
                        p.string("date"));
        Map<String, CalibrationEntry> entries = new LinkedHashMap<>();
        JsonObject all = root.object("entries");
        for (String value : all.names()) {
            JsonObject entry = all.object(value);
            entries.put(value, entry.in(CalibrationTableJson::readEntry));
        }
        return new CalibrationTable(provenance, entries);
    }

    private static CalibrationEntry readEntry(JsonObject entry) {
        QuantParams params = entry.object("params").in(CalibrationTableJson::readParams);
        ObserverState state =
                entry.has("statistics") ? entry.object("statistics").in(CalibrationTableJson::readStatistics) : null;
        return new CalibrationEntry(params, state);
    }

    private static QuantParams readParams(JsonObject params) {
        Granularity granularity = Granularity.PER_TENSOR;
        if (params.has("axis")) {
            int axis = (int) params.integer("axis", 0, Integer.MAX_VALUE);
            granularity =
                    params.has("groupSize")
                            ? new Granularity.PerGroup(axis, (int) params.integer("groupSize", 1, Integer.MAX_VALUE))
                            : Granularity.perChannel(axis);
        }
        return new QuantParams(
                params.dtype("dtype"),
                (int) params.integer("quantMin", Integer.MIN_VALUE, Integer.MAX_VALUE),
                (int) params.integer("quantMax", Integer.MIN_VALUE, Integer.MAX_VALUE),
                granularity,
                params.floats("scales"),
                params.ints("zeroPoints"));
    }

    private static ObserverState readStatistics(JsonObject statistics) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        JsonObject all = statistics.object("numbers");
        all.names().forEach(name -> numbers.put(name, all.number(name)));
        Map<String, float[]> arrays = new LinkedHashMap<>();
        JsonObject series = statistics.object("arrays");
        series.names().forEach(name -> arrays.put(name, series.floats(name)));
        ObserverState state = new ObserverState(statistics.string("kind"), numbers, arrays);
        // Refuses statistics that no observer has.
        return state.restore().state();
    }
}
