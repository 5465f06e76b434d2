package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.quant.Granularity;
import dev.octet.quant.ScaleGroups;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `y = saturate(rne(x / scale) + zeroPoint)` to integers of 4, 8 or 16 bits; NaN becomes the smallest one, as in ONNX
/// Runtime. Inputs x, scale, zeroPoint?; scale is a scalar, a vector along `axis`, or blocked.
///
/// @param blockSize 0 if not blocked
/// @param outputType type of y where there is no zero point; null for UINT8
public record QuantizeLinear(int axis, int blockSize, @Nullable DType outputType) implements Op {
    public static QuantizeLinear of(Attributes attributes) {
        return new QuantizeLinear(
                attributes.getInt("axis", 1),
                attributes.getInt("block_size", 0),
                attributes.getInt("output_dtype", 0) == 0
                        ? null
                        : OnnxTypes.dtype(attributes.getInt("output_dtype", 0)));
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
        Operands.require(inference, 0, "x", SOURCES);
        Operands.require(inference, 1, "y_scale", Operands.FLOATING);
        DType y = outputType == null ? DType.UINT8 : outputType;
        if (inference.has(2)) {
            y = Operands.require(inference, 2, "y_zero_point", TARGETS);
        }
        inference.output(0, y, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor scale = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        AffineParams params = AffineParams.of(inputs, 1, y.dtype());
        ScaleGroups.of(granularity(axis, blockSize, scale), x.shape())
                .requireCount(scale.elementCount())
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        y.setLong(i, params.quantize(x.getFloat(i), group));
                    }
                });
    }

    private static final Set<DType> SOURCES = EnumSet.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.INT32);
    private static final Set<DType> TARGETS =
            EnumSet.of(DType.INT8, DType.UINT8, DType.INT16, DType.UINT16, DType.INT4, DType.UINT4);

    /// Which elements share a scale, as operands and attributes say.
    static Granularity granularity(int axis, int blockSize, Tensor scale) {
        if (blockSize > 0) {
            return new Granularity.PerGroup(axis, blockSize);
        }
        return scale.elementCount() == 1 ? Granularity.PER_TENSOR : Granularity.perChannel(axis);
    }
}
