package dev.octet.quantize;

import dev.octet.graph.Attributes;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.op.Scan;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Split;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.Unary;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Writes LSTM, GRU and RNN with both products in integers, as PyTorch computes its dynamic ones: the input of all
/// steps is quantized at once, the state at each step, and the gates are floats. The steps are a Scan.
final class DynamicRecurrence {
    private static final int FIRST_STATE = 5;

    private final DynamicProducts products;
    private final Map<String, Tensor> constants;
    private final Node node;
    private final RecurrentOptions options;
    private final int gates;
    private final int states;

    /// @param constants of the graph
    DynamicRecurrence(DynamicProducts products, Map<String, Tensor> constants, Node node) {
        this.products = products;
        this.constants = constants;
        this.node = node;
        options = options(node.op());
        gates = node.op() instanceof Lstm ? 4 : node.op() instanceof Gru ? 3 : 1;
        states = node.op() instanceof Lstm ? 2 : 1;
    }

    private static RecurrentOptions options(Op op) {
        return switch (op) {
            case Lstm lstm -> lstm.options();
            case Gru gru -> gru.options();
            case Rnn rnn -> rnn.options();
            default -> throw new IllegalArgumentException("not recurrent: " + op.type());
        };
    }

    /// Whether a node is one that this can write: with constant weights, the usual functions and nothing rare.
    static boolean accepts(Node node, Map<String, Tensor> constants) {
        if (!(node.op() instanceof Lstm || node.op() instanceof Gru || node.op() instanceof Rnn)) {
            return false;
        }
        RecurrentOptions options = options(node.op());
        boolean usual =
                (options.activations().isEmpty() || options.activations().equals(defaults(node.op(), options)))
                        && options.clip() == 0
                        && !(node.op() instanceof Lstm lstm && lstm.coupled());
        return usual
                && isFloat(constants.get(node.input(1)))
                && isFloat(constants.get(node.input(2)))
                && (!node.has(3) || isFloat(constants.get(node.input(3))))
                && !node.has(4)
                && !node.has(7);
    }

    private static List<String> defaults(Op op, RecurrentOptions options) {
        List<String> one =
                op instanceof Lstm
                        ? List.of("Sigmoid", "Tanh", "Tanh")
                        : op instanceof Gru ? List.of("Sigmoid", "Tanh") : List.of("Tanh");
        List<String> all = new ArrayList<>();
        for (int i = 0; i < options.direction().count(); i++) {
            all.addAll(one);
        }
        return all;
    }

    private static boolean isFloat(@Nullable Tensor tensor) {
        return tensor != null && tensor.dtype() == DType.FLOAT32;
    }

    /// Results of one direction: all outputs `[steps, batch, hidden]`, then the last states `[batch, hidden]`.
    void write() {
        String x = options.batchFirst() ? transposed(node.input(0), 1, 0, 2) : node.input(0);
        List<List<String>> results = new ArrayList<>();
        for (int direction = 0; direction < options.direction().count(); direction++) {
            results.add(direction(direction, x));
        }
        for (int output = 0; output < node.outputs().size(); output++) {
            if (!node.outputs().get(output).isEmpty()) {
                join(output, results);
            }
        }
    }

