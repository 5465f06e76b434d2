package dev.octet.cli.bench;

import dev.octet.data.InputContract;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.graph.ValueInfo;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/// Inputs for a model of which only the shapes matter.
public final class BenchInputs {
    private static final long SEED = 20261122;

    private BenchInputs() {}

    /// Fixed pseudo-random values: normal for floating inputs; ones for integers and bools, which are valid as index of
    /// any table with two rows, as mask and as type.
    ///
    /// @param shapes extents by input name, needed where the model leaves one open; others are passed over
    /// @throws IllegalArgumentException if one is missing or does not fit the model
    public static Map<String, Tensor> random(List<ValueInfo> inputs, Map<String, Shape> shapes) {
        RandomGenerator random = RandomGeneratorFactory.of("Xoshiro256PlusPlus").create(SEED);
        Map<String, Tensor> result = new LinkedHashMap<>();
        for (ValueInfo input : new InputContract(inputs).inputs()) {
            Tensor tensor = Tensor.allocate(input.type().dtype(), shape(input, shapes));
            boolean floating = tensor.dtype().isFloating();
            for (long i = 0; i < tensor.elementCount(); i++) {
                tensor.setDouble(i, floating ? random.nextGaussian() : 1);
            }
            result.put(input.name(), tensor);
        }
        return result;
    }

    private static Shape shape(ValueInfo input, Map<String, Shape> shapes) {
        PartialShape stated = input.type().shape();
        Shape given = shapes.get(input.name());
        if (given != null) {
            if (stated != null && !stated.accepts(given)) {
                throw new IllegalArgumentException(
                        "--shape: input '" + input.name() + "': expected " + stated + ", found " + given);
            }
            return given;
        }
        if (stated == null || !stated.isFixed()) {
            throw new IllegalArgumentException(
                    "input '"
                            + input.name()
                            + "' is "
                            + input.type()
                            + ": give its extents with --shape "
                            + input.name()
                            + "="
                            + example(stated));
        }
        return stated.toShape();
    }

    private static String example(@Nullable PartialShape stated) {
        if (stated == null) {
            return "1x3x224x224";
        }
        List<String> dims = new ArrayList<>();
        for (Dim dim : stated.dims()) {
            dims.add(dim.size() >= 0 ? String.valueOf(dim.size()) : dims.isEmpty() ? "1" : "64");
        }
        return String.join("x", dims);
    }

    /// Reads `1x3x224x224`.
    ///
    /// @throws IllegalArgumentException if it is no shape
    public static Shape parseShape(String text) {
        String[] parts = text.split("[x,]", -1);
        long[] dims = new long[parts.length];
        for (int i = 0; i < parts.length; i++) {
            try {
                dims[i] = Long.parseLong(parts[i].strip());
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "--shape: expected extents such as 1x3x224x224, found '" + text + "'", e);
            }
        }
        if (Arrays.stream(dims).anyMatch(d -> d < 1)) {
            throw new IllegalArgumentException("--shape: expected extents of at least 1, found '" + text + "'");
        }
        return Shape.of(dims);
    }
}
