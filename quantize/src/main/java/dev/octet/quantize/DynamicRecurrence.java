package dev.octet.quantize;

import dev.octet.graph.Attributes;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.PartialShape;
import dev.octet.graph.op.Binary;
import dev.octet.graph.op.BinaryFunction;
import dev.octet.graph.op.Cast;
import dev.octet.graph.op.Concat;
import dev.octet.graph.op.ConstantOfShape;
import dev.octet.graph.op.Gru;
import dev.octet.graph.op.Identity;
import dev.octet.graph.op.Lstm;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.Range;
import dev.octet.graph.op.RecurrentOptions;
import dev.octet.graph.op.RecurrentOptions.Direction;
import dev.octet.graph.op.Rnn;
import dev.octet.graph.op.Scan;
import dev.octet.graph.op.ShapeOf;
import dev.octet.graph.op.Slice;
import dev.octet.graph.op.Squeeze;
import dev.octet.graph.op.Transpose;
import dev.octet.graph.op.UnaryFunction;
import dev.octet.graph.op.Unsqueeze;
import dev.octet.graph.op.Where;
import dev.octet.tensor.DType;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Writes LSTM, GRU and RNN with both products in integers, as PyTorch computes its dynamic ones: the input of all
/// steps is quantized at once, the state at each step, and the gates are floats. The steps are a Scan.
final class DynamicRecurrence {
    private static final int LENGTHS = 4;
    private static final int FIRST_STATE = 5;
    private static final int PEEPHOLES = 7;

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

    /// Why a node is none that this can write, as one clause; empty if it is one.
    static String refusal(Node node, Map<String, Tensor> constants) {
        RecurrentOptions options = options(node.op());
        if (!options.activations().isEmpty()
                && !options.activations().equals(defaults(node.op(), options))
                && !isRectified(node.op())) {
            return "its gates have other functions than usual: " + options.activations();
        }
        for (int place : List.of(1, 2, 3, PEEPHOLES)) {
            if (node.has(place) && !isFloat(constants.get(node.input(place)))) {
                return "its weights are not constant FLOAT32: '" + node.input(place) + "'";
            }
        }
        return "";
    }

    /// Whether an RNN has ReLU in place of tanh, in each direction.
    private static boolean isRectified(Op op) {
        return op instanceof Rnn(RecurrentOptions options)
                && !options.activations().isEmpty()
                && options.activations().stream().allMatch("Relu"::equals);
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
        if (node.has(LENGTHS)) {
            operands.add(mask(x));
        }
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
        RecurrentStep step = new RecurrentStep(body, named, recurrent, bias, hidden, options.clip());
        Tensor peepholes = constants.get(node.input(PEEPHOLES));
        List<String> after =
                switch (node.op()) {
                    case Lstm lstm ->
                            step.lstm(
                                    lstm,
                                    projected,
                                    before.get(0),
                                    before.get(1),
                                    peepholes == null ? null : part(peepholes, direction, 3 * hidden));
                    case Gru gru -> step.gru(gru, projected, before.getFirst());
                    default ->
                            step.rnn(
                                    isRectified(node.op()) ? UnaryFunction.RELU : UnaryFunction.TANH,
                                    projected,
                                    before.getFirst());
                };
        products.count(body);
        List<String> outputs = new ArrayList<>(after);
        String output = after.getFirst();
        if (node.has(LENGTHS)) {
            String within = inner.input(named.name() + "_within", DType.BOOL, PartialShape.of(-1, 1));
            outputs.replaceAll(
                    o -> body.add(named.name() + "_kept", new Where(), within, o, before.get(after.indexOf(o))));
            String zero = body.builder().constant("zero", Tensor.scalar(0f));
            output = body.add(named.name() + "_padded", new Where(), within, output, zero);
        }
        // An output that is stacked needs a name of its own.
        outputs.add(body.add(named.name() + "_output", new Identity(), output));
        boolean reverse = options.direction() == Direction.REVERSE || direction == 1;
        int scanned = node.has(LENGTHS) ? 2 : 1;
        List<Long> inputOrder = reverse ? Collections.nCopies(scanned, 1L) : List.of();
        List<Long> outputOrder = reverse ? List.of(1L) : List.of();
        return new Scan(body.builder().build(outputs), scanned, List.of(), inputOrder, List.of(), outputOrder);
    }

    /// `[steps, batch, 1]`: whether a step lies within a sample's sequence. Beyond it the state stays and the output is
    /// zero.
    private String mask(String x) {
        String steps = products.add(node.name() + "_extents", ShapeOf.of(Attributes.EMPTY), x);
        steps = products.add(node.name() + "_steps", new Slice(), steps, ints(0), ints(1), ints(0));
        steps = products.add(node.name() + "_steps", new Squeeze(), steps, ints(0));
        String from = products.builder().constant("from", Tensor.scalar(DType.INT64, 0));
        String by = products.builder().constant("by", Tensor.scalar(DType.INT64, 1));
        String numbers = products.add(node.name() + "_numbers", new Range(), from, steps, by);
        numbers = products.add(node.name() + "_numbers", new Unsqueeze(), numbers, ints(1, 2));
        String lengths = products.add(node.name() + "_lengths", Cast.to(DType.INT64), node.input(LENGTHS));
        lengths = products.add(node.name() + "_lengths", new Unsqueeze(), lengths, ints(0, 2));
        return products.add(node.name() + "_mask", new Binary(BinaryFunction.LESS), numbers, lengths);
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
}
