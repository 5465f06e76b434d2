package dev.octet.quantize.observer;

import dev.octet.quant.NumericsProfile;
import dev.octet.quant.QuantParams;
import dev.octet.quant.QuantScheme;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Keeps a copy of every tensor, to look at (PyTorch's `RecordingObserver`). NaN and infinities are kept as they are,
/// empty tensors too; no parameters follow.
///
/// Unlike other observers its memory grows with each batch. [#merge] appends: associative, in order. A state holds
/// finite values only, as files of numbers do.
public final class RecordingObserver implements Observer {
    static final String KIND = "recording";
    private static final int MAX_TENSORS = 1 << 20;
    private static final int MAX_RANK = 64;

    private final List<Tensor> tensors = new ArrayList<>();

    public RecordingObserver() {}

    RecordingObserver(ObserverState state) {
        int count = state.integer("tensors", 0, MAX_TENSORS);
        for (int i = 0; i < count; i++) {
            long[] extents = new long[state.integer("rank" + i, 0, MAX_RANK)];
            for (int d = 0; d < extents.length; d++) {
                extents[d] = state.integer("dim" + i + "." + d, 0, Integer.MAX_VALUE);
            }
            tensors.add(Tensor.of(Shape.of(extents), state.array("values" + i)));
        }
    }

    /// The tensors in the order in which they were observed. They are the observer's own: not to be modified.
    public List<Tensor> tensors() {
        return List.copyOf(tensors);
    }

    @Override
    public void observe(Tensor values) {
        Chunk.requireFloat(values);
        tensors.add(values.copy());
    }

    @Override
    public void merge(Observer other) {
        tensors.addAll(Ranges.requireSame(this, other).tensors());
    }

    @Override
    public boolean isEmpty() {
        return tensors.isEmpty();
    }

    /// @throws IllegalStateException always
    @Override
    public QuantParams params(QuantScheme scheme, NumericsProfile numerics) {
        throw new IllegalStateException("a recording is for looking at: no parameters follow");
    }

    @Override
    public ObserverState state() {
        Map<String, Double> numbers = new LinkedHashMap<>();
        Map<String, float[]> arrays = new LinkedHashMap<>();
        numbers.put("tensors", (double) tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            Shape shape = tensors.get(i).shape();
            numbers.put("rank" + i, (double) shape.rank());
            for (int d = 0; d < shape.rank(); d++) {
                numbers.put("dim" + i + "." + d, (double) shape.dim(d));
            }
            arrays.put("values" + i, tensors.get(i).toFloatArray());
        }
        return new ObserverState(KIND, numbers, arrays);
    }
}
