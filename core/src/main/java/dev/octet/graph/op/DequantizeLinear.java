package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `y = (x − zeroPoint)·scale`. Inputs x, scale, zeroPoint?; scale is a scalar, a vector along `axis`, or blocked.
///
/// @param blockSize 0 if not blocked
public record DequantizeLinear(int axis, int blockSize) implements Op {
    public static DequantizeLinear of(Attributes attributes) {
        return new DequantizeLinear(attributes.getInt("axis", 1), attributes.getInt("block_size", 0));
    }

    @Override
    public String type() {
        return "DequantizeLinear";
    }

    @Override
    public Attributes attributes() {
        return dequantizeAttributes();
    }

    @Override
    public int sinceVersion() {
        return blockSize > 0 ? 21 : 10;
    }

    /// Per tensor, or along the default axis.
    public DequantizeLinear() {
        this(1, 0);
    }

    private Attributes dequantizeAttributes() {
        Attributes.Builder builder = Attributes.builder().put("axis", (long) axis);
        if (blockSize > 0) {
            builder.put("block_size", (long) blockSize);
        }
        return builder.build();
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
