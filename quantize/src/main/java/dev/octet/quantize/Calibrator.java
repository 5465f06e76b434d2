package dev.octet.quantize;

import dev.octet.engine.Session;
import dev.octet.engine.SessionOptions;
import dev.octet.quant.QuantParams;
import dev.octet.quantize.calibration.CalibrationEntry;
import dev.octet.quantize.calibration.CalibrationListener;
import dev.octet.quantize.calibration.CalibrationTable;
import dev.octet.quantize.calibration.Dataset;
import dev.octet.quantize.calibration.Provenance;
import dev.octet.quantize.observer.Observer;
import dev.octet.tensor.Tensor;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Runs a prepared graph and lets the observers see its values, in as many passes over the data as they need.
final class Calibrator {
    private static final double NANOS = 1e9;

    private final PreparedGraph prepared;
    private final Map<String, Observer> byRange = new LinkedHashMap<>();
    private final Map<String, Observer> byValue = new HashMap<>();

    Calibrator(PreparedGraph prepared) {
        this.prepared = prepared;
        for (SharedRange range : prepared.ranges()) {
            if (range.fixed() == null) {
                Observer observer = range.spec().observer().create();
                byRange.put(range.name(), observer);
                range.watched().forEach(v -> byValue.put(v, observer));
            }
        }
    }

    CalibrationTable calibrate(Dataset data, int threads, CalibrationListener progress) {
        long start = System.nanoTime();
        long samples;
        SessionOptions options =
                SessionOptions.defaults().withThreads(threads).withWatchedValues(prepared.watchedValues());
        try (Session session = Session.open(prepared.graph(), options)) {
            do {
                samples = pass(session, data, progress, start);
            } while (someNeedAnotherPass());
        }
        if (samples == 0) {
            throw new IllegalArgumentException("calibration data: no sample in " + data.description());
        }
        return table(data.description(), samples);
    }

    /// Observers that need no further pass see nothing of it.
    private boolean someNeedAnotherPass() {
        Set<Observer> again = new HashSet<>(byRange.values());
        again.removeIf(o -> !o.finishPass());
        byValue.values().retainAll(again);
        return !again.isEmpty();
    }

    /// Shows each sample to the observers, and returns how many there were.
    private long pass(Session session, Dataset data, CalibrationListener progress, long start) {
        long samples = 0;
        try (ObservingThread observing = new ObservingThread()) {
            for (Map<String, Tensor> sample : data) {
                run(session, sample, samples, observing);
                observing.throwFailure();
                samples++;
                progress.progress(samples, data.size(), (System.nanoTime() - start) / NANOS);
            }
            observing.finish();
        }
        return samples;
    }

    private void run(Session session, Map<String, Tensor> sample, long index, ObservingThread observing) {
        try {
            session.run(
                    sample,
                    (value, tensor) -> {
                        Observer observer = byValue.get(value);
                        if (observer != null) {
                            observing.observe(index, value, observer, tensor);
                        }
                    });
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("sample " + index + ": " + e.getMessage(), e);
        }
    }

    private CalibrationTable table(String data, long samples) {
        return table(prepared, byRange, provenance(prepared, data, samples));
    }

    /// Where a table of that graph comes from, as of now.
    static Provenance provenance(PreparedGraph prepared, String data, long samples) {
        return new Provenance(
                OctetVersion.current(),
                GraphHash.of(prepared.graph()),
                prepared.spec().name(),
                data,
                samples,
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /// The table of what observers have seen, by the name of their range.
    static CalibrationTable table(PreparedGraph prepared, Map<String, Observer> observers, Provenance provenance) {
        Map<String, CalibrationEntry> entries = new LinkedHashMap<>();
        for (SharedRange range : prepared.ranges()) {
            Observer observer = observers.get(range.name());
            if (range.fixed() != null) {
                entries.put(range.name(), new CalibrationEntry(range.fixed(), null));
            } else if (observer != null) {
                entries.put(range.name(), new CalibrationEntry(params(prepared, range, observer), observer.state()));
            }
        }
        return new CalibrationTable(provenance, entries);
    }

    private static QuantParams params(PreparedGraph prepared, SharedRange range, Observer observer) {
        if (observer.isEmpty()) {
            throw new IllegalArgumentException("value '" + range.name() + "': no sample gave it any finite element");
        }
        try {
            return observer.params(range.spec().scheme(), prepared.spec().numerics());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("value '" + range.name() + "': " + e.getMessage(), e);
        }
    }
}
