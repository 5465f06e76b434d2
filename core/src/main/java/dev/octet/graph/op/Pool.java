package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pooling over windows: ONNX MaxPool, AveragePool, LpPool.
///
/// Input x `[N, C, D…]`; output `[N, C, out…]`; MaxPool may name a second output, the row-major indices.
///
/// @param ceilMode round the output extent up, not down
/// @param countIncludePad whether padding counts in an average's divisor
/// @param p the norm of LpPool
public record Pool(PoolFunction function, Window window, boolean ceilMode, boolean countIncludePad, boolean columnMajorIndices, int p) implements Op {
    @Override
    public String type() {
        return function.type();
    }

    @Override
    public Attributes attributes() {
        return function.attributes(this);
    }

    @Override
    public int sinceVersion() {
        return function.sinceVersion();
    }

    public static Pool of(PoolFunction function, Attributes attributes) {
        return new Pool(
                function,
                Window.of(attributes),
                attributes.getBoolean("ceil_mode", false),
                attributes.getBoolean("count_include_pad", false),
                attributes.getInt("storage_order", 0) == 1,
                attributes.getInt("p", 2));
    }

    @Override
    public void infer(Inference inference) {
        throw new UnsupportedOperationException(type());
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(type());
    }
}
