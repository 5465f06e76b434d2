package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized matrix product. Inputs a, aScale, aZeroPoint, b, bScale, bZeroPoint, yScale?, yZeroPoint?, bias?.
///
/// The standard's operator has the first eight. Octet's lowering also makes the forms without an output scale, whose
/// result is float, with an INT32 bias, and with an activation that precedes the output's quantization.
public record QLinearMatMul(Epilogue epilogue) implements Op {
    public static QLinearMatMul of(Attributes attributes) {
        return new QLinearMatMul(Epilogue.of(attributes));
    }

    @Override
    public String type() {
        return "QLinearMatMul";
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes();
    }

    @Override
    public int sinceVersion() {
        return 10;
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
