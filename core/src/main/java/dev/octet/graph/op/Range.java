package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `start, start + delta, …` up to but without `limit`. Inputs start, limit, delta: scalars of one type.
public record Range() implements Op {
    public static Range of(Attributes attributes) {
        return new Range();
    }

    @Override
    public String type() {
        return "Range";
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 11;
    }

    private static final Set<DType> TYPES =
            EnumSet.of(
                    DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT16, DType.INT32, DType.INT64);

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "start", TYPES);
        inference.type(1);
        inference.type(2);
        Operands.requireSame(inference, 1, "limit", dtype);
        Operands.requireSame(inference, 2, "delta", dtype);
        Operands.requireScalar(inference, 0, "start");
        Operands.requireScalar(inference, 1, "limit");
        Operands.requireScalar(inference, 2, "delta");
        Tensor start = inference.constant(0);
        Tensor limit = inference.constant(1);
        Tensor delta = inference.constant(2);
        Dim count =
                start == null || limit == null || delta == null
                        ? Dim.UNKNOWN
                        : Dim.of(
                                dtype.isFloating()
                                        ? countFloating(start, limit, delta)
                                        : countIntegers(start, limit, delta));
        inference.output(0, dtype, new PartialShape(List.of(count)));
    }

    private static long countFloating(Tensor start, Tensor limit, Tensor delta) {
        double count = Math.ceil((limit.getDouble(0) - start.getDouble(0)) / delta.getDouble(0));
        // Also refuses NaN, of 0/0.
        if (!(count < Long.MAX_VALUE)) {
            throw new IllegalArgumentException(
                    "range from "
                            + start.getDouble(0)
                            + " to "
                            + limit.getDouble(0)
                            + " by "
                            + delta.getDouble(0)
                            + " has no end");
        }
        return Math.max(0, (long) count);
    }

    private static long countIntegers(Tensor start, Tensor limit, Tensor delta) {
        if (delta.getLong(0) == 0) {
            throw new IllegalArgumentException(
                    "range from " + start.getLong(0) + " to " + limit.getLong(0) + " by 0 has no end");
        }
        long distance = Extents.add(limit.getLong(0), Extents.multiply(-1, start.getLong(0)));
        return Math.max(0, Math.ceilDiv(distance, delta.getLong(0)));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor start = Operands.get(inputs, 0);
        Tensor delta = Operands.get(inputs, 2);
        Tensor y = outputs.get(0);
        for (long i = 0; i < y.elementCount(); i++) {
            if (y.dtype().isFloating()) {
                y.setDouble(i, start.getDouble(0) + i * delta.getDouble(0));
            } else {
                y.setLong(i, start.getLong(0) + i * delta.getLong(0));
            }
        }
    }
}
