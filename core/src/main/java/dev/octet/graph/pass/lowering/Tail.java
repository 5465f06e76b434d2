package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.EpilogueChain;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What follows an operator and becomes part of its integer form: an activation and a quantizer, each optional.
///
/// @param absorbed the nodes
/// @param quantizer null if the result stays in FLOAT32
/// @param value what the integer form defines
record Tail(List<Node> absorbed, Epilogue activation, @Nullable QuantizedValue quantizer, String value) {
    /// Follows a value as far as the forms allow.
    static Tail of(Rewriter graph, String value, Forms forms) {
        EpilogueChain chain =
                forms.activations()
                        ? EpilogueChain.after(value, new Site(graph))
                        : new EpilogueChain(List.of(), Epilogue.NONE, value);
        Node next = graph.soleConsumer(chain.value());
        QuantizedValue quantizer = next == null ? null : QuantizedValue.quantizer(graph, next);
        if (next == null || quantizer == null || !quantizer.isActivation()) {
            return new Tail(chain.nodes(), chain.epilogue(), null, chain.value());
        }
        List<Node> absorbed = new ArrayList<>(chain.nodes());
        absorbed.add(next);
        return new Tail(absorbed, chain.epilogue(), quantizer, quantizer.integers());
    }

    private record Site(Rewriter graph) implements EpilogueChain.Site {
        @Override
        public @Nullable Node next(String value) {
            return graph.soleConsumer(value);
        }

        @Override
        public @Nullable Tensor constant(String value) {
            return graph.constant(value);
        }

        @Override
        public int rank(String value) {
            return graph.rank(value);
        }

        @Override
        public boolean accepts(Node node, Epilogue function) {
            return Activations.isEpilogue(function);
        }
    }

    /// The same with another name for the result.
    Tail withValue(String newValue) {
        return new Tail(absorbed, activation, quantizer, newValue);
    }

    /// Scale of the result, or 0 if it stays in FLOAT32.
    float scale() {
        return quantizer == null ? 0 : quantizer.scales()[0];
    }

    /// Names of the result's scale and zero point, empty if it stays in FLOAT32.
    List<String> operands(Rewriter graph) {
        return quantizer == null ? List.of("", "") : List.of(quantizer.scale(), quantizer.zeroPoint(graph));
    }
}
