package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `y = saturate(rne(x / scale) + zeroPoint)`. Inputs x, scale, zeroPoint?; scale is a scalar, a vector along `axis`, or blocked.
///
/// @param blockSize 0 if not blocked
/// @param outputType type of y where there is no zero point; null for UINT8
public record QuantizeLinear(int axis, int blockSize, @Nullable DType outputType) implements Op {
    public static QuantizeLinear of(Attributes attributes) {
        return new QuantizeLinear(attributes.getInt("axis", 1), attributes.getInt("block_size", 0), attributes.getInt("output_dtype", 0) == 0 ? null : OnnxTypes.dtype(attributes.getInt("output_dtype", 0)));
    }

    @Override
    public String type() {
        return "QuantizeLinear";
    }

    @Override
    public Attributes attributes() {
        return quantizeAttributes();
    }

    @Override
    public int sinceVersion() {
        return blockSize > 0 ? 21 : 10;
    }

    /// Per tensor, or along the default axis.
    public QuantizeLinear() {
        this(1, 0, null);
    }

    private Attributes quantizeAttributes() {
        Attributes.Builder builder = Attributes.builder().put("axis", (long) axis);
        if (blockSize > 0) {
            builder.put("block_size", (long) blockSize);
        }
        if (outputType != null) {
            builder.put("output_dtype", OnnxTypes.code(outputType));
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
