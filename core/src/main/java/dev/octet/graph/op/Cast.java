package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Converts the element type. Floating to integer cuts toward zero; to `BOOL` is "not zero".
///
/// @param narrowing how numbers that a floating type of at most 8 bits does not have become one
public record Cast(DType to, Narrowing narrowing) implements Op {
    /// A conversion as the standard has it by default.
    public static Cast to(DType to) {
        return new Cast(to, Narrowing.SATURATING);
    }

    public static Cast of(Attributes attributes) {
        return new Cast(OnnxTypes.dtype(attributes.getInt("to", 0)), Narrowing.of(attributes));
    }

    public Cast(DType to) {
        this(to, Narrowing.SATURATING);
    }

    @Override
    public String type() {
        return "Cast";
    }

    @Override
    public Attributes attributes() {
        return narrowing.put(Attributes.builder().put("to", OnnxTypes.code(to))).build();
    }

    @Override
    public int sinceVersion() {
        return 9;
    }

    @Override
    public void infer(Inference inference) {
        inference.output(0, to, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        convert(Operands.get(inputs, 0), outputs.get(0), narrowing);
    }

    static void convert(Tensor x, Tensor y, Narrowing narrowing) {
        if (x.dtype() == y.dtype()) {
            y.data().copyFrom(x.data());
        } else if (y.dtype().isNarrowFloat()) {
            for (long i = 0; i < x.elementCount(); i++) {
                y.setCode(i, narrowing.encode(x.getDouble(i), y.dtype()));
            }
        } else if (needsFractions(x.dtype(), y.dtype())) {
            double[] values = new double[Elements.chunk(x.elementCount())];
            Elements.forEachChunk(
                    x.elementCount(),
                    (start, count) -> {
                        Elements.read(x, start, values, count);
                        putDoubles(values, y, start, count);
                    });
        } else {
            long[] values = new long[Elements.chunk(x.elementCount())];
            Elements.forEachChunk(
                    x.elementCount(),
                    (start, count) -> {
                        Elements.read(x, start, values, count);
                        Elements.write(values, y, start, count);
                    });
        }
    }

    /// Whether an integer on the way would lose something.
    private static boolean needsFractions(DType from, DType to) {
        if (from.isFloating()) {
            return to.isFloating() || to == DType.BOOL || to == DType.UINT64;
        }
        return from == DType.UINT64 && to.isFloating();
    }

    private static void putDoubles(double[] values, Tensor y, long start, int count) {
        if (y.dtype() == DType.UINT64) {
            for (int i = 0; i < count; i++) {
                y.setLong(start + i, toUnsigned(values[i]));
            }
        } else {
            Elements.write(values, y, start, count);
        }
    }

    private static long toUnsigned(double value) {
        double half = 0x1p63;
        return value < half ? (long) value : (long) (value - half) ^ Long.MIN_VALUE;
    }
}
