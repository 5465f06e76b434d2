package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Means of the smallest and the largest values of all batches: what ONNX Runtime's `quantize_static` takes with
/// `CalibMovingAverage`, which only averages over several collections, of which it makes one.
///
/// [#merge] adds sums and numbers of batches: associative and commutative up to rounding in double. Infinities are
/// refused.
public final class BatchMeanObserver implements Observer {
    static final String KIND = "batch-mean";
    private static final int MAX_BATCHES = Integer.MAX_VALUE;

    private int batches;
    private double minSum;
    private double maxSum;

    public BatchMeanObserver() {}

    BatchMeanObserver(ObserverState state) {
        batches = state.integer("batches", 0, MAX_BATCHES);
        if (batches > 0) {
            minSum = state.number("minSum");
            maxSum = state.number("maxSum");
            Ranges.requireOrdered(KIND, (float) (minSum / batches), (float) (maxSum / batches));
        }
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
        if (values.elementCount() == 0) {
            return;
        }
        ValueRange batch = BinCounter.finiteRange(values);
        batches = Math.addExact(batches, 1);
        minSum += batch.min();
        maxSum += batch.max();
    }

    @Override
    public boolean dependsOnOrder() {
        return false;
    }

    @Override
    public void merge(Observer other) {
        BatchMeanObserver o = Ranges.requireSame(this, other);
        batches = Math.addExact(batches, o.batches);
        minSum += o.minSum;
        maxSum += o.maxSum;
    }

    @Override
    public boolean isEmpty() {
        return batches == 0;
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        return scheme.params(minSum / batches, maxSum / batches, numerics);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        numbers.put("batches", (double) batches);
        if (batches > 0) {
            numbers.put("minSum", minSum);
            numbers.put("maxSum", maxSum);
        }
        return new ObserverState(KIND, numbers, Map.of());
    }
}
