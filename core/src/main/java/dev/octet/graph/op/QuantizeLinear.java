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

/// `y = saturate(rne(x / scale) + zeroPoint)` to integers of 2, 4, 8 or 16 bits; NaN becomes the smallest one, as in
/// ONNX Runtime. To a floating type of at most 8 bits, `y` is the one nearest to `x / scale`. Inputs x, scale,
/// zeroPoint?; scale is a scalar, a vector along `axis`, or blocked.
///
/// @param blockSize 0 if not blocked
/// @param outputType type of y where there is no zero point; null for UINT8
/// @param precision type that the quotient is rounded to; null for the scale's
/// @param saturate whether a quotient too large for a floating y becomes its largest number
public record QuantizeLinear(
        int axis, int blockSize, @Nullable DType outputType, @Nullable DType precision, boolean saturate)
        implements Op {
    public static QuantizeLinear of(Attributes attributes) {
        return new QuantizeLinear(
                attributes.getInt("axis", 1),
                attributes.getInt("block_size", 0),
                OnnxTypes.find(attributes, "output_dtype"),
                OnnxTypes.find(attributes, "precision"),
                attributes.getBoolean("saturate", true));
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
        return precision != null ? 23 : blockSize > 0 ? 21 : saturate ? 10 : 19;
    }

    /// Per tensor, or along the default axis.
    public QuantizeLinear() {
        this(1, 0, null);
    }

    public QuantizeLinear(int axis, int blockSize, @Nullable DType outputType) {
        this(axis, blockSize, outputType, null, true);
    }

    private Attributes quantizeAttributes() {
        Attributes.Builder builder = Attributes.builder().put("axis", (long) axis);
        if (blockSize > 0) {
            builder.put("block_size", (long) blockSize);
        }
        if (outputType != null) {
            builder.put("output_dtype", OnnxTypes.code(outputType));
        }
        if (precision != null) {
            builder.put("precision", OnnxTypes.code(precision));
        }
        if (!saturate) {
            builder.put("saturate", false);
        }
        return builder.build();
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "x", SOURCES);
        Operands.require(inference, 1, "y_scale", SCALES);
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
        DType exact = precision != null ? precision : scale.dtype();
        ScaleGroups.of(granularity(axis, blockSize, scale), x.shape())
                .requireCount(scale.elementCount())
                .forEachRun((group, start, end) -> {
                    for (long i = start; i < end; i++) {
                        float quotient = round(x.getFloat(i) / params.scale(group), exact);
                        if (y.dtype().isFloating()) {
                            y.setCode(i, y.dtype().narrowFloat().encode(quotient, saturate));
                        } else {
                            y.setLong(i, params.saturate(Math.rint(quotient) + params.zeroPoint(group)));
                        }
                    }
                });
    }

    private static float round(float value, DType type) {
        return switch (type) {
            case FLOAT16, BFLOAT16 -> Tensor.scalar(type, value).getFloat(0);
            default -> value;
        };
    }

    private static final Set<DType> SOURCES = EnumSet.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.INT32);

    private static final Set<DType> SCALES =
            EnumSet.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT32, DType.FLOAT8E8M0);

    static final Set<DType> TARGETS =
            EnumSet.of(
                    DType.INT8,
                    DType.UINT8,
                    DType.INT16,
                    DType.UINT16,
                    DType.INT4,
                    DType.UINT4,
                    DType.INT2,
                    DType.UINT2,
                    DType.FLOAT8E4M3FN,
                    DType.FLOAT8E4M3FNUZ,
                    DType.FLOAT8E5M2,
                    DType.FLOAT8E5M2FNUZ,
                    DType.FLOAT4E2M1);

    /// Which elements share a scale, as operands and attributes say.
    static Granularity granularity(int axis, int blockSize, Tensor scale) {
        if (blockSize > 0) {
            return new Granularity.PerGroup(axis, blockSize);
        }
        return scale.elementCount() == 1 ? Granularity.PER_TENSOR : Granularity.perChannel(axis);
    }
}
