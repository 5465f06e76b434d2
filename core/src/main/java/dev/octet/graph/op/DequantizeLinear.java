package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.quant.ScaleGroups;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `y = (x − zeroPoint)·scale`. Inputs x, scale, zeroPoint?; scale is a scalar, a vector along `axis`, or blocked.
///
/// @param blockSize 0 if not blocked
/// @param outputType type of y; null for that of the scale
public record DequantizeLinear(int axis, int blockSize, @Nullable DType outputType) implements Op {
    public static DequantizeLinear of(Attributes attributes) {
        return new DequantizeLinear(
                attributes.getInt("axis", 1),
                attributes.getInt("block_size", 0),
                OnnxTypes.find(attributes, "output_dtype"));
    }

    public DequantizeLinear(int axis, int blockSize) {
        this(axis, blockSize, null);
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
        return outputType != null ? 23 : blockSize > 0 ? 21 : 10;
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
        if (outputType != null) {
            builder.put("output_dtype", OnnxTypes.code(outputType));
        }
        return builder.build();
    }

    @Override
    public void infer(Inference inference) {
        DType x = Operands.require(inference, 0, "x", SOURCES);
        DType scale = Operands.require(inference, 1, "x_scale", SCALES);
        Operands.requireSame(inference, 2, "x_zero_point", x);
        inference.output(0, outputType != null ? outputType : scale, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        Tensor scale = Operands.get(inputs, 1);
        Tensor y = outputs.get(0);
        AffineParams params = AffineParams.of(inputs, 1, x.dtype());
        boolean floating = x.dtype().isFloating();
        ScaleGroups.of(QuantizeLinear.granularity(axis, blockSize, scale), x.shape())
                .requireCount(scale.elementCount())
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        y.setFloat(
                                i,
                                floating
                                        ? x.getFloat(i) * params.scale(group)
                                        : params.dequantize((int) x.getLong(i), group));
                    }
                });
    }

    private static final Set<DType> SOURCES = EnumSet.of(DType.INT32);

    private static final Set<DType> SCALES =
            EnumSet.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT8E8M0);

    static {
        SOURCES.addAll(QuantizeLinear.TARGETS);
    }
}
