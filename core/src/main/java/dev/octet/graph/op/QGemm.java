package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized Gemm (com.microsoft). Inputs A, aScale, aZeroPoint, B, bScale, bZeroPoint, C? (INT32), yScale?, yZeroPoint?.
public record QGemm(float alpha, boolean transA, boolean transB, Epilogue epilogue) implements Op {
    public static QGemm of(Attributes attributes) {
        return new QGemm(attributes.getFloat("alpha", 1), attributes.getBoolean("transA", false), attributes.getBoolean("transB", false), Epilogue.of(attributes));
    }

    @Override
    public String type() {
        return "QGemm";
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "com.microsoft" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes(Attributes.builder().put("alpha", alpha).put("transA", transA).put("transB", transB));
    }

    @Override
    public int sinceVersion() {
        return 1;
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
