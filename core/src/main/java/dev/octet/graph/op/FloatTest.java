package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.DType;
import dev.octet.tensor.Tensor;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Tells special values of a floating type from others: ONNX IsNaN and IsInf. Input x; output `BOOL` of its shape.
///
/// @param negative whether IsInf finds the negative infinity
/// @param positive whether IsInf finds the positive infinity
public record FloatTest(boolean nan, boolean negative, boolean positive) implements Op {
    private static final Set<DType> OPERANDS = EnumSet.copyOf(Operands.FLOATING);

    static {
        OPERANDS.addAll(EnumSet.of(DType.FLOAT8E4M3FN, DType.FLOAT8E4M3FNUZ, DType.FLOAT8E5M2, DType.FLOAT8E5M2FNUZ));
    }

    static FloatTest isNaN() {
        return new FloatTest(true, false, false);
    }

    static FloatTest isInf(Attributes attributes) {
        return new FloatTest(
                false, attributes.getBoolean("detect_negative", true), attributes.getBoolean("detect_positive", true));
    }

    @Override
    public String type() {
        return nan ? "IsNaN" : "IsInf";
    }

    @Override
    public Attributes attributes() {
        return nan
                ? Attributes.EMPTY
                : Attributes.builder().put("detect_negative", negative).put("detect_positive", positive).build();
    }

    @Override
    public int sinceVersion() {
        return nan ? 9 : 10;
    }

    @Override
    public void infer(Inference inference) {
        Operands.require(inference, 0, "x", OPERANDS);
        inference.output(0, DType.BOOL, inference.shape(0));
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        Tensor x = Operands.get(inputs, 0);
        for (long i = 0; i < x.elementCount(); i++) {
            outputs.get(0).setLong(i, isFound(x.getDouble(i)) ? 1 : 0);
        }
    }

    private boolean isFound(double value) {
        return nan ? Double.isNaN(value) : Double.isInfinite(value) && (value < 0 ? negative : positive);
    }
}
