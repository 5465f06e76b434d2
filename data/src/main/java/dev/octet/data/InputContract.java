package dev.octet.data;

import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What a model takes, and the check that a sample gives it.
///
/// Element types are converted where nothing can be lost that the model could see: between floating types, and between
/// integers whose values fit. Inputs of types that Octet has no values of are not asked for: a model that reads one
/// does not run.
public record InputContract(List<ValueInfo> inputs) {
    public InputContract {
        inputs = inputs.stream().filter(input -> !input.type().isForeign()).toList();
    }

    /// The only input of a model that has one.
    ///
    /// @throws DataException if there are more or none; `why` says what needs a single input
    public ValueInfo single(String why) {
        if (inputs.size() != 1) {
            throw new DataException(why + " needs a model with one input; this one has " + describe());
        }
        return inputs.get(0);
    }

    /// The sample with each input's type, checked.
    ///
    /// @param source what messages call the sample
    /// @throws DataException naming a missing or unknown input, or a wrong type or shape
    public Map<String, Tensor> bind(Map<String, Tensor> sample, String source) {
        Map<String, Tensor> bound = new LinkedHashMap<>();
        for (ValueInfo input : inputs) {
            Tensor tensor = sample.get(input.name());
            if (tensor == null) {
                throw new DataException(source + ": input '" + input.name() + "' is missing; found " + sample.keySet());
            }
            bound.put(input.name(), convert(tensor, input, source));
        }
        for (String name : sample.keySet()) {
            if (!bound.containsKey(name)) {
                throw new DataException(source + ": the model has no input '" + name + "'; expected " + describe());
            }
        }
        return bound;
    }

    private static Tensor convert(Tensor tensor, ValueInfo input, String source) {
        PartialShape shape = input.type().shape();
        if (shape != null && !shape.accepts(tensor.shape())) {
            throw new DataException(
                    source + ": input '" + input.name() + "': expected shape " + shape + ", found " + tensor.shape());
        }
        DType expected = input.type().dtype();
        DType found = tensor.dtype();
        if (expected == found) {
            return tensor;
        }
        boolean convertible =
                expected.isFloating() && found.isFloating()
                        || expected.isInteger() && found.isInteger() && fits(tensor, expected);
        if (!convertible) {
            throw new DataException(
                    source + ": input '" + input.name() + "': expected " + expected + ", found " + found);
        }
        return tensor.cast(expected);
    }

    private static boolean fits(Tensor tensor, DType type) {
        if (type == DType.UINT64) {
            return false;
        }
        for (long i = 0; i < tensor.elementCount(); i++) {
            long value = tensor.getLong(i);
            if (value < type.minValue() || value > type.maxValue()) {
                return false;
            }
        }
        return true;
    }

    private String describe() {
        return inputs.stream().map(i -> i.name() + ": " + i.type()).collect(Collectors.joining(", "));
    }
}
