package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Quantized GlobalAveragePool, channels first (com.microsoft). Inputs x, xScale, xZeroPoint, yScale, yZeroPoint.
public record QLinearGlobalAveragePool() implements Op {
    public static QLinearGlobalAveragePool of(Attributes attributes) {
        return new QLinearGlobalAveragePool();
    }

    @Override
    public String type() {
        return "QLinearGlobalAveragePool";
    }

    @Override
    public String domain() {
        return "com.microsoft";
    }

    @Override
    public Attributes attributes() {
        return Attributes.builder().put("channels_last", 0L).build();
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
