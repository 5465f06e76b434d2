package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Clips at a multiple of the standard deviation of a normal distribution, which minimizes the expected squared error
/// (ACIQ, arXiv 1810.05723); the deviation is estimated from the largest magnitude and the number of elements of the
/// last batch (ncnn's `method=aciq`).
///
/// [#merge] is associative; it takes the number of elements from the later observer. NaN and infinities are refused. If
/// all values are zero, the range is `[0, 0]`; one element alone has no deviation and keeps its magnitude.
public final class AciqObserver implements Observer {
    static final String KIND = "ncnn-aciq";

    /// Best threshold in standard deviations, by the number of bits, from 1.
    private static final float[] ALPHA = {
        0, 1.71063519f, 2.15159277f, 2.55913646f, 2.93620062f, 3.28691474f, 3.6151146f, 3.92403714f
    };

    /// Expected range of normal values in standard deviations, for the root of twice the logarithm of their number.
    private static final double GAUSSIAN = 0.5 * 0.35 * (1 + Math.sqrt(Math.PI * Math.log(4)));

    private ValueRange values = ValueRange.EMPTY;
    private long elements;

    public AciqObserver() {}

    AciqObserver(ObserverState state) {
        if (!state.numbers().isEmpty()) {
            values = new ValueRange((float) state.number("min"), (float) state.number("max"));
            Ranges.requireOrdered(KIND, values.min(), values.max());
            elements = (long) state.number("elements");
        }
    }

    @Override
    public void observe(Tensor tensor) {
        Chunk.requireFloat(tensor);
        if (tensor.elementCount() > 0) {
            values = values.union(BinCounter.finiteRange(tensor));
            elements = tensor.elementCount();
        }
    }

    @Override
    public void merge(Observer other) {
        AciqObserver o = Ranges.requireSame(this, other);
        if (!o.isEmpty()) {
            values = values.union(o.values);
            elements = o.elements;
        }
    }

    @Override
    public boolean isEmpty() {
        return values.isEmpty();
    }

    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        Ranges.requireObserved(this);
        float threshold = threshold(values.largestMagnitude(), elements, scheme.dtype().bits());
        ValueRange range = values.within(threshold, scheme.symmetric());
        return scheme.params(range.min(), range.max(), numerics);
    }

    /// Where to clip `elements` values of which `largest` is the largest magnitude.
    ///
    /// @param bits 2 to 8
    public static float threshold(float largest, long elements, int bits) {
        if (bits < 2 || bits > ALPHA.length) {
            throw new IllegalArgumentException("ACIQ: expected 2 to " + ALPHA.length + " bits, found " + bits);
        }
        if (elements == 1) {
            return largest;
        }
        double deviation = largest * 2f * GAUSSIAN / Math.sqrt(2 * Math.log(elements));
        return (float) (ALPHA[bits - 1] * deviation);
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        if (!isEmpty()) {
            numbers.put("min", (double) values.min());
            numbers.put("max", (double) values.max());
            numbers.put("elements", (double) elements);
        }
        return new ObserverState(KIND, numbers, Map.of());
    }
}
