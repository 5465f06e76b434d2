package dev.octet.graph.pass.lowering;

import dev.octet.graph.Node;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Epilogue;
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
        List<Node> absorbed = new ArrayList<>();
        Epilogue activation = Epilogue.NONE;
        String end = value;
        Node next = graph.soleConsumer(end);
        Epilogue function = next == null || !forms.activations() ? null : Activations.function(graph, next);
        if (next != null && function != null && next.input(0).equals(end) && Activations.isEpilogue(function)) {
            activation = function;
            absorbed.add(next);
            end = next.output();
            next = graph.soleConsumer(end);
        }
        if (next != null && forms.activations()) {
            Float factor = Activations.scalar(graph, next, BinaryFunction.MUL, end);
            if (factor != null) {
                activation = activation.withAffine(factor, 0);
                absorbed.add(next);
                end = next.output();
                next = graph.soleConsumer(end);
            }
        }
        if (next != null && forms.activations()) {
            Float term = Activations.scalar(graph, next, BinaryFunction.ADD, end);
            if (term != null) {
                activation = activation.withAffine(activation.scale(), term);
                absorbed.add(next);
                end = next.output();
                next = graph.soleConsumer(end);
            }
        }
        QuantizedValue quantizer = next == null ? null : QuantizedValue.quantizer(graph, next);
        if (next == null || quantizer == null || !quantizer.isActivation()) {
            return new Tail(absorbed, activation, null, end);
        }
        absorbed.add(next);
        return new Tail(absorbed, activation, quantizer, quantizer.integers());
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