    private List<String> direction(int direction, String x) {
        Tensor input = matrix(Objects.requireNonNull(constants.get(node.input(1))), direction);
        long rows = input.shape().dim(1);
        String scope = options.direction().count() == 1 ? node.name() : node.name() + "_" + direction;
        Node named = new Node(scope, node.op(), node.inputs(), node.outputs());
        String bias = "";
        Tensor biases = constants.get(node.input(3));
        Tensor stateBias = null;
        if (biases != null) {
            bias = products.builder().constant(scope + "_Wb", part(biases, 2L * direction, rows));
            stateBias = part(biases, 2L * direction + 1, rows);
        }
        String projected = products.builder().freshName(scope + "_projected");
        products.write(named, x, scope + "_W", input, bias, projected);
        Scan scan = scan(named, direction, stateBias);
        List<String> operands = new ArrayList<>();
        for (int state = 0; state < states; state++) {
            operands.add(initial(scope, state, direction, x, rows / gates));
        }
        operands.add(projected);
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i <= states; i++) {
            outputs.add(products.builder().freshName(scope + "_states"));
        }
        products.builder().add(new Node(products.builder().freshName(scope + "_Scan"), scan, operands, outputs));
        List<String> ordered = new ArrayList<>(List.of(outputs.getLast()));
        ordered.addAll(outputs.subList(0, states));
        return ordered;
    }

    /// A direction's `[rows, columns]` of `[directions, rows, columns]`, as `[columns, rows]`.
    private static Tensor matrix(Tensor all, int direction) {
        long rows = all.shape().dim(1);
        long columns = all.shape().dim(2);
        return WeightTensors.transposed(part(all, direction, rows * columns).reshape(Shape.of(rows, columns)));
    }

    private static Tensor part(Tensor all, long index, long count) {
        Tensor part = Tensor.allocate(DType.FLOAT32, Shape.of(count));
        for (long i = 0; i < count; i++) {
            part.setFloat(i, all.getFloat(index * count + i));
        }
        return part;
    }

    /// A first state `[batch, hidden]`: zeros, or a direction's part of an operand.
    private String initial(String scope, int state, int direction, String x, long hidden) {
        String given = node.input(FIRST_STATE + state);
        if (given.isEmpty()) {
            String batch = products.add(scope + "_batch", ShapeOf.of(Attributes.EMPTY), x);
            batch = products.add(scope + "_batch", new Slice(), batch, ints(1), ints(2), ints(0));
            String shape = products.add(scope + "_shape", new Concat(0), batch, ints(hidden));
            return products.add(scope + "_zeros", new ConstantOfShape(Tensor.of(Shape.of(1), 0f)), shape);
        }
        long axis = options.batchFirst() ? 1 : 0;
        if (options.direction() == Direction.BIDIRECTIONAL) {
            given = products.add(scope + "_part", new Slice(), given, ints(direction), ints(direction + 1), ints(axis));
        }
        return products.add(scope + "_initial", new Squeeze(), given, ints(axis));
    }

    private Scan scan(Node named, int direction, @Nullable Tensor bias) {
        Tensor recurrent = matrix(Objects.requireNonNull(constants.get(node.input(2))), direction);
        long hidden = recurrent.shape().dim(0);
        long rows = recurrent.shape().dim(1);
        GraphBuilder inner = new GraphBuilder(named.name() + "_step");
        List<String> before = new ArrayList<>();
        for (int state = 0; state < states; state++) {
            before.add(inner.input(named.name() + "_state" + state, DType.FLOAT32, PartialShape.of(-1, hidden)));
        }
        String projected = inner.input(named.name() + "_gates", DType.FLOAT32, PartialShape.of(-1, rows));
        DynamicProducts body = new DynamicProducts(new QdqBuilder(inner, named.name() + "_step/"), products.spec());
        Step step = new Step(body, named, recurrent, bias, hidden);
        List<String> after =
                switch (node.op()) {
                    case Lstm _ -> step.lstm(projected, before.get(0), before.get(1));
                    case Gru gru -> step.gru(gru, projected, before.getFirst());
                    default -> step.rnn(projected, before.getFirst());
                };
        products.count(body);
        List<String> outputs = new ArrayList<>(after);
        // An output that is stacked needs a name of its own.
        outputs.add(body.add(named.name() + "_output", new Identity(), after.getFirst()));
        boolean reverse = options.direction() == Direction.REVERSE || direction == 1;
        List<Long> order = reverse ? List.of(1L) : List.of();
        return new Scan(body.builder().build(outputs), 1, List.of(), order, List.of(), order);
    }

    /// Puts the directions' results together under the node's names.
    private void join(int output, List<List<String>> results) {
        String target = node.outputs().get(output);
        int axis = output == 0 ? 1 : 0;
        List<String> parts = new ArrayList<>();
        for (List<String> result : results) {
            parts.add(products.add(node.name() + "_direction", new Unsqueeze(), result.get(output), ints(axis)));
        }
        String joined =
                parts.size() == 1
                        ? parts.getFirst()
                        : products.add(node.name() + "_join", new Concat(axis), parts.toArray(String[]::new));
        Op last =
                !options.batchFirst()
                        ? new Identity()
                        : new Transpose(output == 0 ? List.of(2L, 0L, 1L, 3L) : List.of(1L, 0L, 2L));
        products.addNode(node.name() + "_result", last, List.of(joined), target);
    }

    private String transposed(String x, long... order) {
        return products.add(node.name() + "_steps", new Transpose(List.of(order[0], order[1], order[2])), x);
    }

    private String ints(long... values) {
        return products.builder().constant("ints", Tensor.vector(values));
    }

    /// The nodes of one step.
    private record Step(DynamicProducts body, Node named, Tensor recurrent, @Nullable Tensor bias, long hidden) {
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

        List<String> lstm(String projected, String h, String c) {
            List<String> gates = split(plus(projected, ofState(h)), 4);
            String in = sigmoid(gates.get(0));
            String out = sigmoid(gates.get(1));
            String forget = sigmoid(gates.get(2));
            String cell = plus(times(forget, c), times(in, tanh(gates.get(3))));
            return List.of(times(out, tanh(cell)), cell);
        }

        List<String> gru(Gru op, String projected, String h) {
            List<String> x = split(projected, 3);
            if (op.linearBeforeReset()) {
                List<String> s = split(ofState(h), 3);
                String update = sigmoid(plus(x.get(0), s.get(0)));
                String reset = sigmoid(plus(x.get(1), s.get(1)));
                return blend(update, tanh(plus(x.get(2), times(reset, s.get(2)))), h);
            }
            Tensor first = columns(recurrent, 0, 2 * hidden);
            Tensor last = columns(recurrent, 2 * hidden, hidden);
            Tensor row = bias == null ? null : bias.reshape(Shape.of(1, 3 * hidden));
            List<String> s =
                    split(product(h, "_R", first, row == null ? null : vector(columns(row, 0, 2 * hidden))), 2);
            String update = sigmoid(plus(x.get(0), s.get(0)));
            String reset = sigmoid(plus(x.get(1), s.get(1)));
            Tensor lastBias = row == null ? null : vector(columns(row, 2 * hidden, hidden));
            return blend(update, tanh(plus(x.get(2), product(times(reset, h), "_Rh", last, lastBias))), h);
        }

        List<String> rnn(String projected, String h) {
            return List.of(tanh(plus(projected, ofState(h))));
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

        private String sigmoid(String x) {
            return body.add(named.name() + "_Sigmoid", Unary.of(UnaryFunction.SIGMOID), x);
        }

        private String tanh(String x) {
            return body.add(named.name() + "_Tanh", Unary.of(UnaryFunction.TANH), x);
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
}
