package dev.octet.conformance.oracle;

import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// One operator's case as a part of a larger graph.
///
/// @param links inputs that come from pieces before this one; the others are inputs of the whole graph
/// @param quantized inputs, constants and outputs that pass through QuantizeLinear and DequantizeLinear; outputs
///   through QuantizeLinear alone
/// @param replaced tensors to use in place of drawn inputs
record Piece(
        String operator,
        OracleCase drawn,
        Map<String, Link> links,
        Map<String, Step> quantized,
        Map<String, Tensor> replaced) {

    Piece {
        links = Map.copyOf(links);
        quantized = Map.copyOf(quantized);
        replaced = Map.copyOf(replaced);
    }

    /// How a value of another piece becomes an input: made as large as wanted, and limited to a range, where needed.
    ///
    /// @param from index of the other piece
    /// @param source shape of its value
    /// @param shape wanted
    /// @param range smallest and largest number wanted; null if the value keeps to it anyway
    /// @param value what the input is, when everything is computed as defined
    record Link(int from, String output, Shape source, Shape shape, @Nullable Range range, Tensor value) {}

    record Range(Tensor min, Tensor max) {}

    /// A quantizer for a whole tensor.
    record Step(DType dtype, float scale, int zeroPoint) {
        /// Over the range of a tensor, as tools choose it.
        static Step of(Tensor tensor, DType dtype) {
            double min = 0;
            double max = 0;
            for (long i = 0; i < tensor.elementCount(); i++) {
                min = Math.min(min, tensor.getDouble(i));
                max = Math.max(max, tensor.getDouble(i));
            }
            if (dtype == DType.INT8) {
                float scale = (float) Math.max(Math.max(-min, max) / 127, 1e-4);
                return new Step(dtype, scale, 0);
            }
            float scale = (float) Math.max((max - min) / 255, 1e-4);
            return new Step(dtype, scale, (int) Math.clamp(Math.rint(-min / scale), 0, 255));
        }
    }

    /// The tensor of an input that no link gives.
    Tensor input(String name) {
        Tensor other = replaced.get(name);
        return other != null ? other : drawn.inputs().get(name);
    }

    /// The input as one of the whole graph, with the value it had.
    Piece cut(String input) {
        Map<String, Tensor> fixed = new HashMap<>(replaced);
        fixed.put(input, links.get(input).value());
        return new Piece(operator, drawn, without(links, input), quantized, fixed);
    }

    Piece unquantized(String value) {
        return new Piece(operator, drawn, links, without(quantized, value), replaced);
    }

    /// With every number of a piece that comes later in the graph changed.
    Piece renumbered(UnaryOperator<Integer> number) {
        Map<String, Link> changed = new TreeMap<>();
        links.forEach((input, l) ->
                changed.put(input, new Link(number.apply(l.from), l.output, l.source, l.shape, l.range, l.value)));
        return new Piece(operator, drawn, changed, quantized, replaced);
    }

    private static <T> Map<String, T> without(Map<String, T> map, String key) {
        Map<String, T> copy = new HashMap<>(map);
        copy.remove(key);
        return copy;
    }
}
