package dev.octet.graph.op;

import dev.octet.graph.Attributes;
import dev.octet.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An operator that Octet carries but does not know.
public record Opaque(String domain, String type, Attributes attributes) implements Op {
    @Override
    public int sinceVersion() {
        return 1;
    }

    @Override
    public void infer(Inference inference) {
        // Nothing is known of the results.
    }

    @Override
    public void evaluate(List<@Nullable Tensor> inputs, List<Tensor> outputs) {
        throw new UnsupportedOperationException(
                "operator " + (domain.isEmpty() ? "" : domain + ".") + type + " is not known");
    }
}
