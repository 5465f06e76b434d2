package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What follows an operator and becomes part of its integer form: an activation and a quantizer, each optional.
///
/// @param absorbed the nodes
/// @param quantizer null if the result stays in FLOAT32
/// @param value what the integer form defines
record Tail(List<Node> absorbed, Epilogue activation, @Nullable QuantizedValue quantizer, String value) {
    /// Follows a value as far as the forms allow.
    static Tail of(Rewriter graph, String value, Forms forms) {
        Walk walk = new Walk(graph, value);
        Epilogue activation = forms.activations() ? activation(graph, walk) : Epilogue.NONE;
        QuantizedValue quantizer = walk.next == null ? null : QuantizedValue.quantizer(graph, walk.next);
        if (quantizer == null || !quantizer.isActivation()) {
            return new Tail(walk.absorbed, activation, null, walk.end);
        }
        walk.absorb();
        return new Tail(walk.absorbed, activation, quantizer, quantizer.integers());
    }

    /// A function, then a factor, then a term, each optional.
    private static Epilogue activation(Rewriter graph, Walk walk) {
        Epilogue activation = Epilogue.NONE;
        Epilogue function = walk.next == null ? null : Activations.function(graph, walk.next);
        if (function != null && walk.continuesWithFirstOperand() && Activations.isEpilogue(function)) {
            activation = function;
            walk.absorb();
        }
        Float factor = walk.scalar(BinaryFunction.MUL);
        if (factor != null) {
            activation = activation.withAffine(factor, 0);
            walk.absorb();
        }
        Float term = walk.scalar(BinaryFunction.ADD);
        if (term != null) {
            activation = activation.withAffine(activation.scale(), term);
            walk.absorb();
        }
        return activation;
    }

    /// Nodes from one sole consumer to the next.
    private static final class Walk {
        private final Rewriter graph;
        private final List<Node> absorbed = new ArrayList<>();
        private String end;
        private @Nullable Node next;

        Walk(Rewriter graph, String value) {
            this.graph = graph;
            this.end = value;
            this.next = graph.soleConsumer(value);
        }

        boolean continuesWithFirstOperand() {
            return next != null && next.input(0).equals(end);
        }

        /// The constant number that the next node combines with the value, or null if it does something else.
        @Nullable Float scalar(BinaryFunction function) {
            return next == null ? null : Activations.scalar(graph, next, function, end);
        }

        void absorb() {
            Node node = Objects.requireNonNull(next);
            absorbed.add(node);
            end = node.output();
            next = graph.soleConsumer(end);
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
