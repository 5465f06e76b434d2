package dev.octet.quantize;

import dev.octet.graph.Graph;
import dev.octet.graph.GraphBuilder;
import dev.octet.graph.Node;
import dev.octet.graph.op.DequantizeLinear;
import dev.octet.graph.op.Epilogue;
import dev.octet.graph.op.Op;
import dev.octet.graph.op.QuantizeLinear;
import dev.octet.quant.Granularity;
import dev.octet.quant.QuantParams;
import dev.octet.tensor.Shape;
import dev.octet.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A graph in the making, to which QuantizeLinear and DequantizeLinear nodes are added. Names are those that ONNX
/// Runtime's tools give.
final class QdqBuilder {
    static final int OPSET_OF_PER_AXIS = 13;

    private final GraphBuilder builder;

    /// What fresh names begin with.
    private final String scope;

    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Scales> shared = new HashMap<>();
    private final Map<String, Tensor> constants;

    /// Names of the constants that hold scales and zero points.
    record Scales(String scale, String zeroPoint) {}

    QdqBuilder(Graph graph) {
        this(graph, OPSET_OF_PER_AXIS, "");
    }

    /// @param opset the oldest that the graph may have
    /// @param scope what fresh names begin with; not empty for a graph inside a node, which may define no name that is
    ///   one outside
    QdqBuilder(Graph graph, int opset, String scope) {
        this.scope = scope;
        builder = graph.toBuilder();
        constants = new HashMap<>(graph.constants());
        builder.opset("", Math.max(graph.opsets().getOrDefault("", opset), opset));
    }

    /// @param inner a graph inside a node, of which the inputs are there
    QdqBuilder(GraphBuilder inner, String scope) {
        this.scope = scope;
        builder = inner;
        constants = new HashMap<>();
    }

    void add(Node node) {
        nodes.add(node);
        if (node.op().domain().equals(Epilogue.DOMAIN)) {
            builder.opset(Epilogue.DOMAIN, 1);
        }
    }

    /// Adds an operator with one result, and returns the latter's name.
    String add(String name, Op op, List<String> inputs) {
        String fresh = freshName(name);
        String result = freshName(fresh + "_Output");
        add(new Node(fresh, op, inputs, List.of(result)));
        return result;
    }

    /// Adds the look-up of a node in another table, and returns its result.
    String lookup(Node gather, String table, String suffix) {
        return add(gather.name() + suffix, gather.op(), List.of(table, gather.input(1)));
    }

    String freshName(String base) {
        return builder.freshName(scope + base);
    }

    String constant(String base, Tensor tensor) {
        String name = builder.freshConstant(scope + base, tensor);
        constants.put(name, tensor);
        return name;
    }

    /// A constant of the graph in the making.
    Tensor constantTensor(String name) {
        Tensor tensor = constants.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("no constant '" + name + "'");
        }
        return tensor;
    }

    /// Scale and zero point constants for all values of one range.
    Scales sharedScales(String range, QuantParams params) {
        return shared.computeIfAbsent(range, _ -> scales(range, params));
    }

    Scales scales(String base, QuantParams params) {
        boolean single = params.granularity() instanceof Granularity.PerTensor;
        Shape shape = single ? Shape.SCALAR : Shape.of(params.scales().length);
        Tensor zeroPoints = Tensor.allocate(params.dtype(), shape);
        for (int i = 0; i < params.zeroPoints().length; i++) {
            zeroPoints.setLong(i, params.zeroPoints()[i]);
        }
        return new Scales(
                constant(base + "_scale", Tensor.of(shape, params.scales())),
                constant(base + "_zero_point", zeroPoints));
    }

    /// Adds QuantizeLinear of `source` and DequantizeLinear into `target`.
    void addPair(String value, String source, String target, Scales scales) {
        String quantized = freshName(value + "_QuantizeLinear_Output");
        add(
                new Node(
                        freshName(value + "_QuantizeLinear"),
                        new QuantizeLinear(),
                        List.of(source, scales.scale(), scales.zeroPoint()),
                        List.of(quantized)));
        add(
                new Node(
                        freshName(value + "_DequantizeLinear"),
                        new DequantizeLinear(),
                        List.of(quantized, scales.scale(), scales.zeroPoint()),
                        List.of(target)));
    }

    /// Adds a constant in integers and its DequantizeLinear, and returns the latter's result.
    String addConstant(String name, QuantizedConstant constant) {
        QuantParams params = constant.params();
        int axis = params.granularity() instanceof Granularity.PerChannel channel ? channel.axis() : 0;
        String stored = constant(name + "_quantized", constant.values());
        Scales scales = scales(name, params);
        return addDequantize(name, axis, List.of(stored, scales.scale(), scales.zeroPoint()));
    }

    String addDequantize(String name, int axis, List<String> operands) {
        String result = freshName(name + "_DequantizeLinear_Output");
        add(new Node(freshName(name + "_DequantizeLinear"), new DequantizeLinear(axis, 0), operands, List.of(result)));
        return result;
    }

    /// The graph of the nodes added, without constants that none of them reads.
    Graph build(Graph original) {
        builder.nodes(nodes);
        Set<String> used = new HashSet<>();
        original.outputs().forEach(o -> used.add(o.name()));
        nodes.forEach(n -> used.addAll(n.inputs()));
        original.constants().keySet().stream().filter(c -> !used.contains(c)).forEach(builder::removeConstant);
        return builder.build();
    }

    /// The graph of the nodes added, with FLOAT32 values as outputs.
    Graph build(List<String> outputs) {
        builder.nodes(nodes);
        outputs.forEach(builder::output);
        return builder.build();
    }
}
