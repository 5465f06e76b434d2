package dev.octet.quantize;

import dev.octet.graph.Node;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Clip;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The nodes of one step of a recurrent layer: the product with the state in integers, the gates in float.
///
/// @param body of the Scan that takes the steps
/// @param named node whose name the new nodes have
/// @param recurrent `[hidden, gates·hidden]`
/// @param bias of the state's product `[gates·hidden]`
/// @param clip bound of what goes into the gates' functions; 0 for none
record RecurrentStep(
        DynamicProducts body, Node named, Tensor recurrent, @Nullable Tensor bias, long hidden, float clip) {
    /// `R·h + Rb` of all gates.
    String ofState(String h) {
        return product(h, "_R", recurrent, bias);
    }

    private String product(String h, String suffix, Tensor weights, @Nullable Tensor added) {
        String y = body.builder().freshName(named.name() + "_recurrent");
        String b = added == null ? "" : body.builder().constant(named.name() + suffix + "b", added);
        body.write(named, h, named.name() + suffix, weights, b, y);
        return y;
    }

    /// @param peepholes `[3·hidden]` of i, o, f; null for none
    List<String> lstm(Lstm op, String projected, String h, String c, @Nullable Tensor peepholes) {
        List<String> gates = split(plus(projected, ofState(h)), 4);
        String in = sigmoid(peeped(gates.get(0), c, peepholes, 0));
        String forget =
                op.coupled()
                        ? binary(BinaryFunction.SUB, body.builder().constant("one", Tensor.scalar(1f)), in)
                        : sigmoid(peeped(gates.get(2), c, peepholes, 2));
        String cell = plus(times(forget, c), times(in, tanh(clipped(gates.get(3)))));
        String out = sigmoid(peeped(gates.get(1), cell, peepholes, 1));
        return List.of(times(out, tanh(cell)), cell);
    }

    private String peeped(String gate, String cell, @Nullable Tensor peepholes, long index) {
        if (peepholes == null) {
            return gate;
        }
        Tensor row = peepholes.reshape(Shape.of(1, peepholes.elementCount()));
        String weights =
                body.builder().constant(named.name() + "_peephole", vector(columns(row, index * hidden, hidden)));
        return plus(gate, times(weights, cell));
    }

    List<String> gru(Gru op, String projected, String h) {
        List<String> x = split(projected, 3);
        if (op.linearBeforeReset()) {
            List<String> s = split(ofState(h), 3);
            String update = sigmoid(plus(x.get(0), s.get(0)));
            String reset = sigmoid(plus(x.get(1), s.get(1)));
            return blend(update, tanh(clippedSum(x.get(2), times(reset, s.get(2)))), h);
        }
        Tensor first = columns(recurrent, 0, 2 * hidden);
        Tensor last = columns(recurrent, 2 * hidden, hidden);
        Tensor row = bias == null ? null : bias.reshape(Shape.of(1, 3 * hidden));
        List<String> s = split(product(h, "_R", first, row == null ? null : vector(columns(row, 0, 2 * hidden))), 2);
        String update = sigmoid(plus(x.get(0), s.get(0)));
        String reset = sigmoid(plus(x.get(1), s.get(1)));
        Tensor lastBias = row == null ? null : vector(columns(row, 2 * hidden, hidden));
        return blend(update, tanh(clippedSum(x.get(2), product(times(reset, h), "_Rh", last, lastBias))), h);
    }

    List<String> rnn(UnaryFunction function, String projected, String h) {
        return List.of(function(function, clippedSum(projected, ofState(h))));
    }

    /// `(1 − z)·n + z·h`, as PyTorch computes it: `n + z·(h − n)`.
    private List<String> blend(String z, String n, String h) {
        return List.of(plus(n, times(z, binary(BinaryFunction.SUB, h, n))));
    }

    private static Tensor vector(Tensor row) {
        return row.reshape(Shape.of(row.elementCount()));
    }

    private static Tensor columns(Tensor matrix, long from, long count) {
        long all = matrix.shape().dim(1);
        Tensor result = Tensor.allocate(DType.FLOAT32, Shape.of(matrix.shape().dim(0), count));
        for (long i = 0; i < result.elementCount(); i++) {
            result.setFloat(i, matrix.getFloat(i / count * all + from + i % count));
        }
        return result;
    }

    private List<String> split(String value, int count) {
        List<String> parts = new ArrayList<>();
        long[] sizes = new long[count];
        for (int i = 0; i < count; i++) {
            parts.add(body.builder().freshName(named.name() + "_gate"));
            sizes[i] = hidden;
        }
        String extents = body.builder().constant(named.name() + "_sizes", Tensor.vector(sizes));
        body.builder()
                .add(
                        new Node(
                                body.builder().freshName(named.name() + "_Split"),
                                new Split(-1, 0),
                                List.of(value, extents),
                                parts));
        return parts;
    }

    private String clippedSum(String a, String b) {
        return clipped(plus(a, b));
    }

    private String clipped(String x) {
        if (clip == 0) {
            return x;
        }
        String low = body.builder().constant("low", Tensor.scalar(-clip));
        String high = body.builder().constant("high", Tensor.scalar(clip));
        return body.add(named.name() + "_Clip", new Clip(), x, low, high);
    }

    private String sigmoid(String x) {
        return function(UnaryFunction.SIGMOID, clipped(x));
    }

    private String tanh(String x) {
        return function(UnaryFunction.TANH, x);
    }

    private String function(UnaryFunction function, String x) {
        return body.add(named.name() + "_" + function.type(), Unary.of(function), x);
    }

    private String plus(String a, String b) {
        return binary(BinaryFunction.ADD, a, b);
    }

    private String times(String a, String b) {
        return binary(BinaryFunction.MUL, a, b);
    }

    private String binary(BinaryFunction function, String a, String b) {
        return body.add(named.name() + "_" + function.type(), new Binary(function), a, b);
    }
}
