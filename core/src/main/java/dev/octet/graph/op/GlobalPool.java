package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.graph.Dim;
import dev.octet.graph.PartialShape;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pooling over all spatial axes: ONNX GlobalMaxPool, GlobalAveragePool. Input `[N, C, D…]`, output `[N, C, 1…]`.
public record GlobalPool(PoolFunction function) implements Op {
    @Override
    public String type() {
        return "Global" + function.type();
    }

    @Override
    public Attributes attributes() {
        return Attributes.EMPTY;
    }

    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        DType dtype = Operands.require(inference, 0, "x", Operands.FLOATING);
        PartialShape x = inference.shape(0);
        if (x == null) {
            inference.output(0, dtype, null);
            return;
        }
        if (x.rank() < WindowGeometry.SPATIAL) {
            throw Inference.mismatch("rank of x", "at least " + WindowGeometry.SPATIAL, x.rank());
        }
        PartialShape y = x;
        for (int axis = WindowGeometry.SPATIAL; axis < x.rank(); axis++) {
            y = y.with(axis, Dim.of(1));
        }
        inference.output(0, dtype, y);
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor y = outputs.get(0);
        ReduceFunction fold =
                switch (function) {
                    case MAX -> ReduceFunction.MAX;
                    case AVERAGE -> ReduceFunction.MEAN;
                    case LP -> ReduceFunction.L2;
                };
        long plane = x.shape().product(WindowGeometry.SPATIAL, x.shape().rank());
        StridedLoop loop = StridedLoop.of(new long[] {plane}, new long[] {1});
        for (long i = 0; i < y.elementCount(); i++) {
            y.setDouble(i, fold.fold(x, i * plane, loop));
        }
    }
}
