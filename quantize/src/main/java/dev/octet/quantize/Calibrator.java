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
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/// Runs a prepared graph and lets the observers see its values, in as many passes over the data as they need.
final class Calibrator {
    private static final double NANOS = 1e9;

    private final PreparedGraph prepared;
    private final SessionOptions options;
    private final Map<String, Observer> byRange = new LinkedHashMap<>();
    private final Map<String, Observer> byValue = new HashMap<>();

    Calibrator(PreparedGraph prepared, SessionOptions options) {
        this.prepared = prepared;
        this.options = options;
        for (SharedRange range : prepared.ranges()) {
            if (range.fixed() == null) {
                Observer observer = range.spec().observer().create();
                byRange.put(range.name(), observer);
                range.watched().forEach(v -> byValue.put(v, observer));
            }
        }
    }

    CalibrationTable calibrate(Dataset data, CalibrationListener progress) {
        long start = System.nanoTime();
        // Of large networks it takes as long as a few runs.
        CompletableFuture<String> hash = CompletableFuture.supplyAsync(() -> GraphHash.of(prepared.graph()));
        LongConsumer listener = n -> progress.progress(n, data.size(), (System.nanoTime() - start) / NANOS);
        CalibrationThreads use = CalibrationThreads.of(options.threads(), 0);
        Session session = open(use);
        long samples;
        try {
            CalibrationThreads fitting = CalibrationThreads.of(options.threads(), runBytes(session, data));
            if (!fitting.equals(use)) {
                use = fitting;
                session.close();
                session = open(use);
            }
            do {
                samples = CalibrationPass.run(session, inOrder(), data, listener, use.runs());
            } while (someNeedAnotherPass());
        } finally {
            session.close();
        }
        if (samples == 0) {
            throw new IllegalArgumentException("calibration data: no sample in " + data.description());
        }
        return table(prepared, byRange, provenance(prepared, hash.join(), data.description(), samples));
    }

    private Session open(CalibrationThreads use) {
        Set<String> elements = new HashSet<>(prepared.watchedValues());
        elements.removeIf(v -> byValue.get(v) instanceof Observer o && o.dependsOnOrder());
        Set<String> values = new HashSet<>(prepared.watchedValues());
        values.removeAll(elements);
        return Session.open(
                prepared.graph(),
                options.withThreads(use.session()).withWatchedValues(values).withWatchedElements(elements));
    }

    /// Bytes that a run of the first sample takes; 0 if it does not fit, which its run will say.
    private static long runBytes(Session session, Dataset data) {
        Iterator<Map<String, Tensor>> samples = data.iterator();
        if (!samples.hasNext()) {
            return 0;
        }
        Map<String, Shape> shapes = new HashMap<>();
        samples.next().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        try {
            return session.describe(shapes).memoryBytes();
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    /// The observers by what they observe, for one pass.
    private Map<String, OrderedObserver> inOrder() {
        Map<Observer, Integer> counts = new HashMap<>();
        byValue.values().forEach(o -> counts.merge(o, 1, Integer::sum));
        Map<Observer, OrderedObserver> ordered = new HashMap<>();
        counts.forEach((o, count) -> ordered.put(o, new OrderedObserver(o, count)));
        Map<String, OrderedObserver> result = new HashMap<>();
        byValue.forEach((value, o) -> result.put(value, ordered.get(o)));
        return result;
    }

    /// Observers that need no further pass see nothing of it.
    private boolean someNeedAnotherPass() {
        Set<Observer> again = new HashSet<>(byRange.values());
        again.removeIf(o -> !o.finishPass());
        byValue.values().retainAll(again);
        return !again.isEmpty();
    }

    /// Where a table of that graph comes from, as of now.
    ///
    /// @param hash of the graph
    static Provenance provenance(PreparedGraph prepared, String hash, String data, long samples) {
        return new Provenance(
                OctetVersion.current(),
                hash,
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
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new IllegalArgumentException("value '" + range.name() + "': " + e.getMessage(), e);
        }
    }
}
