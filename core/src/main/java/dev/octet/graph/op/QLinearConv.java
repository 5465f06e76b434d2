package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized convolution. Inputs x, xScale, xZeroPoint, w, wScale, wZeroPoint, yScale?, yZeroPoint?, bias? (INT32).
///
/// The standard's operator always has an output scale. Octet's lowering also makes the form without one, whose result
/// is float, and with an activation that precedes the output's quantization.
public record QLinearConv(Window window, int group, Epilogue epilogue) implements Op {
    public static QLinearConv of(Attributes attributes) {
        return new QLinearConv(Window.of(attributes), attributes.getInt("group", 1), Epilogue.of(attributes));
    }

    @Override
    public String type() {
        return "QLinearConv";
    }

    @Override
    public String domain() {
        return epilogue.isNone() ? "" : Epilogue.DOMAIN;
    }

    @Override
    public Attributes attributes() {
        return epilogue.attributes(window.attributes().put("group", (long) group));
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
