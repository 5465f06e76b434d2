package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized element-wise function (com.microsoft QLinearAdd, QLinearMul). Inputs a, aScale, aZeroPoint, b, bScale, bZeroPoint, yScale, yZeroPoint.
///
/// @param function ADD or MUL
public record QLinearBinary(BinaryFunction function, Epilogue epilogue) implements Op {
    @Override
    public String type() {
        return "QLinear" + function.type();
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "com.microsoft" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes();
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
