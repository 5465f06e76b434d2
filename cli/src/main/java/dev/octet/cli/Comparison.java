package dev.octet.cli;

import dev.octet.engine.ValueListener;
import dev.octet.quantize.Fidelity;
import dev.octet.quantize.FidelityMeter;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Running sums over samples of how far one model's values are from another's.
final class Comparison {
    private final Map<String, FidelityMeter> outputs = new LinkedHashMap<>();
    private final Map<String, FidelityMeter> layers = new LinkedHashMap<>();
    private long rows;
    private long agreeing;

    /// @param outputs that both models have; top-1 is counted on the first, if it has classes
    /// @param layers inner values that both models name
    Comparison(List<String> outputs, List<String> layers) {
        outputs.forEach(name -> this.outputs.put(name, new FidelityMeter()));
        layers.forEach(name -> this.layers.put(name, new FidelityMeter()));
    }

    /// Keeps the first model's inner values of one sample.
    ValueListener keeping(Map<String, Tensor> inner) {
        return (name, tensor) -> {
            if (tensor.dtype() == DType.FLOAT32) {
                inner.put(name, tensor.copy());
            }
        };
    }

    /// Compares the second model's inner values of the same sample. What is float in one model alone is left out.
    ValueListener comparing(Map<String, Tensor> inner) {
        return (name, tensor) -> {
            Tensor reference = inner.get(name);
            FidelityMeter meter = layers.get(name);
            if (meter != null
                    && reference != null
                    && tensor.dtype() == DType.FLOAT32
                    && tensor.shape().equals(reference.shape())) {
                meter.add(reference, tensor);
            }
        };
    }

    void addOutputs(Map<String, Tensor> expected, Map<String, Tensor> actual) {
        outputs.forEach((name, meter) -> add(name, meter, expected.get(name), actual.get(name)));
    }

    private void add(String name, FidelityMeter meter, @Nullable Tensor expected, @Nullable Tensor actual) {
        if (expected == null || actual == null || !expected.shape().equals(actual.shape())) {
            throw new UserException("output '" + name + "': expected " + expected + ", found " + actual);
        }
        meter.add(expected, actual);
        if (name.equals(first()) && hasClasses(expected)) {
            countAgreement(expected, actual);
        }
    }

    /// Whether the last axis is one of classes: a row for each sample, or probabilities for each step of a sequence.
    /// Maps have places there, and transformers features.
    private static boolean hasClasses(Tensor output) {
        Shape shape = output.shape();
        return shape.rank() == 2 && shape.dim(-1) > 1 || shape.rank() == 3 && shape.dim(-1) > 1 && sumsAreOne(output);
    }

    private static boolean sumsAreOne(Tensor output) {
        long classes = output.shape().dim(-1);
        for (long start = 0; start < output.elementCount(); start += classes) {
            double sum = 0;
            for (long i = start; i < start + classes; i++) {
                sum += output.getDouble(i);
            }
            if (!(Math.abs(sum - 1) < 1e-3)) {
                return false;
            }
        }
        return true;
    }

    private String first() {
        return outputs.keySet().iterator().next();
    }

    /// Top-1 over the last axis.
    private void countAgreement(Tensor expected, Tensor actual) {
        int classes = Math.toIntExact(expected.shape().dim(-1));
        for (long row = 0; row < expected.elementCount() / classes; row++) {
            rows++;
            if (argMax(expected, row * classes, classes) == argMax(actual, row * classes, classes)) {
                agreeing++;
            }
        }
    }

    private static int argMax(Tensor tensor, long from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (tensor.getFloat(from + i) > tensor.getFloat(from + best)) {
                best = i;
            }
        }
        return best;
    }

    /// What was found for each output.
    Map<String, Fidelity> outputs() {
        Map<String, Fidelity> result = new LinkedHashMap<>();
        outputs.forEach((name, meter) -> result.put(name, meter.fidelity()));
        return result;
    }

    void print(Terminal terminal) {
        double agreement = rows == 0 ? Double.NaN : (double) agreeing / rows;
        if (terminal.isJson()) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("outputs", json(outputs));
            if (!layers.isEmpty()) {
                result.put("layers", json(layers));
            }
            result.put("top1_agreement", agreement);
            terminal.json(result);
            return;
        }
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("value", "SQNR dB", "cosine", "max abs error"));
        layers.forEach((name, meter) -> row(table, name, meter));
        outputs.forEach((name, meter) -> row(table, name, meter));
        terminal.table(table);
        if (rows > 0) {
            terminal.print(
                    "top-1 agreement over the last axis of '%s': %.2f %% of %d rows", first(), 100 * agreement, rows);
        }
    }

    private static void row(List<List<String>> table, String name, FidelityMeter meter) {
        if (meter.count() > 0) {
            Fidelity fidelity = meter.fidelity();
            table.add(
                    List.of(
                            name,
                            Terminal.number("%.2f", fidelity.sqnr()),
                            Terminal.number("%.6f", fidelity.cosine()),
                            Terminal.number("%.3g", fidelity.maxAbs())));
        }
    }

    private static List<Map<String, Object>> json(Map<String, FidelityMeter> meters) {
        List<Map<String, Object>> list = new ArrayList<>();
        meters.forEach((name, meter) -> {
            if (meter.count() > 0) {
                Fidelity fidelity = meter.fidelity();
                Map<String, Object> entry = new LinkedHashMap<>();
                entry.put("name", name);
                entry.put("sqnr_db", fidelity.sqnr());
                entry.put("cosine", fidelity.cosine());
                entry.put("max_abs", fidelity.maxAbs());
                list.add(entry);
            }
        });
        return list;
    }
}
