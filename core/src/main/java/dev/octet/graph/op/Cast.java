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
        long count = x.elementCount();
        if (to == DType.UINT64 && x.dtype().isFloating()) {
            for (long i = 0; i < count; i++) {
                y.setLong(i, toUnsigned(x.getDouble(i)));
            }
        } else if (to == DType.FLOAT32 && x.dtype() == DType.INT64) {
            // By way of a double the value would be rounded twice.
            for (long i = 0; i < count; i++) {
                y.setFloat(i, x.getLong(i));
            }
        } else if (x.dtype().isFloating() || to.isFloating()) {
            for (long i = 0; i < count; i++) {
                y.setDouble(i, x.getDouble(i));
            }
        } else {
            for (long i = 0; i < count; i++) {
                y.setLong(i, x.getLong(i));
            }
        }
    }

    private static long toUnsigned(double value) {
        double half = 0x1p63;
        return value < half ? (long) value : (long) (value - half) ^ Long.MIN_VALUE;
    }
}
