package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Converts the element type. Floating to integer cuts toward zero; to `BOOL` is "not zero".
public record Cast(DType to) implements Op {
    public static Cast of(Attributes attributes) {
        return new Cast(OnnxTypes.dtype(attributes.getInt("to", 0)));
    }

    @Override
    public String type() {
        return "Cast";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("to", OnnxTypes.code(to)).build();
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
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        if (x.dtype() == to) {
            y.data().copyFrom(x.data());
            return;
        }
        if (needsFractions(x.dtype())) {
            double[] values = new double[Elements.CHUNK];
            Elements.forEachChunk(
                    x.elementCount(),
                    (start, count) -> {
                        Elements.read(x, start, values, count);
                        putDoubles(values, y, start, count);
                    });
        } else {
            long[] values = new long[Elements.CHUNK];
            Elements.forEachChunk(
                    x.elementCount(),
                    (start, count) -> {
                        Elements.read(x, start, values, count);
                        Elements.write(values, y, start, count);
                    });
        }
    }

    /// Whether an integer on the way would lose something.
    private boolean needsFractions(DType from) {
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
